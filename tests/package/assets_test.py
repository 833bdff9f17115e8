# SPDX-License-Identifier: Apache-2.0
"""The parts of the built package fit together: dashboards, alerts and pipelines name fields that are declared with
types that suit, datasets that exist, and the page lists what there is."""

import re
import unittest

import named
import tree


from validate import load, queries
from validate.fields import NUMBERS, TEXTS, WHOLE, declared

SOURCE = tree.BINARY_DIR / "packages" / "source" / "anthropic_metrics"
# Not fields of the stored document: the id, incoming text, and what pipelines keep while they work.
SCRATCH = re.compile(r"^(_\w+(\..*)?|message|division|team|organization|event|error|anthropic(\.\w+)?)$")
DATE = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$")
DATASET = re.compile(r"\bmetrics-(anthropic_metrics\.\w+)|"
                     r"\b(?:data_stream|event)\.dataset\"?\s*(?:==|:|=)\s*\"?(anthropic_metrics\.\w+)")


def fits(kind, value):
    """Whether a JSON value is what a field of the type holds; true for types that take several forms."""
    if kind in TEXTS or kind == "ip":
        return isinstance(value, str)
    if kind in WHOLE:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind in NUMBERS:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("date", "date_nanos"):
        return isinstance(value, str) and bool(DATE.match(value))
    return True


class Assets(tree.TreeTest):
    @classmethod
    def setUpClass(cls):
        if not SOURCE.exists():
            raise unittest.SkipTest(f"{SOURCE} is not built; run ctest, or package/builder/build.py")
        cls.package, _ = load.from_path(SOURCE)
        cls.fields = {stream: declared(cls.package, stream) for stream in cls.package.streams()}

    def of(self, query):
        """Fields of the streams that a query reads."""
        found = {}
        for stream, fields in self.fields.items():
            if f'"anthropic_metrics.{stream}"' in query:
                found.update(fields)
        return found


class Queries(Assets):
    def test_fields_are_used_as_what_they_are(self):
        findings, count = [], 0
        for path, place, query in queries.queries(self.package):
            fields = self.of(query)
            for name, kinds, use in named.uses(query):
                count += name in fields
                kind = named.KINDS.get(fields[name]["type"]) if name in fields else None
                if kind and kind not in kinds:
                    findings.append(f"{path}: {place} uses {name} as {use!r}, and it is {fields[name]['type']}; "
                                    "correct the query or the field's type")
        self.report(findings)
        self.assertGreater(count, 100,
                           "tests/package/named.py recognizes hardly any use of a field; its patterns are outdated")

    def test_every_dashboard_and_every_alert_has_queries(self):
        found = {path for path, _, _ in queries.queries(self.package)}
        self.report([f"{path}: no query was found in it; adapt package/validate/queries.py to its shape"
                     for path in self.package.paths("kibana/*/*.json") if path not in found])

    def test_wrong_uses_are_recognized(self):
        wrong = [("SUM(anthropic.usage.model)", {named.NUMBER}), ("DATE_TRUNC(1 hour, event.kind)", {named.TIME}),
                 ("anthropic.usage.output_tokens == \"7\"", {named.TEXT, named.TIME}), ("event.kind > 7", {named.NUMBER}),
                 ("BUCKET(anthropic.usage.model, 1 day)", {named.TIME})]
        for text, kinds in wrong:
            self.assertEqual([found for _, found, _ in named.uses(f"FROM x | WHERE {text} // SUM(a.b)")], [kinds], text)


