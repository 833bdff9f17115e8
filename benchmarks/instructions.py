# SPDX-License-Identifier: Apache-2.0
"""Instructions per document and stage, counted by callgrind: the same on a busy machine and on an idle one.

Two runs of each stage differ in the number of buckets alone, so what a process needs beside its documents cancels out.
What comes of it is compared with instructions.json, which is committed; more than LIMIT above it is a failure. Other
compilers and libraries make other code: each compiler has its own column there.

    instructions.py BUILD_FOLDER [--write]

--write puts what was counted into instructions.json.
"""

import argparse
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BASELINE = pathlib.Path(__file__).with_suffix(".json")
LIMIT = 0.03
FEW, MANY = 20, 40
# What is counted: stage, rows of a bucket, and the stage to take away: it goes through that too. `page` makes the answer.
STAGES = {
    "null parse": ("parse", 200, "page"),
    "decode": ("decode", 200, "page"),
    "decode, 10 rows a bucket": ("decode", 10, "page"),
    "shape": ("shape", 200, "decode"),
    "ledger": ("ledger", 200, "shape"),
    "sink": ("sink", 200, None),
}
# Copies and comparisons of the C library differ by processor; these are those that every x86-64 has.
PLAIN_PROCESSOR = "glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-AVX,-AVX_Usable,-AVX_Fast_Unaligned_Load,-ERMS,-FSRM,-BMI2,-MOVBE,-RTM"


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def count(command):
    environment = {"PATH": os.environ["PATH"], "GLIBC_TUNABLES": PLAIN_PROCESSOR}
    run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *map(str, command)],
                         capture_output=True, text=True, env=environment, check=False)
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or not found:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{run.stderr}")
    return int(found.group(1))


def measured(binaries):
    """Instructions per document by figure."""
    # Not where TMPDIR says: a longer path is more instructions.
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        @functools.cache
        def total(stage, rows):
            def run(buckets):
                if stage != "sink":
                    return count([binaries / "instructions", stage, buckets, rows])
                return count([binaries / "instructions_sink", pathlib.Path(folder) / str(buckets), buckets, rows])

            return (run(MANY) - run(FEW)) / ((MANY - FEW) * rows)

        return {name: round(total(stage, rows) - (total(before, rows) if before else 0), 1)
                for name, (stage, rows, before) in STAGES.items()}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("build", type=pathlib.Path)
    arguments.add_argument("--write", action="store_true")
    arguments = arguments.parse_args()
    if shutil.which("valgrind") is None:
        skip("valgrind is not installed: tools/install-dependencies bench")
    binaries = arguments.build / "bin"
    compiler = subprocess.run([binaries / "instructions"], capture_output=True, text=True, check=True).stdout.strip()

    counted = measured(binaries)
    baselines = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else {}
    baseline = baselines.get(compiler, {})

    print(f"{'instructions per document, ' + compiler:<44}{'counted':>10}{'baseline':>10}{'change':>9}")
    worse = []
    for name, now in counted.items():
        before = baseline.get(name)
        change = f"{(now / before - 1):+.1%}" if before else ""
        print(f"{name:<44}{now:>10.0f}{before or '':>10}{change:>9}")
        # The parser is what others made: it is the measure, and no matter of ours.
        if before and name != "null parse" and now > before * (1 + LIMIT):
            worse.append(f"{name} needs {now:.0f} instructions a document, {now / before - 1:.1%} more than {before:.0f}")
    speed = counted["null parse"] / (counted["decode"] + counted["shape"])
    print(f"{'decode + shape, a null parse divided by it':<44}{speed:>10.2f}")

    if arguments.write:
        baselines[compiler] = counted
        BASELINE.write_text(json.dumps(baselines, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        return
    if not baseline:
        skip(f"{BASELINE.name} has nothing of {compiler}; --write puts it there")
    if worse:
        sys.exit("\n".join([*worse, f"find out why, or commit it on purpose: {pathlib.Path(__file__).name} --write"]))


if __name__ == "__main__":
    main()
