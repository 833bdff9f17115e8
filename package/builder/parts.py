# SPDX-License-Identifier: Apache-2.0
"""The modules that make the package. Each gives files(root, description) -> {path in the package: bytes}."""

import importlib

# What is made of the others comes after them, so that a missing part is reported where it is missing.
SOURCE = ["dashboards", "alerts", "manifests", "templates", "assets", "pictures", "pipeline_tests", "documentation"]
OPENSEARCH = "opensearch"


def made(name, root, description):
    return importlib.import_module(name).files(root, description)
