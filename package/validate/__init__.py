# SPDX-License-Identifier: Apache-2.0
"""What we demand of the package and Elastic's official validator does not say.

It reads a package as {path: bytes}, from a folder or a zip, needs no network and no other tool, and reports findings
of the form "path: fact; remedy". The build runs it on what it made; `python3 package/validate <folder or zip>` runs it by
hand; `rules.py` has the table of rules. What the format demands is said by the official validator, which
tests/package/official runs where Go is.
"""
