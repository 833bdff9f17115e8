# SPDX-License-Identifier: Apache-2.0
"""Waiting for what another process does."""

import time


def wait_for(condition, what, seconds=20, more=lambda: "", every=0.005):
    """What condition() returns as soon as it is true; what, and more(): said if that takes too long. A busy machine is slow."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what} {more()}")
        time.sleep(every)
