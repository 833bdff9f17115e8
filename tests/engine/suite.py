# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of one engine in one process, so that the engine starts once: suite.py FILE_test.py...

A module says in ENGINE what it needs. Exits 77 with one line when the engine cannot be had here; CTest shows that as
skipped.
"""

import importlib
import pathlib
import sys
import unittest

import engine
import java

SKIPPED = 77


def main(files):
    files = [pathlib.Path(file).resolve() for file in files]
    sys.path[:0] = sorted({str(file.parent) for file in files})
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
