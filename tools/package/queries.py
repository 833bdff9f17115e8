# SPDX-License-Identifier: Apache-2.0
"""ES|QL that several panels share: {{ name }} in a query stands for kibana/queries/<name>.esql."""

import re

from fault import PackageFault
from sources import text

FOLDER = "kibana/queries"
FRAGMENT = re.compile(r"\{\{\s*([a-z0-9-]+)\s*\}\}")


def expanded(root, query, place):
    """The query with every fragment in its place; the comments that explain a fragment stay in its file."""
    def fragment(match):
        remedy = f"write it, or correct the query of {place}"
        lines = text(root, f"{FOLDER}/{match.group(1)}.esql", remedy).splitlines()
        return "\n".join(line for line in lines if not line.lstrip().startswith("//"))

    out = FRAGMENT.sub(fragment, query).strip()
    if not out.startswith("FROM "):
        raise PackageFault(f"{place}: the query does not begin with FROM; write FROM metrics-anthropic_metrics.<stream>-*")
    return out
