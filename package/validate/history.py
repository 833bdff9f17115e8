# SPDX-License-Identifier: Apache-2.0
"""The changelog's versions are in order, all of them; the format looks at the first."""

import re

from .finding import Finding
from .package import entries

PATH = "changelog.yml"


def _age(version):
    """Sorts as versions do: numbers first, a release after its pre-releases."""
    core, _, tag = version.partition("+")[0].partition("-")
    return [int(part) for part in re.findall(r"\d+", core)], tag == "", [
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|[^\d.]+", tag)]


def order(package):
    found = [str(entry.get("version")) for entry in entries(package.read(PATH))]
    if found != sorted(found, key=_age, reverse=True):
        yield Finding(PATH, "is not newest first", "put it in order")


RULES = {"history.order": order}
