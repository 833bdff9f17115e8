# SPDX-License-Identifier: Apache-2.0
"""package/kibana/alerts become templates that Kibana accepts, with a guide that helps and thresholds that can be found.

Whether the rules fire is tested in tests/esql, on simulated documents; this needs nothing but the tree.
"""

import copy
import json
import pathlib
import re
import tempfile
import unittest

import tree

import queries
import alerts
import board as boards
import dashboards
from fault import PackageFault

ALERTS = tree.named(alerts.load(tree.ROOT))
OBJECTS = {path: json.loads(content) for path, content in tree.named(alerts.files(tree.ROOT, {})).items()}
HEADINGS = ["What it means", "Check", "Likely causes", "What to do", "How to tune"]
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*')
# What is asked for of the package: each is one rule, or two where they need different queries.
WANTED = {"daily-cap-organization", "daily-cap-workspace", "monthly-budget", "projected-overspend", "daily-cost-baseline", "token-surge", "cache-hit-rate", "model-dominance",
          "headroom", "rate-limit-changed", "new-dimension-seen", "collector-stale", "collector-silent", "collector-gap",
          "credential-refused", "pipeline-errors", "spend-limit-share", "api-key-expiring", "api-key-unused", "new-key-in-use",
          "key-cost-baseline", "sums-differ"}
# Rules that count documents or first times and add no measures of usage or cost.
WITHOUT_SUMS = {"rate-limit-changed", "new-dimension-seen", "collector-stale", "collector-silent", "collector-gap",
                "credential-refused", "pipeline-errors", "api-key-expiring", "api-key-unused", "new-key-in-use", "sums-differ"}


def seconds(span):
    return int(span[:-1]) * SECONDS[span[-1]]


def plain(query):
    """The query without its texts and comments."""
    return TEXT.sub(" ", query)


def streams_of(query):
    return set(queries.streams(query))


def thresholds(query):
    """{name: literal text} of the first EVAL, which stands right after FROM."""
    lines = [line.strip() for line in query.removeprefix(queries.HEAD).splitlines() if not line.strip().startswith("//")]
    text = re.sub(r"^FROM [^|]*\| WHERE [^|]*\| EVAL ", "", " ".join(lines).strip(), count=1).split(" | ")[0]
    return dict(re.findall(r"(\w+) = (CASE\(.*?\)|\"[^\"]*\"|[^,]+)", text))


class Templates(tree.TreeTest):
    def test_all_that_are_wanted_are_there(self):
        self.assertEqual(set(ALERTS), WANTED)

    def test_each_is_what_kibana_reads(self):
        for path, saved in OBJECTS.items():
            with self.subTest(path):
                self.assertEqual(f"kibana/alerting_rule_template/{saved['id']}.json", path)
                self.assertEqual(saved["type"], "alerting_rule_template")
                found = saved["attributes"]
                self.assertEqual(found["ruleTypeId"], ".es-query")
                params = found["params"]
                self.assertEqual((params["searchType"], params["groupBy"]), ("esqlQuery", "row"))
                self.assertEqual((params["threshold"], params["thresholdComparator"]), ([0], ">"))
                self.assertFalse(params["excludeHitsFromPreviousRun"], "an alert goes on while its row is there")
                self.assertGreaterEqual(found["alertDelay"]["active"], 1)

    def test_the_same_tree_gives_the_same_bytes(self):
        self.assertEqual(alerts.files(tree.ROOT, {}), alerts.files(tree.ROOT, {}))

    def test_names_tags_and_descriptions(self):
        names = [alert["name"] for alert in ALERTS.values()]
        self.assertEqual(len(set(names)), len(names))
        for slug, alert in ALERTS.items():
            with self.subTest(slug):
                self.assertTrue(alert["name"].startswith("[Anthropic Metrics] "))
                self.assertEqual(alert["tags"][0], "Anthropic Metrics")
                self.assertEqual(len(set(alert["tags"])), len(alert["tags"]))
                self.assertTrue(alert["description"].rstrip().endswith("."))
                self.assertRegex(alert["description"], r"\d|least one|does not accept|refuses|has another value",
                                 "the description names the threshold")

    def test_windows_hold_what_the_query_needs(self):
        for slug, alert in ALERTS.items():
            window, every = seconds(alert["window"]), seconds(alert["every"])
            with self.subTest(slug):
                self.assertGreaterEqual(window, every, "looks back at least as long as it waits")
                self.assertGreaterEqual(every, 300, "documents come no faster")
                if "cost" in streams_of(alert["query"]) and alert["time_field"] == "@timestamp":
                    self.assertGreaterEqual(window, 7 * 86400, "a billed day began more than a day ago")
                spans = {name: int(value) for name, value in thresholds(alert["query"]).items() if value.isdigit()}
                if "baseline_days" in spans:
                    self.assertGreater(window, (spans["baseline_days"] + 1) * 86400)
                elif "before_hours" in spans:
                    self.assertGreater(window, (spans["before_hours"] + spans["recent_hours"]) * 3600)
                elif "recent_minutes" in spans:
                    self.assertGreater(window, spans["recent_minutes"] * 60)


