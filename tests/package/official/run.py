# SPDX-License-Identifier: Apache-2.0
"""Elastic's own tools on the built package, as CTest entries: `run.py validator`, `run.py compared` and `run.py lint`.

Both programs come through Go's module proxy in the versions that go.mod and go.sum pin, are built once into
build/tools, and are used, not shipped. Where Go or the proxy is missing the test is skipped with the reason.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import naming
from faults import Edit
from faults.tables import BOTH, FAULTS
from gotools import SKIPPED, Skip, go_build
from validate import load

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PACKAGES = pathlib.Path(os.environ.get("AM_BINARY_DIR", ROOT / "build" / "dev")) / "packages"


def validator():
    program = go_build(HERE, "package-validator", ".")
    archives = [path for path in PACKAGES.glob("*.zip") if "-opensearch-" not in path.name]
    folders = [path.parent for path in PACKAGES.glob("source/*/manifest.yml")]
    names = naming.offered(ROOT)
    if len(archives) != len(names) or sorted(folder.name for folder in folders) != sorted(names):
        print(f"{PACKAGES}: {len(folders)} source folders and {len(archives)} zips, expected one of each for "
              f"{' and '.join(names)}; run the test 'package: build' first")
        return 1
    return subprocess.run([program, *folders, *archives], timeout=300, stdin=subprocess.DEVNULL).returncode


def said_by(program, arguments, folder, scratch):
    """Runs elastic-package with its data in the scratch folder; (exit code, what it printed)."""
    environment = {**os.environ, "ELASTIC_PACKAGE_DATA_HOME": str(scratch / "data"), "HOME": str(scratch),
                   "ELASTIC_PACKAGE_CHECK_UPDATE_DISABLED": "true"}
    done = subprocess.run([program, *arguments], cwd=folder, env=environment, timeout=300, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    print(done.stdout + done.stderr)
    return done.returncode, done.stdout + done.stderr


def decoded(path):
    """A file's content, JSON within JSON strings included, so that only a difference in meaning is one."""
    def inner(value):
        if isinstance(value, dict):
            return {key: inner(item) for key, item in value.items()}
        if isinstance(value, list):
            return [inner(item) for item in value]
        if isinstance(value, str) and value[:1] in ("{", "["):
            try:
                return ["string of JSON", inner(json.loads(value))]
            except ValueError:
                pass
        return value

    return inner(json.loads(path.read_bytes())) if path.suffix == ".json" else path.read_bytes()


def differences(theirs, ours):
    """What elastic-package makes of our source form and what we make of it."""
    names = {path.relative_to(folder) for folder in (theirs, ours) for path in folder.rglob("*") if path.is_file()}
    for name in sorted(names):
        if not (theirs / name).is_file() or not (ours / name).is_file():
            yield f"{name}: only in {'ours' if (ours / name).is_file() else 'theirs'}"
        elif decoded(theirs / name) != decoded(ours / name):
            yield f"{name}: differs"


def lint():
    """elastic-package lint, its static tests, and its build compared with ours. It looks for a git repository around the
    package."""
    if shutil.which("git") is None:
        raise Skip("git is not installed")
    program = go_build(HERE / "lint", "elastic-package", "github.com/elastic/elastic-package")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        subprocess.run(["git", "init", "--quiet", str(scratch)], check=True, timeout=60)
        for source in PACKAGES.glob("source/*"):
            shutil.copytree(source, scratch / "packages" / source.name)
        copies = sorted(path.parent for path in (scratch / "packages").glob("*/manifest.yml"))
        if not copies:
            print(f"{PACKAGES}: no source form of the package; run the test 'package: build' first")
            return 1
        return 1 if any([linted(program, copy, scratch) for copy in copies]) else 0


