# SPDX-License-Identifier: Apache-2.0
"""ES|QL of dashboards and alerts, from their descriptions to what Kibana sends.

{{ name }} in a query stands for kibana/queries/<name>.esql, and every query gets its head here: Kibana 9.4 sends the
browser's time zone with ES|QL, and days of billing, months and hours are those of UTC wherever one looks from.
"""

import re
import textwrap

from fault import PackageFault
from sources import text

FOLDER = "kibana/queries"
HEAD = 'SET time_zone = "UTC";'
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
    return with_head(out, place)


def with_head(query, place):
    if re.search(r"^\s*SET\b", query, re.MULTILINE):
        raise PackageFault(f"{place}: the query has a SET of its own; leave it out, the builder puts {HEAD}")
    return f"{HEAD}\n{query.strip()}"


def source(query):
    """What a query reads, the text after FROM, as Kibana names a data view of it."""
    return re.search(r"^\s*FROM\s+([^\s|]+)", query, re.MULTILINE).group(1)


def guided(guide, place):
    """A guide with the head on each query in it: whoever copies one sees what the rule saw."""
    def block(match):
        indent = match.group(2)
        return match.group(1) + "\n".join(indent + line if line else line for line in
                                         with_head(textwrap.dedent(match.group(3)), place).splitlines()) + "\n" + indent + "```"

    return re.sub(r"(^([ ]*)```esql\n)(.*?)\n[ ]*```", block, guide, flags=re.DOTALL | re.MULTILINE)
