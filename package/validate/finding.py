# SPDX-License-Identifier: Apache-2.0
"""What a rule reports: where, what is the case, what to do, and which rule says so."""

import typing


class Finding(typing.NamedTuple):
    path: str
    fact: str
    remedy: str
    rule: str = ""

    def __str__(self):
        return f"{self.path}: {self.fact}; {self.remedy} [{self.rule}]"
