# SPDX-License-Identifier: Apache-2.0
"""A data stream exists from its first document on. Whichever of them are missing, every panel and every rule answers: no
data is shown as no data, and what is there is shown as ever."""

import unittest

import alerts_test  # before the folder with another of that name is found
from panels import BOARDS, PANELS, rows  # finds the folders of the others
import answers
import engine
import queries
import rules
import world_operations
import world_reports
from world import HOUR, NOW

STREAMS = sorted(engine.STREAMS)
SUBSETS = [{stream} for stream in STREAMS] + [set(STREAMS) - {stream} for stream in STREAMS]  # one is there, one is missing


def some_of(streams):
    made = {"usage": lambda: world_reports.usage(days=1, by_minute=HOUR), "cost": lambda: world_reports.cost(days=10),
            "rate_limit": lambda: world_operations.limits(days=1), "health": lambda: world_operations.health(hours=1)}
    return [document for stream in sorted(streams) for document in made[stream]()]


class Absent(unittest.TestCase):
    def test_no_panel_fails_whatever_is_missing(self):
        for streams in SUBSETS:
            store = engine.Store(streams=streams)
            for (slug, name), (board, panel) in PANELS.items():
                with self.subTest(slug=slug, panel=name, there=sorted(streams)):
                    answers.answer(board, panel, store, NOW)

    def test_no_rule_and_no_query_of_a_guide_fails_whatever_is_missing(self):
        for streams in SUBSETS:
            store = engine.Store(streams=streams)
            for slug, rule in alerts_test.RULES.items():
                with self.subTest(slug=slug, there=sorted(streams)):
                    self.assertEqual(rules.run(rule, store, "2026-11-19T15:20:00Z").records(), [])

    def test_no_control_fails_whatever_is_missing(self):
        for streams in SUBSETS:
            for board in BOARDS.values():
                for variable in board.get("variables", []):
                    if "query" in variable:
                        self.assertEqual(engine.run(variable["query"], engine.Store(streams=streams), 0).records(), [])

    def test_what_is_there_is_shown_as_ever(self):
        store, every = engine.Store(some_of(STREAMS)), {}
        for slug, name in PANELS:
            every[slug, name] = rows(slug, name, store)
        for missing in STREAMS:
            store = engine.Store(some_of(set(STREAMS) - {missing}), set(STREAMS) - {missing})
            for (slug, name), (_, panel) in PANELS.items():
                if missing not in queries.streams(panel["query"]):
                    with self.subTest(slug=slug, panel=name, missing=missing):
                        self.assertEqual(rows(slug, name, store), every[slug, name])

    def test_numbers_of_what_is_missing_are_empty_or_zero(self):
        store = engine.Store(some_of({"usage", "rate_limit"}), {"usage", "rate_limit"})
        for slug, name in (("overview", "spend-month-to-date"), ("overview", "spend-last-day"), ("cost-billing", "line-items"),
                           ("overview", "streams"), ("collector-health", "errors"), ("collector-health", "lag")):
            self.assertEqual(rows(slug, name, store), [], name)
        for name, column in (("throttled", "throttled"), ("gaps", "gaps")):
            self.assertEqual(rows("collector-health", name, store), [{column: 0}])

    def test_the_query_as_it_was_fails(self):
        store = engine.Store(some_of({"usage"}), {"usage"})
        with self.assertRaises(engine.EsqlError):
            engine.run("FROM metrics-anthropic_metrics.health-* | STATS gaps = SUM(anthropic.health.gaps)", store, NOW.isoformat())


if __name__ == "__main__":
    unittest.main()
