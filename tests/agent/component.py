# SPDX-License-Identifier: Apache-2.0
"""A process run as the Elastic Agent runs a component: greeting on standard input, its arguments and environment, a work folder, its
lines taken from both outputs."""

import os
import signal
import subprocess
import threading
import time


class Component:
    def __init__(self, command, work, name, kind, greeting, environment=None):
        work.mkdir(mode=0o770, parents=True, exist_ok=True)
        self.lines = []  # (stream, text)
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [*map(str, command), "-E", f"path.data={work}"], cwd=work, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {}), "AGENT_COMPONENT_ID": name, "AGENT_COMPONENT_TYPE": kind})
        self._readers = [threading.Thread(target=self._read, args=item, daemon=True)
                         for item in (("stdout", self.process.stdout), ("stderr", self.process.stderr))]
        for reader in self._readers:
            reader.start()
        try:
            if greeting is not None:
                self.process.stdin.write(greeting)
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it ended without reading; its exit code says why

    def _read(self, name, pipe):
        with pipe:
            for line in pipe:
                self.lines.append((name, line.decode(errors="replace").rstrip("\n")))

    @property
    def pid(self):
        return self.process.pid

    def runs(self):
        return self.process.poll() is None

    def signal(self, number):
        if self.runs():
            self.process.send_signal(number)

    def wait(self, seconds):
        """The exit code, or None if it still runs. Its last lines are there then."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        for reader in self._readers:
            reader.join(5)
        return code

    def kill(self):
        self.signal(signal.SIGKILL)
        self.wait(10)

    def memory(self):
        """{VmRSS, VmHWM, ...} in KiB, as the kernel counts them."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            pairs = [line.split() for line in status if line.startswith("Vm")]
        return {name.rstrip(":"): int(value) for name, value, *_ in pairs}
