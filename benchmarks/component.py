# SPDX-License-Identifier: Apache-2.0
"""The host as a component of an Elastic Agent with one organization: time until it is HEALTHY, and memory at work."""

import os
import pathlib
import sys
import tempfile
import time

import measuring
from measuring import figure

ROOT = pathlib.Path(__file__).resolve().parents[1]
# The tests look for it when they are imported.
os.environ["AM_BINARY_DIR"] = str(pathlib.Path(next((word for word in sys.argv[1:] if not word.startswith("-")), ".")).resolve())
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/support", "tests/artefacts", "tests/store", "tests/agent", "package",
                                                  "package/builder")]

import shipped
import with_grpc

measuring.parser(__doc__).parse_args()  # here, so that --help ends only where the tests' files were found
with_grpc.enter()

import component_case
import stub

STREAMS = {name: {"interval": "1m", **settings} for name, settings in component_case.STREAMS.items()}
POLLED_SECONDS = 80  # a poll of each stream falls into them


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
    figure("component_healthy", healthy)
    figure("component_rest", at_rest["VmRSS"] / 1024)
    figure("component_work", at_work["VmRSS"] / 1024)
    figure("component_checkins", agent.count(began + healthy) / (time.monotonic() - began - healthy) * 60)
