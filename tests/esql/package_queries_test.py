# SPDX-License-Identifier: Apache-2.0
"""Queries as the built package holds them: right to Elasticsearch, with fields and types that exist, answering the columns
that their charts and rules show."""

import re
import unittest

import elastic
import tree
from validate import boards, kibana, load, queries

ENGINE = elastic.engine.esql
SOURCE = tree.BINARY_DIR / "packages" / "source" / "anthropic_metrics"

# What Lens calls the types of columns.
KINDS = {"number": {"long", "integer", "double"}, "date": {"date"}, "string": {"keyword", "text"}, "boolean": {"boolean"}}
RANGE = {"_tstart": "2026-01-01T00:00:00Z", "_tend": "2026-02-01T00:00:00Z"}


def parameters(saved):
    """What Kibana fills in: the time range, and what each variable has selected."""
    chosen = dict(RANGE)
    for _, kind, settings in boards.controls(saved):
        if kind == "esql_control":
            chosen[settings["variable_name"]] = settings["selected_options"][0]
    return chosen


def checked(query, saved):
    """Columns of a query of a saved object. ??name stands for a name, so what is selected takes its place."""
    chosen = parameters(saved) if saved["type"] == "dashboard" else dict(RANGE)
    return elastic.check(re.sub(r"\?\?(\w+)", lambda found: chosen[found.group(1)], query), chosen)


@unittest.skipUnless(SOURCE.exists(), f"{SOURCE} is not built; run ctest, or package/builder/build.py")
class BuiltQueries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.package, _ = load.from_path(SOURCE)

    def report(self, findings):
        if findings:
            self.fail("\n" + "\n".join(f"  {finding}" for finding in findings))

    def test_each_is_esql_over_declared_fields(self):
        findings, count = [], 0
        for path, place, query in queries.queries(self.package):
            count += 1
            try:
                checked(query, self.package.read(path))
            except elastic.EsqlError as fault:
                findings.append(f"{path}: {place}: {fault}; correct the query")
        self.report(findings)
        self.assertGreater(count, 40, "hardly any query was found; see package/validate/queries.py")

    def test_charts_show_columns_that_the_query_answers(self):
        findings = []
        for path, saved, panel in boards.each(self.package):
            for _, layer in boards.layers(panel, "textBased"):
                answered = dict(checked(layer["query"]["esql"], saved))
                for column in layer["columns"]:
                    name, kind = column["fieldName"], column["meta"]["type"]
                    if answered.get(name) not in KINDS[kind]:
                        findings.append(f"{path}: {boards.name(panel)} shows {name} as {kind}, and the query answers "
                                        f"{answered.get(name, 'no such column')}; correct one of them")
        self.report(findings)

    def test_faults_are_recognized(self):
        source = "FROM metrics-anthropic_metrics.usage-*"
        for wrong in ("| WHERE anthropic.usage.modell == \"x\"", "| STATS SUM(anthropic.usage.model)", "| STATS BY",
                      "| EVAL a = anthropic.usage.output_tokens + anthropic.usage.model"):
            with self.subTest(wrong), self.assertRaises(elastic.EsqlError):
                elastic.check(f"{source} {wrong}", RANGE)

    def test_alerts_have_a_time_field_that_their_window_can_use(self):
        findings = []
        for path, saved in kibana.objects(self.package, "alerting_rule_template"):
            params = saved["attributes"]["params"]
            sources = ", ".join(queries.sources(params["esqlQuery"]["esql"]))
            kind = dict(elastic.check(f"FROM {sources}")).get(params["timeField"])
            if kind != "date":
                findings.append(f"{path}: its time field {params['timeField']} is {kind} in {sources}; name a date")
        self.report(findings)


if __name__ == "__main__":
    unittest.main()
