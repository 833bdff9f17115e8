# SPDX-License-Identifier: Apache-2.0
"""The host as a component of an Elastic Agent with one organization: time until it is HEALTHY, and memory at work, beside the
limits. Usage: component.py BINARY_DIR"""

import os
import pathlib
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BINARIES = pathlib.Path(sys.argv[1]).resolve()
os.environ["AM_BINARY_DIR"] = str(BINARIES)
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("support", "artefacts", "store", "agent")]

import with_grpc

with_grpc.enter()

import component_case
import shipped
import stub

STREAMS = {name: {"interval": "1m", **settings} for name, settings in component_case.STREAMS.items()}
POLLED_SECONDS = 80  # a poll of each stream falls into them


def row(what, measured, must=""):
    print(f"{what:<62} {measured:>8}  {must}", flush=True)


with shipped.organization(groups=24, epoch="now") as organization, tempfile.TemporaryDirectory(prefix="am-bench-") as folder, \
        stub.Agent(folder) as agent:
    agent.set_output(component_case.OUTPUT)
    agent.set_input("one", component_case.item(organization, streams=STREAMS))
    began = time.monotonic()
    agent.start([component_case.HOST, "component", "--plugin", component_case.PLUGIN])
    agent.wait_healthy(60)
    healthy = time.monotonic() - began
    time.sleep(2)
    at_rest = agent.component.memory()
    time.sleep(POLLED_SECONDS)
    at_work = agent.component.memory()
    print(f"\n{'component of an Elastic Agent, one organization':<62} {'measured':>8}  must")
    row("HEALTHY after its start, two days read, seconds", f"{healthy:.2f}")
    row("resident at rest, MB", f"{at_rest['VmRSS'] / 1024:.1f}", "<= 14")
    row("resident after a poll of every data stream, MB", f"{at_work['VmRSS'] / 1024:.1f}", "<= 14")
    row("at most, while it starts, MB", f"{at_work['VmHWM'] / 1024:.1f}")
    row("check-ins a minute", f"{agent.count(began + healthy) / (time.monotonic() - began - healthy) * 60:.1f}", "<= 3")
