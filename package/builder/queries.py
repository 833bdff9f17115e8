# SPDX-License-Identifier: Apache-2.0
"""ES|QL of dashboards and alerts, from their descriptions to what Kibana sends.

{{ name }} in a query stands for package/kibana/queries/<name>.esql, and every query gets its head and its source here.

Kibana 9.4 sends the browser's time zone with ES|QL; days of billing, months and hours are those of UTC wherever one looks
from. A data stream exists from its first document on: a query of one that does not is an error, and so is a field that no
index has. So each query reads the data streams of the package together, fields that are nowhere are null, and the data sets
that the description names are chosen by a field that is one constant per stream, which costs nothing. Where a query begins
with FROM metrics-PACKAGE_NAME.*-*, these are all that the package has, streams to come included.
"""

import re
import textwrap

import naming
import stream_fields
from fault import PackageFault
from sources import text

FOLDER = "package/kibana/queries"
HEAD = 'SET time_zone = "UTC"; SET unmapped_fields = "nullify";'
SOURCE = f"metrics-{naming.NAME}.*-*"
# What failed in a pipeline has no measures; on a dashboard it would be a currency or a model without a name.
MEASURED = ' AND COALESCE(event.kind, "") != "pipeline_error"'
FROM = re.compile(r"^([ ]*)FROM\s+([^|]+?)\s*$(?=\n[ ]*\||\Z)|^([ ]*)FROM\s+([^|]+?)\s*\|", re.MULTILINE)
TIMES = {"time", "day", "hour", "at", "slot"}
NAME = r"(@?[a-z_][\w.]*)"
RANGE = re.compile(rf"{NAME}(?: [+-] \d+ \w+)? *[<>=]=? *\?_t(?:start|end)|\?_t(?:start|end) *[<>=]=? *{NAME}"
                   rf"|BUCKET\({NAME}, *\d+, *\?_t(?:start|end)")
STREAM = re.compile(rf"metrics-{naming.NAME}\.([a-z_]+)-\*")
FRAGMENT = re.compile(r"\{\{\s*([a-z0-9-]+)\s*\}\}")


def expanded(root, query, place):
    """The query with every fragment in its place; the comments that explain a fragment stay in its file."""
    def fragment(match):
        remedy = f"write it, or correct the query of {place}"
        lines = text(root, f"{FOLDER}/{match.group(1)}.esql", remedy).splitlines()
        return "\n".join(line for line in lines if not line.lstrip().startswith("//"))

    out = FRAGMENT.sub(fragment, query).strip()
    if not out.startswith("FROM "):
        raise PackageFault(f"{place}: the query does not begin with FROM; write FROM metrics-PACKAGE_NAME.<stream>-*")
    check_order(out, place)
    return with_head(root, out, place, "" if "pipeline_error" in out else MEASURED)


def with_head(root, query, place, condition=""):
    if re.search(r"^\s*SET\b", query, re.MULTILINE):
        raise PackageFault(f"{place}: the query has a SET of its own; leave it out, the builder puts {HEAD}")
    found = FROM.search(query)
    names = [part.strip() for part in (found.group(2) or found.group(4)).split(",")] if found else []
    named = [STREAM.fullmatch(name) for name in names]
    if names == [SOURCE]:
        taken = stream_fields.streams(root)
    elif names and all(named):
        taken = [stream.group(1) for stream in named]
    else:
        raise PackageFault(f"{place}: reads {', '.join(names) or 'nothing'}; write FROM metrics-PACKAGE_NAME.<stream>-*, "
                           "or * for every stream")
    texts = [f'"{naming.dataset(stream)}"' for stream in taken]
    chosen = f"== {texts[0]}" if len(texts) == 1 else f"IN ({', '.join(texts)})"
    new = f"FROM {SOURCE}\n| WHERE data_stream.dataset {chosen}{condition}"
    rest = "\n| " + query[found.end():].lstrip() if found.group(4) else query[found.end():]
    return f"{HEAD}\n{(query[:found.start()] + new + rest).strip()}"


def check_order(query, place):
    """What ES|QL answers ends at 10,000 rows, so a chart over time has its newest first where it is cut; and Kibana takes
    the time field of a query that somebody edits from the first comparison with the range of the time picker."""
    for column in re.findall(r"\| SORT (\w+)(?! DESC)\b[^|]*\| LIMIT\b", query):
        if column in TIMES:
            raise PackageFault(f"{place}: SORT {column} before LIMIT drops the newest in silence; sort by {column} DESC there, "
                               "and add up what is too much with {{ greatest-parts }}")
    for first in RANGE.findall(query)[:1]:
        if next(filter(None, first)) != "@timestamp":
            raise PackageFault(f"{place}: the first comparison with ?_tstart or ?_tend is of {next(filter(None, first))}; compare "
                               "@timestamp first, Kibana takes the time field from there")


def streams(query):
    """The streams whose documents a built query takes, in order."""
    (chosen,) = re.findall(r"^[ ]*\| WHERE data_stream\.dataset (?:==|IN) ([^|]*?)$", query, re.MULTILINE)[:1] or [""]
    return re.findall(r'"[^".]+\.([a-z_]+)"', chosen)


def guided(root, guide, place):
    """A guide with the head on each query in it: whoever copies one sees what the rule saw."""
    def block(match):
        indent = match.group(2)
        return match.group(1) + "\n".join(indent + line if line else line for line in
                                         with_head(root, textwrap.dedent(match.group(3)), place).splitlines()) + "\n" + indent + "```"

    return re.sub(r"(^([ ]*)```esql\n)(.*?)\n[ ]*```", block, guide, flags=re.DOTALL | re.MULTILINE)
