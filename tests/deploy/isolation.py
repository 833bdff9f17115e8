# SPDX-License-Identifier: Apache-2.0
"""Namespaces of the kernel for tests: a network of their own, and a root file system as a container has it."""

import ctypes
import fcntl
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
APART = ["unshare", "--mount", "--pid", "--ipc", "--uts", "--cgroup", "--fork", "--kill-child"]


class Missing(Exception):
    """What this machine lacks; the tests that need it are skipped with that as the reason."""


def require():
    """Raises Missing where this machine does not let us make namespaces."""
    if os.geteuid() != 0:
        raise Missing("only root makes the namespaces and users of a container")
    if os.environ.get("AM_SANITIZE"):
        raise Missing("an image holds no sanitizer's run time")
    for program in ("unshare", "setpriv", "chroot", "nsenter", "ldd", "dpkg-query"):
        if shutil.which(program) is None:
            raise Missing(f"{program} is not installed")
    tried = subprocess.run([*APART, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True, timeout=60)
    if tried.returncode != 0:
        raise Missing(f"no namespaces can be made here: {tried.stderr.strip()[:200]}")


def own_network():
    """From now on this process and what it starts have a network of their own, which is nothing but loopback."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise Missing(f"no network of its own: {os.strerror(ctypes.get_errno())}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        flags, = struct.unpack("16xh", fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sh", b"lo", 0)))
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | IFF_UP))


class Container:
    """One process in a root file system, as process 1 of its namespaces. volumes: (source, target, "ro" or "rw")."""

    def __init__(self, root, user, group, volumes, command, environment, log):
        words = [f"{source}:{target}:{access}" for source, target, access in volumes]
        self.root, self.user, self.group, self.environment = root, user, group, environment
        with open(log, "ab") as said:
            self.around = subprocess.Popen([*APART, HERE / "in_root", root, str(user), str(group), *words, "--", *command],
                                           stdin=subprocess.DEVNULL, stdout=said, stderr=said, env={"PATH": os.environ["PATH"]} | environment)
        self.pid = self._inner(command[0])

    def _inner(self, program):
        """The process' number as seen from here, once it is the program."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.around.poll() is None:
            children = pathlib.Path(f"/proc/{self.around.pid}/task/{self.around.pid}/children").read_text(encoding="ascii").split()
            try:
                if children and os.readlink(f"/proc/{children[0]}/exe").endswith(program):
                    return int(children[0])
            except OSError:
                pass  # just gone, or not yet there
            time.sleep(0.005)
        raise AssertionError(f"{program} did not start; its container ended with {self.around.poll()}")

    def status(self):
        """/proc/PID/status as a dictionary."""
        lines = pathlib.Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def mounts(self):
        """{place as the process sees it: options}"""
        found = {}
        for line in pathlib.Path(f"/proc/{self.pid}/mountinfo").read_text(encoding="utf-8").splitlines():
            place, options = line.split()[4:6]
            found[place] = options.split(",")  # a later mount covers an earlier one
        return found

    def run(self, *command, timeout=60):
        """A further process in the container, as `docker exec` and health checks start it."""
        return subprocess.run(["nsenter", "--target", str(self.pid), "--mount", "--pid", "setpriv", "--no-new-privs", "chroot",
                               f"--userspec={self.user}:{self.group}", f"--groups={self.group}", self.root, *command],
                              capture_output=True, text=True, timeout=timeout, env={"PATH": os.environ["PATH"]} | self.environment)

    def stop(self, how=signal.SIGTERM):
        """Its exit code."""
        if self.around.poll() is None:
            os.kill(self.pid, how)
        return self.around.wait(timeout=60)

    def close(self):
        """It is killed; what kills unshare would leave it behind, since it has become another user."""
        if self.around.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            self.around.wait(timeout=60)
