# SPDX-License-Identifier: Apache-2.0
"""What a preview was drawn from, as one hash: the picture holds it, and a test compares."""

import hashlib
import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
WORLD = tuple(sorted(path.name for path in HERE.glob("world*.py")))


def source_hash(board):
    """Of a dashboard's description, queries in place, and of the simulated world."""
    digest = hashlib.sha256(json.dumps(board, sort_keys=True).encode())
    for name in WORLD:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()[:32]
