# SPDX-License-Identifier: Apache-2.0
"""Whichever streams have no documents, every panel and every rule answers: no data is shown as no data, and what is
there is shown as ever. That none of them even needs the data stream to exist is tested in analysis_test."""

import unittest

import alerts_test
import answers
import elastic
import queries
import rules
import world_operations
import world_reports
from panels import BOARDS, PANELS, rows
from world import HOUR

ENGINE = elastic.engine.esql
STREAMS = sorted(elastic.CONSTANTS)


def some_of(streams):
    made = {"usage": lambda: world_reports.usage(days=1, by_minute=HOUR), "cost": lambda: world_reports.cost(days=10),
            "rate_limit": lambda: world_operations.limits(days=1), "health": lambda: world_operations.health(hours=1)}
    return [document for stream in sorted(streams) for document in made[stream]()]


class Absent(unittest.TestCase):
    def test_rules_and_controls_answer_nothing_without_documents(self):
        for slug, rule in alerts_test.RULES.items():
            with self.subTest(slug):
                self.assertEqual(rules.run(rule, elastic.EMPTY, "2026-11-19T15:20:00Z").records(), [])
        for board in BOARDS.values():
            for variable in board.get("variables", []):
                if "query" in variable:
                    self.assertEqual(elastic.run(variable["query"], elastic.EMPTY, "2026-11-19T15:20:00Z").records(), [])

    def test_what_is_there_is_shown_as_ever(self):
        store = elastic.Store(some_of(STREAMS))
        every = {place: answers.comparable(rows(*place, store)) for place in PANELS}
        for missing in STREAMS:
            store = elastic.Store(some_of(set(STREAMS) - {missing}))
            for (slug, name), (_, panel) in PANELS.items():
                with self.subTest(slug=slug, panel=name, missing=missing):
                    found = answers.comparable(rows(slug, name, store))
                    if missing not in queries.streams(panel["query"]):
                        self.assertEqual(found, every[slug, name])

    def test_numbers_of_what_is_missing_are_empty_or_zero(self):
        store = elastic.Store(some_of({"usage", "rate_limit"}))
        for slug, name in (("overview", "spend-month-to-date"), ("overview", "spend-last-day"), ("cost-billing", "line-items"),
                           ("overview", "streams"), ("collector-health", "errors"), ("collector-health", "lag")):
            self.assertEqual(rows(slug, name, store), [], name)
        for name, column in (("throttled", "throttled"), ("gaps", "gaps")):
            self.assertEqual(rows("collector-health", name, store), [{column: 0}])


if __name__ == "__main__":
    unittest.main()
