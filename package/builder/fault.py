# SPDX-License-Identifier: Apache-2.0
"""What stops the build: a sentence that names the file, the fact and the remedy."""


class PackageFault(Exception):
    """`<file>: <fact>; <remedy>`, shown to whoever runs the build."""
