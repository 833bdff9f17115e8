# SPDX-License-Identifier: Apache-2.0
"""Makes the release two times, in folders of different names and depths, and compares the bytes: `make release-twice`."""

import argparse
import pathlib
import shutil
import subprocess
import sys

MAKE = pathlib.Path(__file__).resolve().parent / "make.py"


def differences(first, second):
    """Names that are in one alone, or whose bytes differ."""
    names = {path.name for folder in (first, second) for path in folder.iterdir()}
    return sorted(name for name in names
                  if not all((folder / name).is_file() for folder in (first, second)) or (first / name).read_bytes() != (second / name).read_bytes())


def main():
    parser = argparse.ArgumentParser(description="Makes the release two times in different folders and compares the bytes.")
    parser.add_argument("--folder", required=True, type=pathlib.Path, help="is made anew; the releases are left in it")
    parser.add_argument("options", nargs="*", help="options of make.py, after --")
    chosen = parser.parse_args()
    shutil.rmtree(chosen.folder, ignore_errors=True)
    outputs = []
    for name in ("one", "another/and/deeper"):
        outputs.append(chosen.folder / name / "release")
        done = subprocess.run([sys.executable, "-B", MAKE, "--output", outputs[-1], "--work", chosen.folder / name / "work", *chosen.options], check=False)
        if done.returncode != 0:
            sys.exit(done.returncode)  # it said why
    different = differences(*outputs)
    for name in different:
        print(f"{name} differs: compare {outputs[0] / name} and {outputs[1] / name}")
    if different:
        sys.exit(1)
    print(f"{len(list(outputs[0].iterdir()))} files, built twice, the same bytes")


if __name__ == "__main__":
    main()
