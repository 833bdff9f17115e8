# SPDX-License-Identifier: Apache-2.0
"""Builds the Debian package in a chroot of each distribution, from this tree and with that distribution's compiler, and tries it
on a machine of it: `make deb-test`. Needs root, debootstrap, and the distributions' packages from where this system takes its own.

usage: chroots.py FOLDER [DISTRIBUTION...]      what is kept from run to run is in FOLDER
"""

import filecmp
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DISTRIBUTIONS = ("bookworm", "trixie")


def say(text):
    print(f"-- {text}", flush=True)


def python_path():
    """Where the suites find what they share, as tests/CMakeLists.txt says it to ctest."""
    return ":".join(str(ROOT / one) for one in ("tests/support", "tests/artefacts", "package", "package/builder"))


def mirror():
    """Where this system takes packages of Debian from."""
    formats = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN)", "Created-By: Packages"],
                             capture_output=True, text=True).stdout
    for line in formats.splitlines():
        uri, _, origin = line.partition(" ")
        if origin == "Debian" and "security" not in uri:
            return uri
    sys.exit("chroots.py: this system's package sources name no place that has Debian (apt-get indextargets); add one")


def inside(root, script, **more):
    """A command line in a chroot with /proc and /dev, in namespaces that go with it; the network is this machine's."""
    setup = 'mount --make-rprivate / && mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && exec chroot "$1" bash -ec "$2"'
    return subprocess.run(["unshare", "-m", "-p", "-f", "--kill-child", "bash", "-c", setup, "bash", root, script],
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/root",
                               "DEBIAN_FRONTEND": "noninteractive", **more}, check=True, stdin=subprocess.DEVNULL)


def base_of(folder, distribution):
    """A minimal system with systemd."""
    root = folder / "base"
    if (root / "ready").exists():
        return root
    say(f"{distribution}: a minimal system")
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run(["debootstrap", "--variant=minbase", distribution, root, mirror()], check=True, stdout=subprocess.DEVNULL)
    shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
    # By its own apt: an older debootstrap does not know the order in which a newer distribution's systemd has to be unpacked.
    inside(root, "apt-get -qq update && apt-get -qq install -y --no-install-recommends systemd dbus adduser ca-certificates iproute2 logrotate >/dev/null "
                 "&& apt-get clean")
    (root / "ready").touch()
    return root


def copy_tree(tree):
    """This tree as it is. What is the same stays untouched, so that only what differs is built again, whatever times files have here."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    names = {name for name in listed.stdout.decode().split("\0") if name and os.path.lexists(ROOT / name)}
    for folder, folders, files in os.walk(tree):
        if pathlib.Path(folder) == tree and "build" in folders:
            folders.remove("build")
        for one in (pathlib.Path(folder) / file for file in files):
            if str(one.relative_to(tree)) not in names:
                one.unlink()
    for name in names:
        source, target = ROOT / name, tree / name
        if target.is_file() and filecmp.cmp(source, target, shallow=False) and source.stat().st_mode == target.stat().st_mode:
            continue
        if target.is_dir():  # what was a folder is a file now
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def build(folder, base):
    """(the package, where the build is), made of the tree as it is."""
    root = folder / "build"
    if not (root / "ready").exists():
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["cp", "-a", "--reflink=auto", base, root], check=True)
    tree = root / "src"
    copy_tree(tree)
    inside(root, "cd /src && command -v make >/dev/null || apt-get -qq install -y --no-install-recommends make git >/dev/null; "
                 "cd /src && rm -f build/release/packages/*.deb && make deb JOBS=${JOBS:-2} && "
                 "cmake --build --preset release --target anthropic-metrics-simulator", JOBS=os.environ.get("JOBS", "2"))
    packages = sorted((tree / "build/release/packages").glob("*.deb"))
    if len(packages) != 1:
        sys.exit(f"chroots.py: the build left {len(packages)} packages in {tree}/build/release/packages")
    return packages[0], tree / "build" / "release"


def main(folder, *distributions):
    folder = pathlib.Path(folder).resolve()
    if os.geteuid() != 0:
        sys.exit("chroots.py: only root can make a chroot; run it as root")
    if not shutil.which("debootstrap"):
        sys.exit("chroots.py: debootstrap is not installed; install it")
    built, failed = {}, []
    for distribution in distributions or DISTRIBUTIONS:
        own = folder / distribution
        own.mkdir(parents=True, exist_ok=True)
        base = base_of(own, distribution)
        say(f"{distribution}: the package, built there")
        package, binaries = build(own, base)
        say(f"{distribution}: {package.name}, {package.stat().st_size / 1e6:.1f} MB")
        built[distribution] = base, package, binaries
    for distribution, (base, package, binaries) in built.items():
        say(f"{distribution}: installed, started, upgraded, removed, purged")
        others = [str(other) for name, (_, other, _) in built.items() if name != distribution]
        suite = [sys.executable, "-B", pathlib.Path(__file__).with_name("machine_test.py"), "-v"]
        done = subprocess.run(suite, env={**os.environ, "AM_DEB": str(package), "AM_BINARY_DIR": str(binaries), "AM_MACHINE_ROOT": str(base),
                                          "AM_MACHINE_NETWORK": "yes", "AM_FOREIGN_DEBS": ":".join(others), "PYTHONPATH": python_path()})
        if done.returncode:
            failed.append(distribution)
    if failed:
        sys.exit(f"chroots.py: failed: {', '.join(failed)}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
