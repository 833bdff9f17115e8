# SPDX-License-Identifier: Apache-2.0
"""docs/README.md of the package, rendered from docs/package/README.md."""

from sources import read

PAGE = "docs/package/README.md"


def files(root, description):
    del description
    return {"docs/README.md": read(root, PAGE, "write it")}
