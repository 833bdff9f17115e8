# SPDX-License-Identifier: Apache-2.0
"""What the organization used, summed by every dimension that a dashboard has, and the same asked from a store."""

import collections
import decimal
import json
import urllib.parse
import urllib.request

MEASURES = {
    "usage": ["uncached_input_tokens", "cached_input_tokens", "cache_creation_5m_input_tokens", "cache_creation_1h_input_tokens",
              "output_tokens", "web_search_requests"],
    "cost": ["amount"],
}
DIMENSIONS = {
    "usage": ["inference_geo", "model", "service_tier", "workspace_id"],
    "cost": ["workspace_id", "description", "model", "service_tier", "context_window", "inference_geo", "cost_type", "token_type"],
}
GROUPS = {"usage": DIMENSIONS["usage"], "cost": ["workspace_id", "description"]}
WIDTH = {"usage": "1h", "cost": "1d"}
PATH = {"usage": ("cache_creation", {"cache_creation_5m_input_tokens": "ephemeral_5m_input_tokens",
                                     "cache_creation_1h_input_tokens": "ephemeral_1h_input_tokens"})}


class Exact(decimal.Decimal):
    """A number as it was written."""


def _measured(stream, row, name):
    if stream == "cost":
        return decimal.Decimal(row["amount"])
    if name in PATH["usage"][1]:
        return decimal.Decimal(row["cache_creation"][PATH["usage"][1][name]])
    if name == "web_search_requests":
        return decimal.Decimal((row.get("server_tool_use") or {}).get("web_search_requests", 0))
    if name == "cached_input_tokens":
        return decimal.Decimal(row["cache_read_input_tokens"])
    return decimal.Decimal(row[name])


def of_organization(url, stream, start, end):
    """{dimension: {value: {measure: sum}}} of the buckets in [start, end); an absent value is "Default" or ""."""
    query = [("stream", stream), ("starting_at", start), ("ending_at", end)]
    if stream == "usage":
        query.append(("bucket_width", WIDTH[stream]))
    query += [("group_by[]", name) for name in GROUPS[stream]]
    with urllib.request.urlopen(f"{url}/_simulator/truth?{urllib.parse.urlencode(query)}", timeout=120) as answer:
        buckets = json.load(answer)["data"]
    sums = {dimension: {} for dimension in DIMENSIONS[stream]}
    for bucket in buckets:
        for row in bucket["results"]:
            for dimension in sums:
                value = row.get(dimension) or ("Default" if dimension == "workspace_id" else "")
                total = sums[dimension].setdefault(value, collections.Counter())
                for name in MEASURES[stream]:
                    total[name] += _measured(stream, row, name)
    return without_zeros(sums)


def without_zeros(sums):
    """Without values whose every sum is zero: a row that came and vanished leaves them."""
    return {dimension: {value: {name: amount for name, amount in total.items() if amount} for value, total in values.items()
                        if any(total.values())} for dimension, values in sums.items()}


def question(stream):
    """The body of the search that asks a store for the same."""
    field = f"anthropic.{stream}"
    return {"size": 0, "aggs": {dimension: {
        "terms": {"field": f"{field}.{dimension}", "size": 10_000, "missing": ""},
        "aggs": {name: {"sum": {"field": f"{field}.{name}"}} for name in MEASURES[stream]}} for dimension in DIMENSIONS[stream]}}


def of_store(answer):
    """The same of the answer to `question`. What is left of cents that were taken back is nothing."""
    return without_zeros({dimension: {
        bucket["key"]: {name: value["value"] if abs(value["value"]) > 1e-6 else 0 for name, value in bucket.items()
                        if isinstance(value, dict)}
        for bucket in found["buckets"]} for dimension, found in answer["aggregations"].items()})