class Queries(tree.TreeTest):
    def test_thresholds_are_literals_at_the_top(self):
        literal = re.compile(r"-?\d+(\.\d+)?|true|false|\"[^\"]*\"|CASE\(.*")
        for slug, alert in ALERTS.items():
            with self.subTest(slug):
                lines = alert["query"].splitlines()
                self.assertEqual(lines[0], queries.HEAD)
                self.assertTrue(lines[1].startswith("// Edit the literal"), lines[1])
                found = thresholds(alert["query"])
                self.assertGreaterEqual(len(found), 1)
                for name, value in found.items():
                    self.assertRegex(value.strip(), f"^(?:{literal.pattern})$", f"{name} is no literal")
                    self.assertIn(name, plain(alert["query"]).split(name, 1)[1], f"{name} decides nothing")

    def test_fields_are_declared(self):
        findings = []
        for slug, alert in ALERTS.items():
            blocks = [alert["query"], *re.findall(r"```esql\n(.*?)```", alert["guide"], re.DOTALL)]
            for query in blocks:
                known = tree.declared_fields("base", *streams_of(query))
                text = plain(query).replace(queries.HEAD, " ").replace(tree.named(queries.SOURCE), " ")
                findings += [f"package/kibana/alerts/{slug}.yml: {name} is no field of {', '.join(streams_of(query))}; correct it"
                             for name in sorted(set(re.findall(r"@?[a-z_]\w*(?:\.[a-z_]\w*)+", text))) if name not in known]
            if alert["time_field"] not in tree.declared_fields("base"):
                findings.append(f"package/kibana/alerts/{slug}.yml: time field {alert['time_field']} is no field; correct it")
        self.report(findings)

    def test_what_may_go_wrong_in_any_stream_is_looked_for_in_all(self):
        for slug in ("pipeline-errors", "collector-silent"):
            for query in [ALERTS[slug]["query"], *re.findall(r"```esql\n(.*?)```", ALERTS[slug]["guide"], re.DOTALL)]:
                self.assertEqual(sorted(streams_of(query)), tree.streams(), f"{slug}: begin it with FROM {queries.SOURCE}")

    def test_money_stays_within_its_currency_and_says_its_unit(self):
        for slug, alert in ALERTS.items():
            query = plain(alert["query"])
            if not re.search(r"SUM\(anthropic\.(analytics_)?cost\.amount\)", query):
                continue
            with self.subTest(slug):
                for grouping in re.findall(r"BY ([^|/]*)", query):
                    if "point = VALUES" not in query.split(f"BY {grouping}")[0].rpartition("STATS")[2]:
                        self.assertIn("currency", grouping, "currencies must not be added")
                named = re.findall(r"(\w+) = \w*\(?SUM\(", query) + [n for n in thresholds(alert["query"]) if "budget" in n]
                self.assertTrue(all(name.endswith("cents") for name in named), named)
                self.assertIn("cents", alert["description"])

    def test_organizations_and_grains_are_kept_apart(self):
        for slug, alert in ALERTS.items():
            query = plain(alert["query"])
            with self.subTest(slug):
                if slug != "pipeline-errors":
                    for grouping in re.findall(r"\bBY ([^|/]*)", query):
                        self.assertIn("organization", grouping)
                if slug not in WITHOUT_SUMS:
                    first, second = re.findall(r"\bBY ([^|/]*)", query)[:2]
                    self.assertIn("grain", first, "rows of two groupings count the same")
                    kept = [name.strip() for name in first.split(",") if name.strip() != "grain"]
                    self.assertEqual(kept, [name.strip() for name in second.split(",")])

    def test_no_rule_adds_numbers_of_two_sources(self):
        """The legacy and the analytics report count the same work; both may be asked when something was used last."""
        for slug, alert in ALERTS.items():
            read = streams_of(alert["query"])
            if read & {"usage", "cost"} and read & {"analytics_usage", "analytics_cost"} and slug not in ("pipeline-errors", "collector-silent"):
                self.assertNotIn("SUM(", plain(alert["query"]), slug)

    def test_what_is_true_now_is_never_added(self):
        for slug, alert in ALERTS.items():
            self.assertNotIn(".total", alert["query"] + alert["guide"], f"{slug}: total is the present value of a row")

    def test_rows_are_bounded(self):
        for slug, alert in ALERTS.items():
            self.assertRegex(alert["query"].rstrip(), r"\| LIMIT 100$", slug)


