# SPDX-License-Identifier: Apache-2.0
"""Which rows of a store differ from what the organization used, by how much, and what is odd about its documents: computed from
the documents and the simulator's truth alone, apart from the program under test."""

import collections
import datetime
import decimal
import json
import urllib.parse

TIME = "%Y-%m-%dT%H:%M:%SZ"
WIDTHS = {"1m": datetime.timedelta(minutes=1), "1h": datetime.timedelta(hours=1), "1d": datetime.timedelta(days=1)}
COUNTS = {
    "usage": {"uncached_input_tokens": ("uncached_input_tokens",), "cached_input_tokens": ("cache_read_input_tokens",),
              "cache_creation_5m_input_tokens": ("cache_creation", "ephemeral_5m_input_tokens"),
              "cache_creation_1h_input_tokens": ("cache_creation", "ephemeral_1h_input_tokens"),
              "output_tokens": ("output_tokens",), "web_search_requests": ("server_tool_use", "web_search_requests")},
    "cost": {},
}
AMOUNTS = {"usage": (), "cost": ("amount",)}
# Texts that are no dimension.
ASIDE = {"bucket_start_time", "bucket_end_time", "bucket_width", "amount", "amount_exact", "total_exact"}
DERIVED = {"usage": {"cache_creation_input_tokens": ("cache_creation_5m_input_tokens", "cache_creation_1h_input_tokens")}, "cost": {}}
NULLS = {("workspace_id", "Default"), ("api_key_source", "console")}
PROGRAM = "anthropic_metrics"  # input.type of what our collector makes


def parsed(text):
    return datetime.datetime.strptime(text[:19] + "Z", TIME)


def stamp(moment):
    return moment.strftime(TIME)


class Grain(collections.namedtuple("Grain", "width group_by")):
    """How a report was asked for."""

    @staticmethod
    def of(width, group_by):
        return Grain(width, tuple(sorted(group_by)))


class Row(collections.namedtuple("Row", "start grain dimensions")):
    """What tells a row from others. dimensions: pairs of name and value, without those that stand for null."""

    @staticmethod
    def of(start, grain, dimensions):
        kept = {(name, value) for name, value in dimensions.items() if value is not None and (name, value) not in NULLS}
        return Row(stamp(parsed(start)), grain, frozenset(kept))

    def end(self):
        return parsed(self.start) + WIDTHS[self.grain.width]

    def __str__(self):
        return f"{self.start} {self.grain.width} by {','.join(self.grain.group_by)} {dict(sorted(self.dimensions))}"


Stored = collections.namedtuple("Stored", "index id source")


def measures(stream):
    return [*COUNTS[stream], *AMOUNTS[stream], *DERIVED[stream]]


def _with_derived(stream, sums, told=None):
    """Adds sums of counts: as a document tells them, else of their parts."""
    for name, parts in DERIVED[stream].items():
        value = (told or {}).get(name)
        sums[name] = sum(sums[part] for part in parts) if value is None else decimal.Decimal(value)
    return sums


def truth(organization, stream, grain, start, end):
    """{Row: {measure: value}} of the buckets in [start, end) as the API reports them now."""
    query = [("stream", stream), ("starting_at", start), ("ending_at", end)]
    if stream == "usage":
        query.append(("bucket_width", grain.width))
    query += [("group_by[]", name) for name in grain.group_by]
    rows = {}
    for bucket in organization.control(f"truth?{urllib.parse.urlencode(query)}")["data"]:
        for result in bucket["results"]:
            texts = {name: value for name, value in result.items() if isinstance(value, str) and name not in ASIDE}
            sums = rows.setdefault(Row.of(bucket["starting_at"], grain, texts), collections.Counter())
            for name, path in COUNTS[stream].items():
                sums[name] += decimal.Decimal(_at(result, path) or 0)
            for name in AMOUNTS[stream]:
                sums[name] += decimal.Decimal(result[name])
    return {row: _with_derived(stream, sums) for row, sums in rows.items()}


def _at(value, path):
    for name in path:
        value = (value or {}).get(name)
    return value


def documents(engine, name):
    """[Stored] of a data stream, over all backing indices."""
    return [Stored(index, found, json.loads(source, parse_float=decimal.Decimal))
            for index, held in engine.holdings([name]).get(name, {}).items() for found, source in held.items()]


def is_ours(source):
    return bool((source.get("organization") or {}).get("id")) and (source.get("input") or {}).get("type") == PROGRAM


def is_measured(source, stream):
    return (source.get("event") or {}).get("kind") != "pipeline_error" and isinstance((source.get("anthropic") or {}).get(stream), dict)


def row_of(source, stream, configured):
    """The row that a document belongs to. One that tells no grouping counts for the configured grain if its bucket is as wide."""
    body = source["anthropic"][stream]
    width = parsed(body["bucket_end_time"]) - parsed(body["bucket_start_time"])
    width = next((name for name, length in WIDTHS.items() if length == width), body.get("bucket_width"))
    group_by = body.get("group_by")
    if isinstance(group_by, str):
        group_by = [group_by]
    grain = Grain.of(width, configured.group_by if group_by is None else group_by)
    texts = {name: value for name, value in body.items() if isinstance(value, str) and name not in ASIDE}
    return Row.of(body["bucket_start_time"], grain, texts)


