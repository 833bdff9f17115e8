# SPDX-License-Identifier: Apache-2.0
"""fields/ defines every field that documents and pipelines use, each in full and with the right type."""

import datetime
import decimal
import json
import re
import unittest

import tree
import stream_fields  # noqa: I001  (tree says where it is)

NUMERIC = {"long", "integer", "short", "byte", "double", "float", "half_float", "scaled_float", "unsigned_long"}
TYPES = NUMERIC | {"keyword", "constant_keyword", "date", "boolean", "ip", "text", "group", "nested"}
ATTRIBUTES = {"name", "type", "description", "fields", "value", "unit", "metric_type", "dimension", "index",
              "doc_values", "ignore_above", "object_type", "date_format", "document"}
UNITS = {"byte", "percent", "d", "h", "m", "s", "ms", "micros", "nanos"}
FILES = [path.stem for path in tree.files(".yml") if path.parts[0] == "fields"]


def matches(field, value):
    """Whether a store takes the value for the field as it is, without converting it."""
    kind = field["type"]
    if kind == "constant_keyword":
        return isinstance(value, str) and value == field.get("value", value)
    if kind in ("keyword", "text"):
        return isinstance(value, str)
    if kind == "long":
        return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
    if kind == "double":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "date":
        try:
            datetime.datetime.strptime(re.sub(r"\.\d+", "", value), "%Y-%m-%dT%H:%M:%SZ")
            return True
        except (TypeError, ValueError):
            return False
    return False


class FieldFiles(tree.TreeTest):
    def every_entry(self):
        def walk(name, entries, prefix):
            for entry in entries:
                full = prefix + entry.get("name", "?")
                yield f"fields/{name}.yml: {full}", entry
                yield from walk(name, entry.get("fields", []), full + ".")

        for name in FILES:
            yield from walk(name, tree.load_yaml(f"fields/{name}.yml"), "")

    def test_every_field_is_fully_defined(self):
        findings = []
        for place, entry in self.every_entry():
            kind = entry.get("type")
            if kind not in TYPES:
                findings.append(f"{place}: type {kind!r}; use one of {', '.join(sorted(TYPES))}")
            if not str(entry.get("description", "")).strip().endswith("."):
                findings.append(f"{place}: no description that is a sentence; add one")
            for attribute in entry.keys() - ATTRIBUTES:
                findings.append(f"{place}: attribute {attribute} is not part of the format; remove it")
            if "fields" in entry and kind not in ("group", "nested"):
                findings.append(f"{place}: has sub-fields but is of type {kind}; make it a group")
            if "metric_type" in entry and (kind not in NUMERIC or entry["metric_type"] not in ("gauge", "counter")):
                findings.append(f"{place}: metric_type {entry['metric_type']!r} on type {kind}; only numbers, gauge or counter")
            if entry.get("dimension") and kind not in NUMERIC | {"keyword", "constant_keyword", "ip"}:
                findings.append(f"{place}: dimension on type {kind}; only keywords, numbers and ips")
            if "unit" in entry and (entry["unit"] not in UNITS or kind == "group"):
                findings.append(f"{place}: unit {entry['unit']!r}; the format knows {', '.join(sorted(UNITS))}")
        self.report(findings)

    def test_no_field_is_defined_twice(self):
        findings = []
        base = tree.declared_fields("base")
        for name in FILES:
            seen = set()

            def walk(entries, prefix):
                for entry in entries:
                    full = prefix + entry["name"]
                    shared = name != "base" and full in base and not full.startswith(f"anthropic.{name}.")
                    if full in seen or shared:
                        findings.append(f"fields/{name}.yml: {full} is defined twice (with base.yml); keep one")
                    seen.add(full)
                    walk(entry.get("fields", []), full + ".")

            walk(tree.load_yaml(f"fields/{name}.yml"), "")
        self.report(findings)

    def test_required_fields_are_there(self):
        base = tree.declared_fields("base")
        wanted = {"@timestamp": "date", "data_stream.type": "constant_keyword",
                  "data_stream.dataset": "constant_keyword", "data_stream.namespace": "constant_keyword"}
        self.report([f"fields/base.yml: {name} must be there with type {kind}" for name, kind in wanted.items()
                     if base.get(name, {}).get("type") != kind])

    def test_money_says_its_unit(self):
        findings = []
        for name in FILES:
            for full, entry in tree.declared_fields(name).items():
                if re.search(r"amount|total_exact", full) and "cents" not in entry["description"]:
                    findings.append(f"fields/{name}.yml: {full}: the description does not say cents; say it")
        self.report(findings)

    def test_names_are_no_leaf_and_prefix_at_once(self):
        findings = []
        for name in FILES:
            names = tree.declared_fields("base", name) if name != "base" else tree.declared_fields("base")
            for full in names:
                findings += [f"fields/{name}.yml: {full} is a leaf and a prefix of {other}; rename one"
                             for other in names if other.startswith(full + ".")]
        self.report(findings)


