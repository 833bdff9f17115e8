# SPDX-License-Identifier: Apache-2.0
"""Stages of one document's way, 200 rows in a bucket, in one process: bench_pipeline, whose figures are CPU microseconds per
document. What it makes is counted there before it is timed."""

import json
import subprocess

import measuring
from measuring import figure

build = measuring.parser(__doc__).parse_args().build.resolve()
done = subprocess.run([build / "bin/bench_pipeline", "--benchmark_format=json"], stdout=subprocess.PIPE, text=True, check=False)
if done.returncode != 0:
    measuring.fail(f"bench_pipeline ended with {done.returncode}")
runs = {run["name"]: run for run in json.loads(done.stdout)["benchmarks"]}
for run in runs.values():
    if run.get("error_occurred"):
        measuring.fail(f"{run['name']}: {run['error_message']}")


def us(name):
    return 1e6 / runs[name]["items_per_second"]


parse, shape, copy, write = us("parse_only"), us("decode_and_write"), us("copy_only"), us("write_and_sync")
figure("parse", parse, copy)
figure("decode", us("decode_only"), parse)
figure("shape", shape, parse)
figure("shape_share", parse / shape)
figure("ledger_memory", us("emit/disk:0/data:2") - shape)
figure("ledger_disk", us("emit/disk:1/data:2") - shape, write)
figure("ledger_corrections", us("emit/disk:1/data:1") - shape, write)
figure("unchanged", us("emit/disk:1/data:0"), parse)
figure("database_stage", runs["emit/disk:1/data:2"]["db_MB_per_Mrow"])
