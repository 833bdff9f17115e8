# SPDX-License-Identifier: Apache-2.0
"""The modules that make the package. Each gives files(root, description) -> {path in the package: bytes}."""

import importlib
import pathlib

# In the order in which a missing part is reported.
SOURCE = ["manifests", "templates", "assets", "pictures", "pipeline_tests", "dashboards", "alerts", "documentation"]
OPENSEARCH = "opensearch"


def made(name, root, description):
    if not (pathlib.Path(__file__).resolve().parent / f"{name}.py").exists():
        return {}
    return importlib.import_module(name).files(root, description)
