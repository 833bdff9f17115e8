# SPDX-License-Identifier: Apache-2.0
"""Of which of the distribution's packages a build was made: whose headers the compiler read, whose libraries were linked and are
needed, whose programs did it. Read from what the build itself wrote down.

    made_of.py BUILD SOURCE   prints the packages that are inside or needed, not those of which programs alone were used
"""

import pathlib
import re
import shutil
import subprocess
import sys

from release_fault import ReleaseFault, said_by

TOOLS = ("cmake", "cpack", "ninja", "ld", "dpkg-shlibdeps")
TARGETS = ("anthropic-metrics", "anthropic_metrics")
MADE = ("bin/anthropic-metrics", "lib/libanthropic_metrics.so")
FORM = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n"


def headers(build, root):
    """Absolute paths of the files outside of tree and build that compilers read."""
    found = set()
    for line in said_by(["ninja", "-C", build, "-t", "deps"]).splitlines():
        path = line.strip()
        if line.startswith("    ") and path.startswith("/") and not path.startswith((f"{root}/", f"{build}/")):
            found.add(path)
    return found


def linked(build, targets):
    """Absolute paths of the libraries that were given to the linker."""
    found = set()
    for line in said_by(["ninja", "-C", build, "-t", "commands", *targets]).splitlines():
        if " -o " in line and " -c " not in line:
            found |= {word for word in re.findall(r"(?<!\S)(/\S+\.(?:so|a)(?:\.[0-9.]+)?)(?!\S)", line)
                      if not word.startswith((f"{build}/",))}
    return found


def needed(files):
    """Absolute paths of the shared libraries that these programs load."""
    found = set()
    for file in files:
        for line in said_by(["ldd", file]).splitlines():
            path = re.search(r"=> (/\S+)|^\s*(/\S+) \(", line)
            if path:
                found.add(path[1] or path[2])
    return found


def tools(compiler):
    """Absolute paths of the programs that made it, where dpkg knows them: behind links such as those of ccache."""
    places = [compiler, sys.executable, *[shutil.which(name) for name in TOOLS]]
    return {str(pathlib.Path(place).resolve()) for place in places if place}


def owners(paths):
    """{path: package} by dpkg, and the paths that no package has."""
    asked = {}
    for path in paths:
        real = str(pathlib.Path(path).resolve())
        for name in {path, real, path.removeprefix("/usr"), real.removeprefix("/usr"), f"/usr{path}"}:
            asked.setdefault(name, set()).add(path)
    known = {}
    names = sorted(asked)
    for begin in range(0, len(names), 500):
        done = subprocess.run(["dpkg-query", "-S", *names[begin:begin + 500]], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              check=False)  # ends with 1 where it does not know one
        for line in done.stdout.splitlines():
            package, _, name = line.partition(": ")
            if not package.startswith("diversion by"):
                for path in asked.get(name, ()):
                    known.setdefault(path, package.split(",")[0].split(":")[0])
    return known, sorted(set(paths) - known.keys())


def packages_of(build, root, compiler, targets, files):
    """(packages: [{"name", "version", ..., "as": [...]}], files that no package has)"""
    uses = {"headers": headers(build, root), "linked": linked(build, targets), "needed": needed(files), "tools": tools(compiler)}
    if not uses["headers"]:
        raise ReleaseFault(f"{build}: the build's log of dependencies is empty; build it anew")
    known, strange = owners(set().union(*uses.values()))
    roles = {}
    for role, paths in uses.items():
        for path in paths & known.keys():
            roles.setdefault(known[path], set()).add(role)
    found = []
    for line in said_by(["dpkg-query", "--show", f"--showformat={FORM}", *sorted(roles)]).splitlines():
        name, version, architecture, source, source_version = line.split("\t")
        found.append({"name": name, "version": version, "architecture": architecture, "source": source, "source_version": source_version,
                      "as": sorted(roles[name])})
    return sorted(found, key=lambda one: one["name"]), strange


def main():
    build, source = (pathlib.Path(folder).resolve() for folder in sys.argv[1:3])
    try:
        found, _ = packages_of(build, source, "c++", TARGETS, [build / name for name in MADE])
    except ReleaseFault as fault:
        sys.exit(f"made_of: {fault}")
    print("\n".join(one["name"] for one in found if one["as"] != ["tools"]))


if __name__ == "__main__":
    main()
