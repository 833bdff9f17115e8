# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of one engine in one process, so that the engine starts once: suite.py FILE_test.py...

A module says in ENGINE what it needs. AM_ONLY=alerts runs the files with that in their names only. Exits 77 with one line
when the engine cannot be had here; CTest shows that as skipped.
"""

import importlib
import os
import pathlib
import sys
import unittest

import engine
import java

SKIPPED = 77


def main(files):
    only = os.environ.get("AM_ONLY", "")
    files = [path for path in map(pathlib.Path, files) if only in path.stem]
    if not files:
        print(f"skipped: no file of this suite has {only} in its name")
        return SKIPPED
    sys.path[:0] = sorted({str(file.resolve().parent) for file in files})
    modules = [importlib.import_module(file.stem) for file in files]
    try:
        for start in {module.ENGINE for module in modules}:
            engine.node(start)
    except java.Unavailable as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    load = unittest.defaultTestLoader.loadTestsFromModule
    ran = unittest.TextTestRunner(verbosity=2).run(unittest.TestSuite(load(module) for module in modules))
    return 0 if ran.wasSuccessful() and ran.testsRun else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
