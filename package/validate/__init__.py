# SPDX-License-Identifier: Apache-2.0
"""A validator of Elastic integration packages (format 3.6.x): what the format demands and what we demand of ourselves.

It reads a package as {path: bytes}, from a folder or a zip, needs no network and no other tool, and reports findings
of the form "path: fact; remedy". `python3 package/validate <folder or zip>` runs it by hand; `rules.py` has the
table of rules and of the functions that hold them.
"""