class Pipelines(Assets):
    def each(self):
        for stream, fields in self.fields.items():
            path = f"data_stream/{stream}/elasticsearch/ingest_pipeline/default.yml"
            pipeline = self.package.read(path)
            for kind, options in named.processors(pipeline["processors"] + pipeline["on_failure"]):
                yield f"{path}: {kind} {options.get('tag', '')}", fields, kind, options

    def test_every_field_they_read_is_declared(self):
        findings = []
        for place, fields, kind, options in self.each():
            for name in named.read_by(options):
                if name not in fields and not SCRATCH.match(name):
                    findings.append(f"{place} reads {name}, which the stream does not declare; "
                                    "declare it or correct the name")
        self.report(findings)

    def test_what_they_write_has_the_declared_type(self):
        findings = []
        for place, fields, kind, options in self.each():
            for name, types in named.written_by(kind, options):
                if types and name in fields and fields[name]["type"] not in types:
                    findings.append(f"{place} writes {name} as {', '.join(sorted(types))}, and it "
                                    f"is declared as {fields[name]['type']}; correct one of them")
                elif name not in fields and not SCRATCH.match(name):
                    findings.append(f"{place} writes {name}, which is not declared; declare it")
                elif kind == "set" and options.get("value") != fields.get(name, {}).get("value", options.get("value")):
                    findings.append(f"{place} gives {name} {options.get('value')!r}, and it is declared "
                                    f"to be {fields[name]['value']!r}; the store would refuse the document")
        self.report(findings)

    def test_wrong_types_are_recognized(self):
        self.assertEqual(list(named.written_by("convert", {"field": "a", "target_field": "b", "type": "long"})),
                         [("b", {"long"})])
        self.assertEqual(list(named.written_by("date", {"field": "a", "formats": ["ISO8601"]})), [("@timestamp", {"date"})])
        self.assertEqual(list(named.read_by({"if": "ctx.a?.b != null && ctx.tags.contains('x')", "value": "{{{c.d}}}"})),
                         ["a.b", "tags", "c.d"])


class Documents(Assets):
    def test_golden_documents_use_the_fields_of_the_package(self):
        findings, count = [], 0
        for path, number, document in tree.golden_documents():
            fields = self.fields[document["data_stream"]["dataset"].rpartition(".")[2]]
            for name, value in tree.leaves(document):
                count += 1
                if name not in fields:
                    findings.append(f"{path}:{number}: {name} is not declared in the package; declare it in fields/")
                elif value is not None and not fits(fields[name]["type"], value):
                    findings.append(f"{path}:{number}: {name} is {value!r} and declared as {fields[name]['type']}; "
                                    "correct one of them")
        self.report(findings)
        self.assertGreater(count, 1000, "hardly any value was compared; are the expected documents there?")


class Names(Assets):
    def test_every_dataset_named_exists(self):
        known, findings = {self.package.dataset(stream) for stream in self.fields}, []
        texts = {path: self.package.text(path) for path in self.package.files
                 if path.endswith((".json", ".yml", ".md", ".hbs"))}
        texts.update({str(path): tree.named(tree.read(path)) for path in tree.files(".md") if path.parts[0] == "docs"
                      or len(path.parts) == 1})
        count = 0
        for path, text in sorted(texts.items()):
            for found in DATASET.finditer(text):
                count += 1
                dataset = found.group(1) or found.group(2)
                if dataset not in known:
                    findings.append(f"{path}: names the dataset {dataset}, which does not exist; "
                                    f"use {', '.join(sorted(known))}")
        self.report(findings)
        self.assertGreater(count, 50, "hardly any dataset was found; the pattern in this test is outdated")

    def test_the_page_lists_every_dashboard_and_alert_and_no_other(self):
        page = self.package.text("docs/README.md")
        findings = []
        for folder, heading, key in (("dashboard", "Dashboards", "title"),
                                     ("alerting_rule_template", "Alert rule templates", "name")):
            part = re.search(rf"^### {heading}$(.*?)^#", page, re.MULTILINE | re.DOTALL)
            listed = re.findall(r"^\| (\[Anthropic Metrics\][^|]*?) \|", part.group(1), re.MULTILINE) if part else []
            there = [self.package.read(path)["attributes"][key] for path in self.package.paths(f"kibana/{folder}/*.json")]
            findings += [f"docs/README.md: section {heading} lacks {name}; build the package again"
                         for name in set(there) - set(listed)]
            findings += [f"docs/README.md: section {heading} lists {name}, which is not there; remove it"
                         for name in set(listed) - set(there)]
            findings += [f"docs/README.md: section {heading} is not in the order of names" for _ in [0]
                         if listed != sorted(listed)]
        self.report(findings)

    def test_dashboards_are_those_the_alerts_and_links_lead_to(self):
        """The validator refuses dead targets; here every dashboard also has to be reachable."""
        boards = {path.rpartition("/")[2][:-5] for path in self.package.paths("kibana/dashboard/*.json")}
        for path in self.package.paths("kibana/dashboard/*.json"):
            linked = {r["id"] for r in self.package.read(path)["references"] if r["type"] == "dashboard"}
            self.assertEqual(boards - linked - {path.rpartition("/")[2][:-5]}, set(),
                             f"{path} does not link to all others; add the links")


if __name__ == "__main__":
    unittest.main()
