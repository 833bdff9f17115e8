# SPDX-License-Identifier: Apache-2.0
"""Runs the benchmarks of figures.yml one after the other and prints one table: each figure beside its must, its aim and the limit
that was measured in the same run. Asserts nothing about speed: a busy machine is no failure. A wrong output is one.
Usage: bench.py BUILD_FOLDER [--only L] [--repetitions 3] [--whole]."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

import yaml

from measuring import SKIPPED

HERE = pathlib.Path(__file__).resolve().parent
SIGNS = {"less": "<=", "more": ">="}


def machine():
    """What the run ran on."""
    model = next((line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
                  if line.startswith("model name")), platform.machine())
    commit = subprocess.run(["git", "-C", HERE, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    return {"commit": commit, "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%MZ"), "processor": model,
            "cores": os.cpu_count(), "load_before": os.getloadavg()[0]}


def lines_of(program, build, whole):
    """The figures that a benchmark says; None if this machine lacks something for it."""
    command = [sys.executable, "-B", HERE / program["run"], build, *(["--whole"] if whole else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode == SKIPPED:
        return None
    if done.returncode != 0:
        sys.exit(f"bench.py: {program['run']} ended with {done.returncode}; what it made is wrong, so nothing is measured")
    return [json.loads(line) for line in done.stdout.splitlines()]


def collect(asked, data):
    """{name: {"measured": [...], "limit": [...]}} and the programs that could not run."""
    found, skipped = {}, []
    chosen = [program for program in data["programs"] if not asked.only or set(asked.only) & set(program["workloads"])]
    if not chosen:
        known = sorted({workload for program in data["programs"] for workload in program["workloads"]})
        sys.exit(f"bench.py: no benchmark has the workload {', '.join(asked.only)}; there are {', '.join(known)}")
    # One round after the other, so that what disturbs the machine for a while disturbs all of them.
    for turn in range(asked.repetitions):
        for program in chosen:
            if program in skipped or (turn > 0 and program.get("once")):
                continue
            began = time.monotonic()
            said = lines_of(program, asked.build, asked.whole)
            print(f"  {program['run']:<20} {turn + 1} of {1 if program.get('once') else asked.repetitions}: "
                  f"{'skipped' if said is None else f'{time.monotonic() - began:.0f} s'}", file=sys.stderr, flush=True)
            if said is None:
                skipped.append(program)
            for line in said or []:
                if line["figure"] not in data["figures"]:
                    sys.exit(f"bench.py: {program['run']} says '{line['figure']}', which figures.yml does not have; add it there")
                entry = found.setdefault(line["figure"], {"measured": [], "limit": []})
                entry["measured"].append(line["measured"])
                if line.get("limit") is not None:
                    entry["limit"].append(line["limit"])
    return found, [program["run"] for program in skipped]


def summed_up(found, data):
    """A row for each figure that was measured, in the order of figures.yml."""
    rows = []
    for name, about in data["figures"].items():
        if name not in found:
            continue
        values, limits = found[name]["measured"], found[name]["limit"]
        measured = statistics.median(values)
        limit = statistics.median(limits) if limits else None
        row = {"figure": name, **about, "measured": measured, "least": min(values), "most": max(values), "runs": len(values),
               "limit": limit, "limit_is": about.get("limit"), "ratio": measured / limit if limit else None}
        for wish in ("must", "aim"):
            if wish in about:
                row[f"{wish}_reached"] = measured <= about[wish] if about["better"] == "less" else measured >= about[wish]
        rows.append(row)
    return rows


def number(value):
    """Three digits that count, and no more than are needed."""
    if value is None:
        return ""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def table(rows):
    lines = [["figure", "unit", "measured", "least .. most", "must", "aim", "limit", "ratio", "the limit is"]]
    for row in rows:
        sign = SIGNS.get(row["better"], "")
        must = f"{sign} {number(row['must'])}{'' if row['must_reached'] else ' MISSED'}" if "must" in row else ""
        aim = f"{sign} {number(row['aim'])}{' reached' if row['aim_reached'] else ''}" if "aim" in row else ""
        spread = f"{number(row['least'])} .. {number(row['most'])}" if row["runs"] > 1 else ""
        lines.append([row["say"], row["unit"], number(row["measured"]), spread, must, aim, number(row["limit"]), number(row["ratio"]),
                      row["limit_is"] if row["limit"] is not None else ""])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    left = {0, 1, 4, 5, 8}
    for line in lines:
        print("  ".join(cell.ljust(width) if column in left else cell.rjust(width)
                        for column, (cell, width) in enumerate(zip(line, widths))).rstrip())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--only", action="append", default=[], metavar="WORKLOAD", help="one of those that figures.yml names")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--whole", action="store_true", help="the workloads in full, which takes hours")
    parser.add_argument("--json", type=pathlib.Path, help="where the table goes as JSON; BUILD_FOLDER/bench.json")
    asked = parser.parse_args()
    data = yaml.safe_load((HERE / "figures.yml").read_text(encoding="utf-8"))
    about = machine()
    found, skipped = collect(asked, data)
    rows = summed_up(found, data)
    about["load_after"] = os.getloadavg()[0]
    about.update(repetitions=asked.repetitions, whole=asked.whole, skipped=skipped)
    print(f"\n{about['date']}, commit {about['commit']}, {about['cores']} cores of {about['processor']}; load of one minute "
          f"{about['load_before']:.1f} before, {about['load_after']:.1f} after\n")
    table(rows)
    for program in skipped:
        print(f"not run, see its reason above: {program}")
    place = asked.json or asked.build / "bench.json"
    place.write_text(json.dumps({"run": about, "figures": rows}, indent=1) + "\n", encoding="utf-8")
    print(f"\nthe same as JSON: {place}")


if __name__ == "__main__":
    main()