def measured(source, stream):
    body = source["anthropic"][stream]
    sums = {name: decimal.Decimal(body.get(name) or 0) for name in COUNTS[stream]}
    for name in AMOUNTS[stream]:
        sums[name] = decimal.Decimal(body.get(f"{name}_exact") or str(body.get(name) or 0))
    return _with_derived(stream, sums, body)


class Expected:
    """What an audit must say of one data stream.

    differences: {Row: (kind, {field: (api, store)})}. findings: {kind: count}. rows: {Row: [Stored]}, measured ones."""

    def __init__(self, stream, configured, start, end, stored, truth_of):
        self.stream, self.configured, self.start, self.end = stream, configured, start, end
        begin, over = parsed(start), parsed(end)
        self.rows, self.findings, ids = collections.defaultdict(list), collections.Counter(), collections.Counter()
        for one in stored:
            if not is_measured(one.source, stream):
                moment = parsed(one.source["@timestamp"])
                self.findings["pipeline_error"] += begin <= moment < over and one.source["event"]["kind"] == "pipeline_error"
                continue
            row = row_of(one.source, stream, configured)
            if begin <= parsed(row.start) and row.end() <= over:
                self.rows[row].append(one)
                ids[one.id] += 1
                self.findings["other_collector"] += not is_ours(one.source)
        self.findings["duplicate_id"] = sum(count > 1 for count in ids.values())
        self.findings["revision_hole"] = sum(self._has_hole(held) for held in self.rows.values())
        self.differences = {}
        older = self._older()
        self._compare(truth_of(configured), {row for row in self.rows if row.grain == configured}, older)
        for grain, spans in older.items():
            told = {row: sums for row, sums in truth_of(grain).items() if (parsed(row.start), row.end()) in spans}
            self._compare(told, {row for row in self.rows if row.grain == grain and (parsed(row.start), row.end()) in spans}, {})
        spans = {span for found in older.values() for span in found}
        self._overlaps({row for row in self.rows if row.grain != configured and (parsed(row.start), row.end()) not in spans})
        self.findings = {kind: count for kind, count in self.findings.items() if count}

    def _has_hole(self, held):
        revisions = {one.source["anthropic"][self.stream]["revision"] for one in held
                     if is_ours(one.source) and "revision" in one.source["anthropic"][self.stream]}
        # What corrects another collector's documents begins with a correction.
        first = 0 if all(is_ours(one.source) for one in held) else min(revisions, default=0)
        return bool(revisions) and revisions != set(range(first, max(revisions) + 1))

    def _older(self):
        """{grain: {(start, end)}} of times that hold rows of one other grain and none of the configured one."""
        ours = sorted(parsed(row.start) for row in self.rows if row.grain == self.configured)
        found = collections.defaultdict(set)
        for row in self.rows:
            start, end = parsed(row.start), row.end()
            if row.grain != self.configured and not any(start < one + WIDTHS[self.configured.width] and one < end for one in ours):
                found[row.grain].add((start, end))
        return found

    def _sums(self, row):
        total = dict.fromkeys(measures(self.stream), decimal.Decimal(0))
        for one in self.rows.get(row, ()):
            for name, value in measured(one.source, self.stream).items():
                total[name] += value
        return total

    def _compare(self, told, there, older):
        spans = [span for found in older.values() for span in found]
        for row in told.keys() | there:
            if row not in there and any(start <= parsed(row.start) and row.end() <= end for start, end in spans):
                continue  # the older grain stands for it
            api, store = told.get(row, {}), self._sums(row)
            fields = {name: (api.get(name, decimal.Decimal(0)), value) for name, value in store.items()
                      if api.get(name, 0) != value}
            if fields:
                kind = "missing" if row not in there else "extra" if row not in told else "different"
                self.differences[row] = (kind, fields)

    def _overlaps(self, rows):
        self.findings["overlap"] = len({(row.start, row.grain) for row in rows})
        for row in rows:
            fields = {name: (decimal.Decimal(0), value) for name, value in self._sums(row).items() if value}
            if fields:
                self.differences[row] = ("overlap", fields)


def reported(said, configured):
    """The differences of one stream of `audit --json`, as Expected has them."""
    out = {}
    for one in said["differences"]:
        grain = Grain.of(one["bucket_width"], configured.group_by if one.get("group_by") is None else one["group_by"])
        row = Row.of(one["bucket_start_time"], grain, one["dimensions"])
        fields = {field["field"]: (decimal.Decimal(field["api"]), decimal.Decimal(field["store"])) for field in one["fields"]}
        fields = {name: pair for name, pair in fields.items() if pair[0] != pair[1] and name in measures(said["stream"])}
        if row in out:
            raise AssertionError(f"told twice: {row}")
        out[row] = (one["kind"], fields)
    return out


def unequal(expected, found):
    """What of two {Row: (kind, fields)} is not equal, in lines."""
    lines = []
    for row in sorted(expected.keys() | found.keys(), key=str):
        if expected.get(row) != found.get(row):
            lines.append(f"{row}: expected {_shown(expected.get(row))}, got {_shown(found.get(row))}")
    return lines


def _shown(difference):
    if difference is None:
        return "none"
    kind, fields = difference
    return f"{kind} " + ", ".join(f"{name}: api {api}, store {store}" for name, (api, store) in sorted(fields.items()))
