# SPDX-License-Identifier: Apache-2.0
"""The built package's policies as Kibana renders them, by tests/package/render and Node, for every test that needs one.

    python3 tests/package/rendered.py [--package NAME] [--set defaults] [--path-data DIR]

prints, as JSON, the inputs of the tile elastic_agent as an Agent hands them to the component: the source of each input unit.
"""

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

from gotools import Skip

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "package" / "render"
BINARY_DIR = pathlib.Path(os.environ.get("AM_BINARY_DIR", ROOT / "build" / "dev"))
# Read by the Agent itself; a component is not told.
AGENTS_OWN = ("use_output", "enabled", "log_level", "_runtime_experimental")


def renderer():
    """The folder with the scripts and what they need, installed when they changed."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise Skip(f"{program} is not installed")
    folder = ROOT / "build" / "tools" / "render"
    lock = (HERE / "package-lock.json").read_bytes()
    installed = folder / "installed"
    if not installed.exists() or installed.read_text(encoding="ascii") != hashlib.sha256(lock).hexdigest():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        done = subprocess.run(["npm", "ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder,
                              capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            if "EINTEGRITY" in done.stderr or "EUSAGE" in done.stderr:
                print(f"tests/package/render: npm ci: {done.stderr.strip()}; package.json and package-lock.json disagree")
                sys.exit(1)
            raise Skip(f"npm cannot get the packages here: {' '.join(done.stderr.split())[:200]}")
        installed.write_text(hashlib.sha256(lock).hexdigest(), encoding="ascii")
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, folder)
    return folder


def rendered(package="anthropic_metrics", *arguments):
    """{policies: [{name, tile, set, policy, text}], findings: [text], tried: number} of render.mjs."""
    source = BINARY_DIR / "packages" / "source" / package
    if not source.exists():
        print(f"{source}: no source form of the package; run the test 'package: build' first")
        sys.exit(1)
    done = subprocess.run(["node", "render.mjs", str(source), *arguments], cwd=renderer(), capture_output=True, text=True, timeout=300,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        print(f"tests/package/render/render.mjs: {done.stderr.strip()}")
        sys.exit(1)
    made = json.loads(done.stdout)
    for one in made["policies"]:
        one["name"] = package
    return made


def policy(tile, values="defaults", package="anthropic_metrics"):
    """The policy of one tile for one set of values, see render.mjs."""
    found, = [one for one in rendered(package, "policies")["policies"] if (one["tile"], one["set"]) == (tile, values)]
    return found["policy"]


def handed_over(entry, path_data):
    """An input of a policy as the Agent gives it to a component: variables replaced, dotted keys nested, without what the
    Agent keeps to itself, with the policy's revision."""
    def plain(value):
        if isinstance(value, dict):
            out = {}
            for key, inner in value.items():
                *parents, last = key.split(".")
                holder = out
                for parent in parents:
                    holder = holder.setdefault(parent, {})
                holder[last] = plain(inner)
            return out
        if isinstance(value, list):
            return [plain(item) for item in value]
        return value.replace("${path.data}", path_data) if isinstance(value, str) else value

    kept = {key: value for key, value in entry.items() if key not in AGENTS_OWN}
    return plain(kept) | {"policy": {"revision": 3}}


def component_inputs(path_data, values="defaults", package="anthropic_metrics"):
    made = policy("elastic_agent", values, package)
    return [handed_over(entry, path_data) for entry in made["inputs"] if entry["type"] == "anthropic_metrics"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The inputs of the tile elastic_agent as an Agent hands them over.")
    parser.add_argument("--package", default="anthropic_metrics", help="which of the built packages")
    parser.add_argument("--set", default="defaults", help="values of the variables: defaults, other, emptied")
    parser.add_argument("--path-data", default="/opt/Elastic/Agent/data", help="what ${path.data} is")
    given = parser.parse_args()
    try:
        print(json.dumps(component_inputs(given.path_data, given.set, given.package), indent=1))
    except Skip as reason:
        print(f"skipped: {reason}", file=sys.stderr)
        sys.exit(77)
