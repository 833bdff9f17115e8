# SPDX-License-Identifier: Apache-2.0
"""A machine in namespaces: systemd as its first process, over a root that nobody else sees and that is gone afterwards.

By default that root is this machine's own, so that packages which are installed here are installed there. Needs root, for
user namespaces let no package make users.
"""

import ctypes
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import waiting

HERE = pathlib.Path(__file__).resolve().parent
PRCTL, PR_SET_PDEATHSIG = ctypes.CDLL(None).prctl, 1
SYSTEMD = ("lib/systemd/systemd", "usr/lib/systemd/systemd")


class NotHere(Exception):
    """This machine has no room for one; says why."""


def cgroups():
    """Where the unified hierarchy of control groups is mounted."""
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, kind = line.partition(" - ")
        if kind.split()[0] == "cgroup2":
            return pathlib.Path(fields.split()[4])
    raise NotHere("no cgroup2 is mounted, which systemd needs")


def systemd_of(lower):
    for name in SYSTEMD:
        if (pathlib.Path(lower) / name).exists():
            return "/" + name
    raise NotHere(f"{lower} has no systemd")


class Machine:
    """Use as a context manager. network: the machine has this one's; otherwise a loopback of its own."""

    def __init__(self, lower="/", network=False):
        self.lower, self.network = str(lower), network
        self.init = None

    def __enter__(self):
        if os.geteuid() != 0:
            raise NotHere("only root can install packages, even in namespaces of its own")
        for tool in ("unshare", "nsenter", "pivot_root", "dpkg"):
            if not shutil.which(tool):
                raise NotHere(f"{tool} is not installed")
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="am-machine-", dir="/var/tmp"))
        self.group = cgroups() / f"am-machine-{os.getpid()}-{self.work.name[-8:]}"
        try:
            self.group.mkdir()
            self._start(systemd_of(self.lower))
        except OSError as error:
            self.__exit__()
            raise NotHere(f"no control group can be made: {error.strerror}") from None
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self, systemd):
        spaces = ["-m", "-p", "-u", "-i", "-C", *([] if self.network else ["-n"])]
        command = ["unshare", *spaces, "-f", "--kill-child", "bash", HERE / "enter.sh", self.lower, self.work, systemd,
                   "--system", "--unit=basic.target", "--show-status=false"]
        with (self.work / "said").open("wb") as said:
            self.outer = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                          preexec_fn=self._prepare)
        self.wait(self._has_begun, "systemd to begin")
        self.wait(lambda: self.run("systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded"),
                  "systemd to have reached its target")

    def _prepare(self):
        """In the child: its control group; and it is not to outlive whoever runs the test."""
        (self.group / "cgroup.procs").write_text(str(os.getpid()))
        PRCTL(PR_SET_PDEATHSIG, signal.SIGKILL)

    def _has_begun(self):
        if self.outer.poll() is not None:
            raise NotHere(f"namespaces cannot be made here: {(self.work / 'said').read_text()[-300:].strip()}")
        children = pathlib.Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children").read_text().split()
        if children and "systemd" in pathlib.Path(f"/proc/{children[0]}/cmdline").read_text().split("\0")[0]:
            self.init = int(children[0])
        return self.init is not None

    def __exit__(self, *_):
        if self.init:
            os.kill(self.init, signal.SIGKILL)  # and with it all that is in its namespace of processes
        if hasattr(self, "outer"):
            if not self.init:
                self.outer.kill()
            self.outer.wait()
        if self.group.exists():
            self.wait(self._groups_gone, "its control groups to be empty")
        shutil.rmtree(self.work, ignore_errors=True)

    def _groups_gone(self):
        for folder, _, _ in os.walk(self.group, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                return False
        return True

    @staticmethod
    def wait(condition, what, longest=60):
        """Until it is so; an error that says what was waited for otherwise."""
        waiting.wait_for(condition, what, longest, every=0.2)  # each look starts processes

    def run(self, *words, check=True, text=None, variables=()):
        """A command in there, as root. text: its standard input. What it said is in stdout, both streams."""
        spaces = ["-m", "-p", "-u", "-i", "-C", *([] if self.network else ["-n"])]
        done = subprocess.run(["nsenter", "-t", str(self.init), *spaces, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
                               "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive", *variables, *map(str, words)], input=text,
                              stdin=subprocess.DEVNULL if text is None else None, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=600)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout[-3000:]}")
        return done

    def shell(self, script, **how):
        return self.run("bash", "-c", script, **how)

    def put(self, source, target):
        """A file of outside into the machine."""
        content = pathlib.Path(source).read_bytes()
        done = subprocess.run(["nsenter", "-t", str(self.init), "-m", "sh", "-c", 'cat >"$1"; chmod 755 "$1"', "sh", target],
                              input=content, stderr=subprocess.PIPE, timeout=60)
        if done.returncode:
            raise AssertionError(f"cannot write {target}: {done.stderr.decode()}")

    def property(self, unit, name):
        return self.run("systemctl", "show", "--value", "-p", name, unit).stdout.strip()

    def changed(self):
        """What differs from the root below: paths, those of removed ones too; what the system itself keeps books of left out."""
        own = re.compile(r"/(var/(log|cache|tmp|lib/(dpkg|apt|systemd|dbus))|run|tmp|proc|sys|dev)(/|$)|"
                         r"/etc/(passwd-?|group-?|shadow-?|gshadow-?|subuid-?|subgid-?|\.pwd\.lock|machine-id|\.updated|ld\.so\.cache~?)$|"
                         r"/var/\.updated$")
        found = self.run("find", "/run/machine/upper", "-not", "-type", "d", "-printf", "/%P\\n").stdout.splitlines()
        folders = self.run("find", "/run/machine/upper", "-type", "d", "-empty", "-printf", "/%P\\n").stdout.splitlines()
        found += [path for path in folders if not os.path.isdir(f"{self.lower}/{path}")]
        return sorted(path for path in found if not own.match(path))
