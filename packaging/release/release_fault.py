# SPDX-License-Identifier: Apache-2.0
"""What ends the making of a release: one sentence with the place, the fact and the remedy."""

import subprocess


class ReleaseFault(Exception):
    pass


def said_by(command, **how):
    """Standard output of a command that must not fail."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, **how)
    if done.returncode != 0:
        last = " / ".join((done.stderr.strip() or done.stdout.strip() or "nothing said").splitlines()[-3:])
        raise ReleaseFault(f"{' '.join(map(str, command))[:120]} ended with {done.returncode}: {last[-600:]}; mend that and make the release again")
    return done.stdout
