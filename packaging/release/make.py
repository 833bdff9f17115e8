# SPDX-License-Identifier: Apache-2.0
"""Makes a release of the commit that is checked out: `make release`.

    make.py --output DIR [--work DIR] [--jobs N] [--built BUILD]

writes into the output folder, which must be empty or not there yet,
    anthropic_metrics-<version>.tar.gz       the sources; everything else is built from what it unpacks to
    anthropic-metrics_<version>-*.deb        for the distribution and machine that this is
    *-<version>.zip                          the packages for Kibana and OpenSearch
    anthropic_metrics-<version>.build.json   of which commit, by which compiler, with which packages
    anthropic_metrics-<version>.spdx.json    the bill of materials
    SHA256SUMS                               of all of these

The same commit gives the same bytes on the same distribution, in whichever folder. --built: packs that build folder of this
tree instead of building, for tests of the packing.
"""

import argparse
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import sys
import tarfile
import tempfile

import made_of
import sbom
from release_fault import ReleaseFault, said_by
from origin import Origin

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGETS = (*made_of.TARGETS, "assets", "manual", "packages")
# What decides about bytes beside the sources, the same everywhere.
SETTINGS = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "CCACHE_DISABLE": "1"}


def fresh_build(origin, archive, work, jobs):
    """The build folder of a release build of what the archive unpacks to."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as found:
        found.extractall(work)  # it is our own
    source = work / origin.top
    say(f"building {origin.top} below {work}")
    for name in ("CMAKE_C_COMPILER_LAUNCHER", "CMAKE_CXX_COMPILER_LAUNCHER", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS"):
        os.environ.pop(name, None)
    said_by(["cmake", "--preset", "release"], cwd=source)
    said_by(["cmake", "--build", "--preset", "release", "--parallel", str(jobs), "--target", *TARGETS], cwd=source)
    return source, source / "build" / "release"


def say(text):
    print(text, flush=True)


def debian_packages(build, work):
    say("packing the Debian package")
    if not (build / "CPackConfig.cmake").is_file():
        raise ReleaseFault(f"{build}: this build knows no Debian package; build it on a Debian or Ubuntu")
    said_by(["cpack", "--config", build / "CPackConfig.cmake", "-B", work / "deb"], cwd=build)
    found = list((work / "deb").glob("*.deb"))
    if len(found) != 1:
        raise ReleaseFault(f"{build}: cpack made {len(found)} packages; see cmake/packages.cmake")
    return found


def zips(source, build, work):
    say("building the packages for Kibana and OpenSearch")
    said_by([sys.executable, "-B", source / "package/builder/build.py", "--description", build / "description.json", "--output", work / "zips"])
    return sorted((work / "zips").glob("*.zip"))


def setting(build, name):
    found = re.search(rf"^{name}:[A-Z]+=(.*)$", (build / "CMakeCache.txt").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


def os_release():
    lines = pathlib.Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    known = dict(line.split("=", 1) for line in lines if "=" in line)
    return {"id": known.get("ID", "").strip('"'), "version": known.get("VERSION_ID", "").strip('"')}


def build_record(origin, source, build, files):
    """What the release was built from."""
    compiler = setting(build, "CMAKE_CXX_COMPILER")
    made = [build / name for name in made_of.MADE]
    packages, strange = made_of.packages_of(build.resolve(), source.resolve(), compiler, made_of.TARGETS, made)
    flags = {name: setting(build, f"CMAKE_{name}") for name in ("CXX_FLAGS", "CXX_FLAGS_RELEASE", "C_FLAGS", "C_FLAGS_RELEASE",
                                                               "EXE_LINKER_FLAGS", "SHARED_LINKER_FLAGS")}
    return {"name": "anthropic_metrics", "version": origin.version, "commit": origin.commit, "source_date_epoch": origin.time,
            "system": os_release(), "architecture": said_by(["dpkg", "--print-architecture"]).strip(),
            "compiler": said_by([compiler, "--version"]).splitlines()[0], "linker": said_by(["ld", "--version"]).splitlines()[0],
            "cmake": said_by(["cmake", "--version"]).splitlines()[0], "python": sys.version.split()[0],
            "build_type": setting(build, "CMAKE_BUILD_TYPE"), "flags": flags, "environment": SETTINGS | {"SOURCE_DATE_EPOCH": str(origin.time)},
            "packages": packages, "files_of_no_package": strange,
            "made": [{"name": name, "bytes": len(octets), "sha256": sbom.sha(octets, "sha256")} for name, octets in sorted(files.items())]}


def release(output, work, jobs, built=None):
    origin = Origin(ROOT)
    if not built:
        origin.require_clean()
    os.umask(0o022)
    os.environ |= SETTINGS | {"SOURCE_DATE_EPOCH": str(origin.time)}
    files = {f"{origin.top}.tar.gz": origin.archive()}
    source, build = (ROOT, built) if built else fresh_build(origin, files[f"{origin.top}.tar.gz"], work, jobs)
    for path in [*debian_packages(build, work), *zips(source, build, work)]:
        files[path.name] = path.read_bytes()
    say("writing down of what it was made")
    record = build_record(origin, source, build, files)
    bill = sbom.document(origin, record, files)
    for name, content in ((f"{origin.top}.build.json", record), (f"{origin.top}.spdx.json", bill)):
        files[name] = (json.dumps(content, indent=1, ensure_ascii=True) + "\n").encode()
    files["SHA256SUMS"] = "".join(f"{hashlib.sha256(octets).hexdigest()}  {name}\n" for name, octets in sorted(files.items())).encode()
    output.mkdir(parents=True, exist_ok=True)
    for name, octets in sorted(files.items()):
        (output / name).write_bytes(octets)
        say(f"  {len(octets):>11,}  {name}")


def main():
    parser = argparse.ArgumentParser(description="Makes a release of the commit that is checked out.")
    parser.add_argument("--output", required=True, type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, help="where to build (default: a folder that is removed)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--built", type=pathlib.Path, help="this build folder instead of a build")
    chosen = parser.parse_args()
    work = chosen.work or pathlib.Path(tempfile.mkdtemp(prefix="am-release-"))
    try:
        if chosen.output.is_dir() and any(chosen.output.iterdir()):
            raise ReleaseFault(f"{chosen.output} is not empty; remove it or name another folder with --output")
        work.mkdir(parents=True, exist_ok=True)
        release(chosen.output, work.resolve(), chosen.jobs, chosen.built and chosen.built.resolve())
    except ReleaseFault as fault:
        sys.exit(f"release: {fault}")
    finally:
        if not chosen.work:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