class GoldenDocuments(tree.TreeTest):
    def stream_of(self, document):
        return document.get("event", {}).get("dataset", "").rpartition(".")[2]

    def test_each_is_valid_against_its_schema(self):
        findings = []
        checkers = {}
        for path, number, document in tree.golden_documents():
            stream = self.stream_of(document)
            if not (tree.ROOT / f"schemas/{stream}.schema.json").exists():
                findings.append(f"{path}:{number}: event.dataset names no stream that has a schema: {stream!r}; correct it")
                continue
            checker = checkers.setdefault(stream, tree.validator(f"{stream}.schema.json"))
            findings += [f"{path}:{number}: {fault}; correct the document or schemas/{stream}.schema.json"
                         for fault in tree.faults(checker, document)]
        self.report(findings)

    def test_each_uses_declared_fields_of_matching_types(self):
        findings = []
        for path, number, document in tree.golden_documents():
            stream = self.stream_of(document)
            if stream not in FILES:
                continue
            declared = tree.declared_fields("base", stream)
            asked_for = document["anthropic"].get(stream, {}).get("group_by", [])
            for name, value in tree.leaves(document):
                if name not in declared:
                    if name.rpartition(".")[2] not in asked_for:
                        findings.append(f"{path}:{number}: {name} is not in fields/base.yml or fields/{stream}.yml; define it")
                elif not matches(declared[name], value):
                    findings.append(f"{path}:{number}: {name} is {value!r}, and fields/ says {declared[name]['type']}; "
                                    "make them agree")
        self.report(findings)

    def test_keys_are_sorted(self):
        findings = []
        for path, number, document in tree.golden_documents():
            line = tree.read(path).splitlines()[number - 1]
            if list(_keys(json.loads(line))) != list(_keys(json.loads(json.dumps(document, sort_keys=True)))):
                findings.append(f"{path}:{number}: keys are not sorted, so differences read badly; make update-golden")
        self.report(findings)

    def test_parts_agree_with_each_other(self):
        findings = []
        limiters = [field.name for field in stream_fields.load(tree.ROOT, "rate_limit").fields if field.kind == "long"]
        for path, number, document in tree.golden_documents():
            place = f"{path}:{number}"
            usage = document["anthropic"].get("usage")
            cost = document["anthropic"].get("cost")
            limit = document["anthropic"].get("rate_limit")
            for row in (usage, cost):
                if row and row["bucket_start_time"] != document["@timestamp"]:
                    findings.append(f"{place}: @timestamp is not the bucket's start; set it so")
            if usage and "output_tokens" in usage:  # a row set aside has no counters
                split = usage["cache_creation_5m_input_tokens"] + usage["cache_creation_1h_input_tokens"]
                if usage["cache_creation_input_tokens"] != split:
                    findings.append(f"{place}: cache_creation_input_tokens is not the sum of its two classes ({split})")
            if cost and "amount" in cost:  # a row set aside has none
                line = tree.read(path).splitlines()[number - 1]
                text = re.search(r'"amount":\s*(-?[0-9.eE+-]+)', line).group(1)
                if decimal.Decimal(text) != decimal.Decimal(cost["amount_exact"]):
                    findings.append(f"{place}: amount {text} is not amount_exact {cost['amount_exact']}; print the decimal")
            if limit:
                # In a workspace what is set may be above what is in force.
                pairs = {pair["type"]: pair.get("effective", pair["value"]) for pair in limit["limits"]}
                for name in limiters:
                    if limit.get(name) != pairs.get(name):
                        findings.append(f"{place}: {name} is {limit.get(name)}, limits say {pairs.get(name)}; copy it")
        self.report(findings)


    def test_corrections_add_up_to_what_they_say_is_true_now(self):
        findings, sums, corrected = [], {}, set()
        for path, number, document in tree.golden_documents():
            stream = self.stream_of(document)
            row = document["anthropic"].get(stream, {})
            if "revision" not in row:
                continue
            texts = tuple((name, str(value)) for name, value in row.items() if isinstance(value, (str, list))
                          and not name.endswith("_exact"))
            total = sums.setdefault((path, texts), {})
            for name, value in row.items():
                key = TOTALS.get(name)
                if key is None and isinstance(value, int) and not isinstance(value, bool) and name not in BINARY:
                    key = f"total.{name}"
                if key is not None:
                    total[key] = total.get(key, 0) + decimal.Decimal(value)
            if row["revision"] == 0:
                continue
            corrected.add(stream)
            if not any(name.startswith(f"anthropic.{stream}.total") for name in tree.declared_fields(stream)):
                continue  # Gauges: each revision is the whole row.
            said = {name: decimal.Decimal(value) for name, value in tree.leaves(row)
                    if name.startswith("total.") or name in TOTALS.values()}
            # What is 0 may be left out.
            if {name: value for name, value in said.items() if value} != {name: value for name, value in total.items() if value}:
                findings.append(f"{path}:{number}: says {said}, the row's documents add up to {total}; correct the totals")
        findings += [f"tests/fixtures/{name}: no expected correction; add a fixture with answer-2.json"
                     for name in FILES if f"anthropic.{name}.revision" in tree.declared_fields(name) and name not in corrected]
        self.report(findings)


# Which total an exact amount adds up to. The numbers beside them are binary.
TOTALS = {"amount_exact": "total_exact", "estimated_amount_exact": "total_exact", "list_amount_exact": "total_list_exact"}
BINARY = {"revision", "amount", "estimated_amount", "list_amount"}


def _keys(value):
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item)


if __name__ == "__main__":
    unittest.main()
