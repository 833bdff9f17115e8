# SPDX-License-Identifier: Apache-2.0
"""Every query of ours in the eyes of 9.4: its parser, its settings, its analyser, its verifier.

The engine of the other suites is 8.19, which knows no SET. So what the head of a query is for is tested here. Kibana
9.4 sends the browser's time zone with every query: with the head, every function of dates is told UTC. And a data
stream exists from its first document on: with the head, a query is right whichever of them are missing.
"""

import re
import unittest

import alerts_test
import analyser
import answers
import engine
import queries
import world
from panels import BOARDS, PANELS

ENGINE = analyser.Analyser
STREAMS = sorted(analyser.STREAMS)
SUBSETS = [{stream} for stream in STREAMS] + [set(STREAMS) - {stream} for stream in STREAMS] + [set(STREAMS)]
ZONES = ("Europe/Berlin", "America/New_York")
ROW = 'ROW t = TO_DATETIME("2026-03-31T23:30:00Z")'


def every():
    """(where it is, query, its parameters) of panels, controls, rules and guides."""
    for (slug, name), (board, panel) in PANELS.items():
        given = answers.parameters(board, world.NOW - world.DAY, world.NOW)
        yield f"{slug}/{name}", answers.query_of(panel, given), given
    for slug, board in BOARDS.items():
        for variable in board.get("variables", []):
            if "query" in variable:
                yield f"{slug}, variable {variable['name']}", variable["query"], {}
    for slug, rule in alerts_test.RULES.items():
        yield slug, f"{rule['query'].rstrip()} | limit 1000", {}
        for number, query in enumerate(re.findall(r"```esql\n(.*?)```", rule["guide"], re.DOTALL)):
            yield f"{slug}, query {number} of the guide", query, {}


EVERY = list(every())


def ask(query, *arguments, **more):
    return engine.node(analyser.Analyser).ask(query, *arguments, **more)


class Queries(unittest.TestCase):
    def test_each_is_right_whichever_data_streams_are_missing(self):
        self.assertGreater(len(EVERY), 100)
        for place, query, given in EVERY:
            for streams in SUBSETS:
                with self.subTest(place, there=sorted(streams)):
                    self.assertNotIn("error", ask(query, streams, given))

    def test_without_the_head_it_is_an_error_that_one_is_missing(self):
        wrong = 0
        for place, query, given in EVERY:
            for missing in queries.streams(query):
                old = query.replace(queries.HEAD, "")
                wrong += "Unknown column" in ask(old, set(STREAMS) - {missing}, given).get("error", "")
            self.assertNotIn("error", ask(old, STREAMS, given), f"{place}: with all data streams it was right")
        self.assertGreater(wrong, len(EVERY))

    def test_each_sees_utc_wherever_one_looks_from(self):
        seen = set()
        for number, (place, query, given) in enumerate(EVERY):
            with self.subTest(place):
                zone = ZONES[number % 2]
                told = ask(query, STREAMS, given, zone)
                self.assertEqual(told["unmapped_fields"], "NULLIFY")
                self.assertLessEqual(set(told["time_zones"].values()), {"Z"})
                seen |= told["time_zones"].keys()
                bare = ask(query.replace(queries.HEAD, ""), STREAMS, given, zone)
                self.assertEqual(bare["unmapped_fields"], "DEFAULT")
                self.assertEqual(bare["time_zones"], dict.fromkeys(told["time_zones"], zone), "what the head is for")
        self.assertLessEqual({"DateTrunc", "DateDiff", "DateFormat", "DateExtract", "ToString"}, seen)


class Analysis(unittest.TestCase):
    """What the analyser has to notice, so that its silence above says something."""

    def test_faults(self):
        source = "FROM metrics-anthropic_metrics.usage-*"
        for wrong, fact in (
            (f"{source} | WHERE anthropic.usage.modell == \"x\"", "did you mean any of [anthropic.usage.model"),
            (f"{source} | STATS SUM(anthropic.usage.model)", "must be"),
            (f"{source} | STATS BY", "mismatched input"),
            (f"{source} | WHERE @timestamp > ?nobody", "Unknown query parameter"),
            (f"{queries.HEAD} {source} | EVAL a = anthropic.usage.output_tokens + anthropic.usage.model", "must be"),
        ):
            with self.subTest(wrong):
                self.assertIn(fact, ask(wrong)["error"])

    def test_a_query_sets_the_zone_of_its_functions(self):
        for function in ("DATE_TRUNC(1 day, t)", "DATE_EXTRACT(\"hour_of_day\", t)", "DATE_FORMAT(\"HH\", t)", "TO_STRING(t)",
                         "DATE_DIFF(\"day\", t, NOW())"):
            query = f"{ROW} | EVAL x = {function}"
            for zone in ZONES:
                with self.subTest(function, zone=zone):
                    self.assertIn(zone, ask(query, time_zone=zone)["time_zones"].values())
                    self.assertEqual(set(ask(f'SET time_zone = "UTC"; {query}', time_zone=zone)["time_zones"].values()), {"Z"})
                    self.assertIn(zone, ask(f'// why\nSET time_zone = "{zone}";\n{query}')["time_zones"].values())

    def test_places_of_faults_are_those_of_the_whole_text(self):
        self.assertIn("line 3:12", ask(f'{queries.HEAD}\nROW a = 1\n| EVAL b = "x" + a')["error"])

    def test_settings_that_are_not_known_are_refused(self):
        for head in ('SET time_zone = "Europe/Nowhere";', 'SET unknown_setting = "x";', 'SET unmapped_fields = "guess";'):
            with self.subTest(head):
                self.assertIn("error", ask(f"{head} ROW a = 1"))


if __name__ == "__main__":
    unittest.main()
