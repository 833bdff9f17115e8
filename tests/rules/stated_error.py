# SPDX-License-Identifier: Apache-2.0
"""The error of the month's end as the pages state it, from what `anthropic-metrics forecast --backtest` prints."""

import re
import subprocess

import tree

PAGE, PACKAGE = "docs/operations.md", "docs/package/README.md"
HOST = tree.BINARY_DIR / "bin" / "anthropic-metrics"
BLOCK = re.compile(r"(<!-- the error of the month's end -->\n\n```text\n).*?(```\n)", re.DOTALL)
SENTENCE = re.compile(r"^Measured on \d+ simulated years.*?meant to hold 80 %\.$", re.DOTALL | re.MULTILINE)
ROW = re.compile(r"^  (\w[\w ,]*?) {2,}[\d,]+ +[\d,]+ +([\d.]+) % +([\d.]+) % +(\d+) % ", re.MULTILINE)


def printed():
    done = subprocess.run([HOST, "forecast", "--backtest"], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
                          check=True)
    return done.stdout


def sentence(text):
    """What the page of the package says, in one paragraph."""
    rows = {of: numbers for of, *numbers in ROW.findall(text)}
    within = [int(numbers[2]) for of, numbers in rows.items() if not of.isdigit()]
    years = re.search(r"of (\d+) simulated years", text).group(1)
    days = [f"{rows[day][0]} % and {rows[day][1]} % on day {day}" for day in ("4", "10", "19", "28")]
    return (f"Measured on {years} simulated years, half and nine in ten of the estimates were off by no more than {days[0]} of the month,\n"
            f"{', '.join(days[1:])}. {rows['all'][2]} % of the months ended within the interval, {min(within)} to\n"
            f"{max(within)} % by kind of year; it is meant to hold 80 %.")


def rendered(page, text):
    """The page as it has to be. A page without the mark stays as it is."""
    if page == PAGE:
        return BLOCK.sub(lambda found: found.group(1) + text + found.group(2), tree.read(page))
    return SENTENCE.sub(lambda _: sentence(text), tree.read(page))