class Guides(tree.TreeTest):
    def test_each_says_what_it_means_and_what_to_do(self):
        for slug, alert in ALERTS.items():
            with self.subTest(slug):
                found = re.findall(r"^### (.+)$", alert["guide"], re.MULTILINE)
                self.assertEqual(found, HEADINGS)
                self.assertIn("```esql", alert["guide"])
                self.assertLess(len(alert["guide"]), alerts.MOST_GUIDE)
                for part in re.split(r"^### .+$", alert["guide"], flags=re.MULTILINE)[1:]:
                    self.assertGreater(len(part.strip()), 60)

    def test_every_threshold_is_explained(self):
        for slug, alert in ALERTS.items():
            for name in thresholds(alert["query"]):
                self.assertIn(f"`{name}", alert["guide"], f"{slug}: the guide does not explain {name}")

    def test_every_column_that_is_explained_is_there(self):
        words = re.compile(r"`([a-z_]+_(?:cents|percent|tokens|rate|hours|days|day|since|until|minutes|value))`")
        for slug, alert in ALERTS.items():
            with self.subTest(slug):
                queries = [alert["query"], *re.findall(r"```esql\n(.*?)```", alert["guide"], re.DOTALL)]
                missing = [word for word in words.findall(alert["guide"]) if not any(word in query for query in queries)]
                ours = [word for word in missing if not word.endswith("_input_tokens")]  # those are the API's own
                self.assertEqual(ours, [])

    def test_dashboards_it_sends_to_exist_under_that_name(self):
        titles = {board["title"].partition("] ")[2]: slug for slug, board in dashboards.load(tree.ROOT).items()}
        for slug, alert in ALERTS.items():
            with self.subTest(slug):
                for dashboard in alert["dashboards"]:
                    self.assertIn(dashboard, boards.SLUGS)
                named = re.findall(r"\*\*([A-Z][^*]+)\*\*", alert["guide"])
                self.assertEqual([text for text in named if text not in titles], [], "dashboards have other names")
                self.assertEqual({titles[text] for text in named} - set(alert["dashboards"]), set(), "named, but not linked")

    def test_rules_it_names_exist(self):
        names = [alert["name"].replace("[Anthropic Metrics] ", "") for alert in ALERTS.values()]
        named = re.compile(r"(?:rules? |see |\(see |then |enable |watch |as in )\*([A-Z][^*]+)\*")
        for slug, alert in ALERTS.items():
            for text in named.findall(" ".join(alert["guide"].split())):
                self.assertTrue(any(name.startswith(text) for name in names), f"{slug}: no rule is named {text}")


# (change of a good description, what the fault says)
MISTAKES = [
    (lambda a: a.pop("guide"), "guide is missing"),
    (lambda a: a.update(colour="red"), "colour is no key"),
    (lambda a: a.update(name=""), "name is ''"),
    (lambda a: a.update(delay="soon"), "delay is 'soon'"),
    (lambda a: a.update(window="a while"), "window is 'a while'"),
    (lambda a: a.update(every="1w"), "every is '1w'"),
    (lambda a: a.update(dashboards=["nowhere"]), "dashboard 'nowhere' does not exist"),
    (lambda a: a.update(guide="x" * 10_001), "the guide has 10001 characters"),
    (lambda a: a.update(query="FROM a // the end"), "ends with a comment"),
]


class Mistakes(unittest.TestCase):
    def test_each_is_named_with_its_file_and_a_remedy(self):
        for change, fact in MISTAKES:
            alert = copy.deepcopy(ALERTS["headroom"])
            change(alert)
            with self.subTest(fact), self.assertRaises(PackageFault) as caught:
                alerts.check("package/kibana/alerts/headroom.yml", alert)
            self.assertRegex(str(caught.exception), f"^package/kibana/alerts/headroom.yml: .*{re.escape(fact)}.*; .+")

    def test_no_file_an_empty_one_and_two_of_one_name(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            with self.assertRaisesRegex(PackageFault, r"^package/kibana/alerts: no \*.yml there; "):
                alerts.load(root)
            (root / alerts.FOLDER).mkdir(parents=True)
            for name in ("a", "b"):
                text = tree.read("package/kibana/alerts/headroom.yml")
                (root / alerts.FOLDER / f"{name}.yml").write_text(text, encoding="utf-8")
            with self.assertRaisesRegex(PackageFault, "b.yml: its name is that of a.yml; "):
                alerts.load(root)
            (root / alerts.FOLDER / "b.yml").write_text("", encoding="utf-8")
            with self.assertRaisesRegex(PackageFault, "b.yml: no mapping of keys; "):
                alerts.load(root)


if __name__ == "__main__":
    unittest.main()
