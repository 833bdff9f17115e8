# SPDX-License-Identifier: Apache-2.0
"""The shipper in Go, by cgo. Skipped where Go is not installed: it is four hundred megabytes, for this test alone."""

import re
import shutil
import subprocess
import unittest

import python_environment
import shipping


class Go(shipping.Shipping):
    LANGUAGE = "go"

    @classmethod
    def more_environment(cls):
        # Nothing is fetched: the program needs the standard library alone, and the toolchain that is there.
        return {"GOTOOLCHAIN": "local", "GOPROXY": "off", "GOFLAGS": "-buildvcs=false", "CGO_ENABLED": "1"}

    def test_it_is_formatted(self):
        done = shipping.installed.run(["gofmt", "-l", "."], self.source, self.environment)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)


def need_go():
    if shutil.which("go") is None:
        python_environment.skip("go is not installed, so the shipper in Go is not built")
    said = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, timeout=60).stdout.strip()
    version = re.match(r"go1\.(\d+)", said)
    if version and int(version[1]) < 19:
        python_environment.skip(f"the shipper in Go needs 1.19, here is {said}")


if __name__ == "__main__":
    need_go()
    unittest.main()
