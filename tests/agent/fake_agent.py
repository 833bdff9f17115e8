# SPDX-License-Identifier: Apache-2.0
"""Folders of an Elastic Agent with a program that plays the Agent's: what it makes of its folder of components at its start,
how it restarts, what it says. As an Agent of 2026-08 was seen to behave."""

import json
import os
import pathlib
import shutil
import stat
import sys
import time

import yaml

NOT_SUPPORTED = "input not supported - ensure you have installed the correct flavor"
HEALTHY, DEGRADED, FAILED = 2, 3, 4


def loads(components):
    """(inputs, None), or (None, why an Agent does not start from this folder)."""
    inputs = {}
    for spec in sorted(components.glob("*.spec.yml")):
        program = components / spec.name.removesuffix(".spec.yml")
        if not program.is_file():
            return None, f"missing matching binary for {spec}"
        content = yaml.safe_load(spec.read_text(encoding="utf-8"))
        if content.get("version") != 2:
            return None, f"failed reading spec {spec}"
        for entry in content["inputs"]:
            if not {"linux/amd64", "linux/arm64"} & set(entry["platforms"]):
                continue
            for name in [entry["name"], *entry.get("aliases", [])]:
                if name in inputs:
                    return None, f"failed loading spec '{spec}': input '{name}' already exists"
                inputs[name] = program
    return inputs, None


class FakeAgent:
    """Files beside the Agent's folder steer it: 'policy' lists input types, 'mood' says what is wrong with it."""

    def __init__(self, folder, top="opt/Elastic/Agent", version="elastic-agent-9.6.0-07adab", link=None):
        self.folder = folder
        self.top = folder / top
        self.state = folder / "fake"
        self.state.mkdir()
        self.version = self.add_version(version)
        link = folder / link if link else self.top / "elastic-agent"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(self.version / "elastic-agent")
        self.set(policy=[], mood="well")
        self.start()

    def add_version(self, name):
        version = self.top / "data" / name
        components = version / "components"
        components.mkdir(parents=True)
        (components / "filestream").write_text("a program\n", encoding="utf-8")
        (components / "filestream.spec.yml").write_text(
            "version: 2\ninputs:\n  - name: filestream\n    platforms: [linux/amd64, linux/arm64]\n", encoding="utf-8")
        program = version / "elastic-agent"
        program.write_text(f"#!/bin/sh\nexec {sys.executable} -B {pathlib.Path(__file__).resolve()} {self.state} {version} \"$@\"\n",
                           encoding="utf-8")
        program.chmod(0o755)
        return version

    @property
    def components(self):
        return self.version / "components"

    def set(self, **values):
        file = self.state / "settings.json"
        settings = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        file.write_text(json.dumps({**settings, **values}), encoding="utf-8")

    def start(self):
        """What it does at its start; restart does the same."""
        start(self.state, self.version)

    def starts(self):
        return int((self.state / "starts").read_text(encoding="utf-8"))

    def give_to(self, user):
        for path in [self.folder, *self.folder.rglob("*")]:
            os.chown(path, user, user, follow_symlinks=False)

    def remove(self):
        shutil.rmtree(self.folder)


def start(state, version):
    counter = state / "starts"
    number = int(counter.read_text(encoding="utf-8")) + 1 if counter.exists() else 1
    counter.write_text(str(number), encoding="utf-8")
    settings = json.loads((state / "settings.json").read_text(encoding="utf-8"))
    inputs, why = loads(version / "components")
    (state / "deaf").write_text("0", encoding="utf-8")
    if inputs is None:
        (state / "running.json").write_text(json.dumps({"dead": why}), encoding="utf-8")
        return
    components = []
    for kind in settings["policy"]:
        program = inputs.get(kind)
        if program is None:
            code, message = FAILED, NOT_SUPPORTED
        elif program.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            code, message = FAILED, "execution of component prevented: cannot be writeable by group or other"
        else:
            code, message = HEALTHY, f"Healthy: communicating with pid '{1000 + number}'"
        unit_code = {"degraded": DEGRADED, "failed": FAILED}.get(settings["mood"], code)
        unit = {"unit_id": f"{kind}-default-one", "unit_type": 0, "state": unit_code,
                "message": settings["mood"] if unit_code != code else message}
        components.append({"id": f"{kind}-default", "name": kind, "state": code, "message": message,
                           "units": [unit, {"unit_id": f"{kind}-default", "unit_type": 1, "state": code, "message": message}]})
    worst = max([HEALTHY, *(unit["state"] for one in components for unit in one["units"])])
    (state / "running.json").write_text(json.dumps({
        "info": {"id": "x", "version": "9.6.0", "commit": "07adab", "pid": 7, "unprivileged": False, "is_managed": True},
        "state": DEGRADED if worst > HEALTHY else HEALTHY, "message": "Running", "components": components,
        "FleetState": 2, "FleetMessage": "Connected"}), encoding="utf-8")


def main(state, version, *words):
    settings = json.loads((state / "settings.json").read_text(encoding="utf-8"))
    running = json.loads((state / "running.json").read_text(encoding="utf-8"))
    deaf = int((state / "deaf").read_text(encoding="utf-8"))
    if settings["mood"] == "hanging":
        time.sleep(100)
    if settings["mood"] == "stopped" or "dead" in running:
        return "Error: failed to communicate with Elastic Agent daemon: connection refused"
    if words == ("restart",):
        if settings["mood"] == "stubborn":
            return "Error: Failed trigger restart of daemon"
        if settings["mood"] == "vanishing":
            FakeAgent.set(type("", (), {"state": state}), mood="stopped")
            return 0
        start(state, version)
        (state / "deaf").write_text("2", encoding="utf-8")  # so many questions come too early
        return 0
    assert words == ("status", "--output", "json"), words
    if deaf > 0:
        (state / "deaf").write_text(str(deaf - 1), encoding="utf-8")
        return "Error: failed to communicate with Elastic Agent daemon: no such file or directory"
    print(json.dumps(running, indent=4))
    return 0 if running["state"] == HEALTHY else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), *sys.argv[3:]))
