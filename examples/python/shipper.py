#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A shipper in Python: polls a plugin, appends what it hands out to a file of JSON lines, and acknowledges what is on the
disk. README.md beside it says why each part is as it is.

    shipper.py [--once] PLUGIN CONFIG.json SECRETS OUTPUT.ndjson

    --once   end when every stream has been answered, or one needs a person
    SECRETS  folder with a file for each $secret{NAME} of the configuration
    exit 0: stopped, or with --once all healthy; 1: the plugin refused or failed; 2: wrong call
"""

import os
import signal
import sys

import beat_plugin
from beat_plugin import ACK_DURABLE, ACK_RETRY, FAILED, HEALTH, HEALTHY, LEVELS

BUDGET_MS = 500  # longest stay in a poll, and so the longest that a signal waits
AT_REST_MS = 10_000  # a longer pause means: every stream was answered and waits for its next interval
STOP = {signal.SIGINT, signal.SIGTERM}


def say(text):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


class Host:
    """Answers the plugin."""

    def __init__(self, secrets):
        self.secrets = secrets

    def log(self, level, component, text):
        say(f"{LEVELS[level] if 0 < level < len(LEVELS) else LEVELS[0]} {component}: {text}")

    def health(self, health, stream, text):
        say(f"health {stream or 'instance'}: {HEALTH[health] if 0 <= health < len(HEALTH) else 'degraded'}{', ' if text else ''}{text}")

    def secret(self, name, room):
        """Reads the file into the plugin's memory, and nowhere else: bytes of Python's could not be overwritten. Its length."""
        if not name or name[0] == "." or "/" in name:
            raise ValueError("no name of a secret")
        with open(os.path.join(self.secrets, name), "rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size <= len(room) and file.readinto(room[:size]) != size:
                raise OSError("it changes just now")
        return size


class Output:
    """A file of JSON lines."""

    def __init__(self, path):
        self.path, self.file = path, None

    def append(self, lines):
        """Returns when the lines are on the disk. OSError: the file is as it was."""
        if self.file is None:
            self.file = self._opened()
        before = self.file.seek(0, os.SEEK_END)
        try:
            while lines:
                lines = lines[self.file.write(lines):]
            os.fsync(self.file.fileno())
        except OSError:
            self.file.truncate(before)
            self.file.close()
            self.file = None  # opened anew next time, whatever happened to it
            raise

    def _opened(self):
        """A line that a crash cut off is taken away: its batch was not acknowledged and comes again."""
        file = open(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b", buffering=0)
        end = file.seek(0, os.SEEK_END)
        while end and os.pread(file.fileno(), 1, end - 1) != b"\n":
            end -= 1
        file.truncate(end)
        return file


class Shipper:
    def __init__(self, instance, output):
        self.instance, self.output = instance, output
        self.stopping, self.pause, self.delivered = False, 0, 0

    def wait(self, seconds):
        """For a signal that asks us to stop, at most so long. An earlier poll is harmless."""
        if not self.stopping and signal.sigtimedwait(STOP, min(seconds, 60)):
            self.stopping = True

    def wait_after_failure(self):
        self.pause = min(max(1, self.pause * 2), 30)
        self.wait(self.pause)

    def acknowledge(self, batch_id, outcome):
        """Says what became of a batch until the plugin has written it down. When we are asked to stop meanwhile, the batch
        comes again after the next start."""
        while True:
            try:
                return self.instance.ack(batch_id, outcome)
            except beat_plugin.Failure as failure:
                if not failure.passes or self.stopping:
                    raise
                say(f"shipper: ack: {failure}")
                self.wait_after_failure()

    def deliver(self, batch):
        batch_id, count = batch.id, batch.doc_count  # the batch goes with its ack
        try:
            self.output.append(batch.ndjson.view())
        except OSError as error:
            say(f"shipper: cannot write: {error}; the batch goes back and comes again")
            self.acknowledge(batch_id, ACK_RETRY)
            self.wait_after_failure()
            return
        self.acknowledge(batch_id, ACK_DURABLE)
        self.pause = 0
        self.delivered += count
        say(f"shipper: {self.delivered} documents on disk")
        self.wait(0)

    def run(self, once):
        """Polls and delivers until a signal, or with once until all is there. The exit code."""
        while not self.stopping:
            try:
                polled = self.instance.poll(BUDGET_MS)
                if polled.batch:
                    self.deliver(polled.batch.contents)
                    continue
            except beat_plugin.Failure as failure:
                say(f"shipper: {failure}")
                if not failure.passes:
                    return 1
                self.wait_after_failure()
                continue
            self.pause = 0
            if once and (polled.next_poll_ms > AT_REST_MS or polled.health == FAILED):
                return 0 if polled.health == HEALTHY else 1
            self.wait(polled.next_poll_ms / 1000)
        return 0


def main(words):
    once = words[:1] == ["--once"]
    if len(words) - once != 4:
        say("usage: shipper.py [--once] PLUGIN CONFIG.json SECRETS OUTPUT.ndjson")
        return 2
    plugin, config, secrets, output = words[once:]
    # Blocked for every thread, and taken by Shipper.wait: a handler of Python's would run only after the poll, too.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
    try:
        api = beat_plugin.load(plugin)
        with open(config, "rb") as file:
            text = file.read()
    except (OSError, AttributeError) as error:
        say(f"shipper: {error}")
        return 2
    try:
        with beat_plugin.Instance(api, Host(secrets), text) as instance:
            shipper = Shipper(instance, Output(output))
            code = shipper.run(once)
    except beat_plugin.Failure as failure:
        say(f"shipper: the plugin refuses to start: {failure}")
        return 1
    say(f"shipper: stopped, {shipper.delivered} documents delivered")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
