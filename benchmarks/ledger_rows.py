# SPDX-License-Identifier: Apache-2.0
"""A ledger of two million rows (ten with --whole): how long it takes to open it, after an orderly end and after one that was
none, and to find that a thousand of its rows did not change."""

import json
import subprocess

import measuring
from measuring import figure


def main():
    asked = measuring.parser(__doc__, "10,000,000 rows instead of 2,000,000").parse_args()
    rows = 10_000_000 if asked.whole else 2_000_000
    with measuring.scratch() as folder:
        done = subprocess.run([asked.build.resolve() / "bin/bench_ledger_rows", folder, str(rows)], stdout=subprocess.PIPE,
                              text=True, check=False)
    if done.returncode != 0:
        measuring.fail(f"the ledger is not what was put into it (code {done.returncode})")
    found = json.loads(done.stdout)
    figure("ledger_open", found["open_ms"], found["open_empty_ms"])
    figure("ledger_open_whole", found["open_whole_ms"], found["open_empty_ms"])
    figure("ledger_unchanged", found["unchanged_ms"], found["read_ms"])


main()
