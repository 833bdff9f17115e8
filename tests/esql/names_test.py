# SPDX-License-Identifier: Apache-2.0
"""The package of the second name on a real engine, beside the first: each reads its own documents and no others."""

import functools
import json
import unittest

import alerts
import answers
import board as boards
import dashboards
import elastic
import fleet
import naming
import panels
import rules
import simulated
import tree
import world_analytics
import world_names
import world_operations
import world_people
import world_reports
from world import HOUR, NOW

ENGINE = elastic.engine.esql
BOARDS = naming.named(dashboards.load(tree.ROOT), naming.OWN)
OURS, OTHERS = "claude_metrics.", "anthropic_metrics."


def renamed(value):
    """The same where the policy's data sets have the second name."""
    return json.loads(json.dumps(value, default=str).replace(OTHERS, OURS))


@functools.lru_cache(maxsize=None)
def stores():
    """The same documents under the first name and under the second."""
    fleet.install(elastic.node(), naming.OWN, allow_custom_routing=True)
    documents = [*world_reports.usage(NOW, by_minute=2 * HOUR), *world_reports.cost(NOW, by_minute=2 * HOUR),
                 *world_operations.limits(NOW), *world_operations.health(NOW), *world_analytics.usage(NOW, days=2, by_minute=2 * HOUR),
                 *world_analytics.cost(NOW, by_minute=2 * HOUR), *world_names.entities(NOW), *world_names.budgets(NOW),
                 *world_names.workspace_limits(world_operations.GROUPS, NOW), *world_people.everything(NOW)]
    return elastic.Store(documents), elastic.Store([renamed(document) for document in documents])


class SecondName(unittest.TestCase):
    maxDiff = None

    def test_every_panel_answers_as_the_first_packages_does(self):
        first, second = stores()
        filled = 0
        for slug, board in BOARDS.items():
            for _, panel in boards.panels(board):
                with self.subTest(f"{slug}: {panel['name']}"):
                    mine = answers.answer(board, panel, second, NOW).records()
                    theirs = panels.rows(slug, panel["name"], first)
                    self.assertEqual(answers.comparable(mine), answers.comparable(renamed(theirs)))
                    filled += bool(mine)
        self.assertGreater(filled, 40)

    def test_documents_of_the_other_name_are_in_no_sum(self):
        first, _ = stores()
        (board,) = [board for slug, board in BOARDS.items() if slug == "token-usage"]
        for _, panel in boards.panels(board):
            for row in answers.answer(board, panel, first, NOW).records():
                self.assertFalse(any(isinstance(value, (int, float)) and value for value in row.values()), panel["name"])

    def test_every_rule_is_read_and_asks_for_its_own(self):
        for slug, rule in naming.named(alerts.load(tree.ROOT), naming.OWN).items():
            with self.subTest(slug):
                self.assertNotIn(OTHERS, rule["query"])
                self.assertTrue(elastic.check(rule["query"]))

    def test_a_silent_collector_is_named_by_its_stream(self):
        stores()
        last = simulated.document("usage", simulated.at("2026-11-01T10:00"), {"output_tokens": 1})
        rule = naming.named(alerts.load(tree.ROOT), naming.OWN)["collector-silent"]
        found = rules.run(rule, elastic.Store([renamed(last)]), "2026-11-02T10:00:00Z").records()
        self.assertEqual([(row["stream"], row["silent_hours"]) for row in found], [("usage", 24)])


if __name__ == "__main__":
    unittest.main()