def linted(program, package, scratch):
    """Whether the tool has something against the package; it is printed."""
    for arguments in (["lint"], ["test", "static"], ["build"]):
        code, said = said_by(program, arguments, package, scratch)
        if code != 0:
            print(f"{package.name}: elastic-package {' '.join(arguments)} ended with {code}; correct what it names")
            return True
        if "Skipped errors" in said:
            print(f"{package.name}: elastic-package skipped errors; nothing may be excluded, see validation.yml")
            return True
    built, = (scratch / "build" / "packages" / package.name).iterdir()
    found = list(differences(built, PACKAGES / package.name / built.name))
    print("\n".join(f"{line}; elastic-package builds it otherwise, see package/builder/saved_objects.py" for line in found)
          or f"{package.name}: elastic-package builds the same {sum(path.is_file() for path in built.rglob('*'))} files")
    return bool(found)


def changed(original, change):
    """{path: content, None if it is gone} of what a fault changes."""
    edit = Edit(original)
    change(edit)
    return {path: edit.files.get(path) for path in original.keys() | edit.files.keys()
            if edit.files.get(path) != original.get(path)}


def together(changes):
    """Numbers of changes in groups, none of which has two changes of one file: few packages hold all of them."""
    groups = []
    for number, change in enumerate(changes):
        for group in groups:
            if not any(changes[other].keys() & change.keys() for other in group):
                group.append(number)
                break
        else:
            groups.append([number])
    return groups


def judged(program, source, packages):
    """What the official validator has against each package, a list of changes to the source form."""
    with tempfile.TemporaryDirectory() as scratch:
        folders = [pathlib.Path(scratch) / str(number) / source.name for number in range(len(packages))]
        for folder, changes in zip(folders, packages):
            shutil.copytree(source, folder, copy_function=os.link)
            for path, content in [item for change in changes for item in change.items()]:
                (folder / path).unlink(missing_ok=True)
                if content is not None:
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).write_bytes(content)
        done = subprocess.run([program, "-"], input="".join(f"{folder}\n" for folder in folders), capture_output=True,
                              text=True, timeout=1200)
    said = [json.loads(line)["fault"] for line in done.stdout.splitlines()]
    if len(said) != len(packages):
        raise RuntimeError(f"the official validator judged {len(said)} of {len(packages)} packages: {done.stderr[-500:]}")
    return said


def compared():
    """Our validator holds what the official one lacks: of the faults that ours alone is said to find the official one finds
    none, of the others all."""
    program = go_build(HERE, "package-validator", ".")
    source = PACKAGES / "source" / naming.default(ROOT)  # the faults name its files
    original = load.from_path(source)[0].files
    own, both = ([changed(original, change) for *_, change in table] for table in (FAULTS, BOTH))
    groups = together(own)
    said = judged(program, source, [[own[number] for number in group] for group in groups])
    alone = [number for group, fault in zip(groups, said) if fault for number in group]
    findings = [f"{path}: {fact} ({rule}): the official validator says it too: {fault[:300]}; remove the rule, or move the "
                "fault to BOTH if the build needs it"
                for (rule, path, fact, _), fault in zip([FAULTS[number] for number in alone],
                                                        judged(program, source, [[own[number]] for number in alone])) if fault]
    if alone and not findings:
        findings = [f"a package with several faults is refused, with each of them it is not: {next(filter(None, said))[:300]}"]
    findings += [f"{path}: {fact} ({rule}): the official validator does not say it; move the fault to FAULTS"
                 for (rule, path, fact, _), fault in zip(BOTH, judged(program, source, [[one] for one in both])) if not fault]
    print("\n".join(findings))
    print(f"{len(own)} faults that ours alone finds, in {len(groups)} packages, {len(both)} that both find")
    return 1 if findings else 0


def main(arguments):
    tests = {"validator": validator, "compared": compared, "lint": lint}
    if len(arguments) != 1 or arguments[0] not in tests:
        print(f"usage: run.py {'|'.join(tests)}", file=sys.stderr)
        return 64
    try:
        return tests[arguments[0]]()
    except Skip as reason:
        print(f"skipped: {reason}")
        return SKIPPED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
