# SPDX-License-Identifier: Apache-2.0
"""grpcio for the stub of the Agent's server: from PyPI, into an environment of its own. Where it cannot be had the test is skipped with
the reason."""

import importlib.util
import os
import pathlib
import sys

import python_environment

REQUIREMENTS = pathlib.Path(__file__).with_name("requirements.txt")
skip = python_environment.skip


def enter():
    """Goes on only in a Python that has grpcio: begins the program anew in one if this is none."""
    if importlib.util.find_spec("grpc") is not None:
        return
    if "AM_IN_ENVIRONMENT" in os.environ:
        sys.exit("the environment with grpcio has none; remove build/tools/grpcio-*")
    os.environ["AM_IN_ENVIRONMENT"] = "1"
    python = str(python_environment.installed("grpcio", REQUIREMENTS, system_packages=True))
    os.execv(python, [python, "-B", *sys.argv])
