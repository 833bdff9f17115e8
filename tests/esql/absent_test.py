# SPDX-License-Identifier: Apache-2.0
"""Whichever streams have no documents, every panel and every rule answers: no data is shown as no data, and what is
there is shown as ever. That none of them even needs the data stream to exist is tested in analysis_test."""

import functools
import unittest

import alerts_test
import answers
import elastic
import queries
import rules
import world_analytics
import world_names
import world_operations
import world_people
import world_reports
from panels import BOARDS, PANELS, rows
from world import HOUR

ENGINE = elastic.engine.esql
# Those that boards or rules of their own read; rules about every stream read the others, too.
STREAMS = sorted(set().union(*(board["streams"] for board in BOARDS.values())))


MADE = {"usage": lambda: world_reports.usage(days=1, by_minute=HOUR), "cost": lambda: world_reports.cost(days=10),
        "rate_limit": lambda: [*world_operations.limits(days=1), *world_names.workspace_limits(world_operations.GROUPS, days=1)],
        "health": lambda: world_operations.health(hours=1), "spend_limit": world_names.budgets,
        "analytics_usage": lambda: world_analytics.usage(days=1, by_minute=HOUR), "analytics_cost": lambda: world_analytics.cost(by_minute=HOUR)}
OTHERS = [*world_names.entities(), *world_people.everything()]


@functools.lru_cache(maxsize=None)
def of(stream):
    """Documents of one stream, made once."""
    return tuple(MADE[stream]() if stream in MADE else [found for found in OTHERS if found["data_stream"]["dataset"].endswith(f".{stream}")])


def some_of(streams):
    return [document for stream in sorted(streams) for document in of(stream)]


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
        """A panel with its own streams' documents alone shows what it shows with those of all."""
        every, alone = elastic.Store(some_of(STREAMS)), {}
        for (slug, name), (_, panel) in PANELS.items():
            read = tuple(sorted(queries.streams(panel["query"])))
            if read not in alone:
                alone[read] = elastic.Store(some_of(read))
            store = alone[read]
            with self.subTest(slug=slug, panel=name):
                self.assertEqual(answers.comparable(rows(slug, name, store)), answers.comparable(rows(slug, name, every)))

    def test_a_panel_of_several_streams_answers_where_one_is_missing(self):
        for missing in STREAMS:
            there = [(slug, name) for (slug, name), (_, panel) in PANELS.items() if missing in queries.streams(panel["query"])]
            store = elastic.Store(some_of(set(STREAMS) - {missing}))
            for slug, name in there:
                with self.subTest(slug=slug, panel=name, missing=missing):
                    rows(slug, name, store)

    def test_a_stream_that_is_off_is_named_where_its_panels_are(self):
        store = elastic.Store(some_of({"usage", "cost", "rate_limit", "health"}))
        for slug, name, off in (("cost-billing", "analytics-streams", ["analytics_cost", "analytics_usage"]),
                                ("rate-limits", "request-streams", ["analytics_usage"]),
                                ("people-claude-code", "people-streams", ["analytics_summary", "analytics_user", "claude_code", "service_account", "user"])):
            found = rows(slug, name, store)
            self.assertEqual([row["stream"] for row in found], off)
            for row in found:
                self.assertEqual((row["documents"], row["newest"]), (0, None))
                self.assertIn(f"switch the data stream {row['stream']} on", row["state"])
        on = elastic.Store(some_of({"analytics_cost"}))
        self.assertEqual([row["state"][:9] for row in rows("cost-billing", "analytics-streams", on)], ["collected", "no docume"])

    def test_numbers_of_what_is_missing_are_empty_or_zero(self):
        store = elastic.Store(some_of({"usage", "rate_limit"}))
        for slug, name in (("overview", "spend-month-to-date"), ("overview", "spend-last-day"), ("cost-billing", "line-items"),
                           ("overview", "streams"), ("overview", "budgets"), ("cost-billing", "analytics-spend"), ("cost-billing", "by-person"),
                           ("people-claude-code", "sessions"), ("people-claude-code", "seats"), ("rate-limits", "request-peak"), ("collector-health", "errors"), ("collector-health", "lag")):
            self.assertEqual(rows(slug, name, store), [], name)
        for name, column in (("throttled", "throttled"), ("gaps", "gaps")):
            self.assertEqual(rows("collector-health", name, store), [{column: 0}])


if __name__ == "__main__":
    unittest.main()
