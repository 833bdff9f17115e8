# SPDX-License-Identifier: Apache-2.0
"""Runs `anthropic-metrics setup` as a person does: a policy that names a store, and options."""

import json
import os
import pathlib
import subprocess
import tempfile

import naming
import tree

HOST = tree.BINARY_DIR / "bin" / "anthropic-metrics"
ASSETS = tree.BINARY_DIR / "lib" / "anthropic_metrics.assets.json"
POLICY = """\
outputs:
  default:
    type: elasticsearch
    hosts: ["{url}"]
{more}inputs:
  - id: organization
    type: anthropic_metrics
    admin_api_key: ${{ANTHROPIC_ADMIN_KEY}}
    streams: {streams}
"""
DATASETS = ("anthropic_metrics.usage",)


def assets(name="anthropic_metrics"):
    """What is installed for data sets of the name."""
    return naming.named(json.loads(ASSETS.read_text(encoding="utf-8")), name)


def setup(url, *arguments, more="", datasets=DATASETS, **environment):
    """The finished process. more: lines of the output."""
    with tempfile.TemporaryDirectory() as folder:
        policy = pathlib.Path(folder) / "policy.yml"
        policy.write_text(POLICY.format(url=url, more="".join(f"    {line}\n" for line in more.splitlines()),
                                        streams=json.dumps([{"data_stream.dataset": name} for name in datasets])),
                          encoding="utf-8")
        return subprocess.run([HOST, "setup", "-c", policy, *arguments], capture_output=True, text=True, timeout=300, cwd=folder,
                              env={"PATH": os.environ["PATH"], **environment})


def effects(done):
    """{kind and name: what became of it} of what setup printed."""
    out = {}
    for line in done.stdout.splitlines():
        for word in ("created", "updated", "rolled over", "unchanged", "left as it is", "left", "would create", "would update",
                     "would roll over"):
            if line.startswith("  " + word.ljust(15) + " "):
                what = line[18:]
                out[what if word == "unchanged" or not what.endswith(")") else what.rpartition(" (")[0]] = word
    return out
