# SPDX-License-Identifier: Apache-2.0
"""Templates as Fleet makes them of the package's fields, for Elasticsearch servers without all of its modules.

Two things are taken out of what Fleet would install, because the servers come without the modules for them: the type
constant_keyword becomes keyword, and there is no default pipeline.
"""

import installed
import tree

# As Fleet makes a mapping of a field file, beyond type and index options.
TIME_SERIES = {"metric_type": "time_series_metric", "dimension": "time_series_dimension"}


def mapping(stream):
    """Mapping properties of a stream as Fleet makes them of fields/."""
    root = {}
    for name, field in tree.declared_fields("base", stream).items():
        *parents, leaf = name.split(".")
        target = root
        for parent in parents:
            target = target.setdefault(parent, {"properties": {}})["properties"]
        kind = "keyword" if field["type"] == "constant_keyword" else field["type"]
        made = {"type": kind} | {n: field[n] for n in ("index", "doc_values") if n in field}
        made |= {TIME_SERIES[n]: field[n] for n in TIME_SERIES if n in field}
        if "unit" in field:
            made["meta"] = {"unit": field["unit"]}
        if kind == "keyword" and field.get("index", True):
            made["ignore_above"] = 1024
        target[leaf] = made | ({"ignore_malformed": False} if name == "@timestamp" else {})
    return root


def install(node, name="anthropic_metrics", **data_stream):
    """Templates of every stream under the package's name; more of data streams, such as hidden=True, as the engine knows it."""
    for stream in installed.STREAMS:
        node.ok("PUT", f"/_component_template/{stream}", {"template": {"mappings": {
            **installed.artefact.opensearch.MAPPINGS, "properties": mapping(stream)}}})
        node.ok("PUT", f"/_index_template/metrics-{name}.{stream}", {
            "index_patterns": [f"metrics-{name}.{stream}-*"], "data_stream": data_stream, "priority": 200,
            "composed_of": [stream]})
