# SPDX-License-Identifier: Apache-2.0
"""Holds a FOCUS file against the FinOps Foundation's own validator, focus-validator of PyPI, with its rules of FOCUS 1.2 and without a
network. What it may find is what tests/finance/focus-1.2.json says is left open. Skipped with the reason where it cannot be had."""

import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys

import focus_rules
import python_environment

MONTH = pathlib.Path(__file__).with_name("month")
REQUIREMENTS = pathlib.Path(__file__).with_name("requirements.txt")
# What the API has: workspaces, tags, and counts of what was used. Quantities are left open, so the last is not asked for.
SUPPORTED = "SUB_ACCOUNT_SUPPORTED,TAGGING_SUPPORTED"
NEEDED = "3.12"
# Two halves of an either-or, which it judges one by one: an invoice's id must be null without an invoice, and not null with one.
# InvoiceId-C-003-C is the whole.
HALVES = ("InvoiceId-C-004-C", "InvoiceId-C-005-C")


def python():
    """A Python of the version that the validator and what it stands on run on."""
    beside = sorted(glob.glob(os.path.expanduser(f"{os.environ.get('PYENV_ROOT', '~/.pyenv')}/versions/{NEEDED}.*/bin/python")))
    for candidate in [sys.executable, shutil.which(f"python{NEEDED}"), *beside]:
        if candidate is None:
            continue
        said = subprocess.run([candidate, "-c", "import sys; print(*sys.version_info[:2], sep='.')"], capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL)
        if said.stdout.strip() == NEEDED:
            return candidate
    python_environment.skip(f"the validator needs Python {NEEDED}, and none is here")


def failures(validator, file):
    """The rules that the validator says are broken: id and what is wrong."""
    # It looks for its list of currencies from where it is installed, and shall see no modules of ours.
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    place = subprocess.run([validator, "-c", "import focus_validator, pathlib; print(pathlib.Path(focus_validator.__file__).parents[1])"],
                           capture_output=True, text=True, timeout=60, check=True, env=bare, stdin=subprocess.DEVNULL).stdout.strip()
    done = subprocess.run([validator.parent / "focus-validator", "--data-file", file, "--validate-version", "1.2", "--block-download",
                           "--applicability-criteria", SUPPORTED],
                          cwd=place, env=bare, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)
    counted = re.search(r"Total: (\d+) \| Pass: (\d+) \| Fail: (\d+)", done.stdout)
    if not counted or int(counted.group(2)) < 100:
        sys.exit(f"the validator did not check: {(done.stdout + done.stderr)[-2000:]}")
    print(f"{file.name}: {counted.group(0)}")
    return re.findall(r"(\w+-[CD]-\d+-\w): FAIL\s+\((.*)\)", done.stdout)


def main():
    validator = python_environment.installed("focus-validator", REQUIREMENTS, python(), from_sources=("focus-validator", "pandasql"))
    files = [pathlib.Path(name).resolve() for name in sys.argv[1:]] or [MONTH / "focus.csv"]
    opened = {one["column"] for one in focus_rules.RULES["left_open"]}
    found = [f"{file.name}: {rule}: {what}" for file in files for rule, what in failures(validator, file)
             if rule.split("-")[0] not in opened and rule not in HALVES]
    print("\n".join(found) or "the validator finds nothing but what is left open")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
