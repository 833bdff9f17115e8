# SPDX-License-Identifier: Apache-2.0
"""The same numbers wherever one looks from. Kibana 9.4 sends the browser's time zone with every query, and the head
of each query overrides it; without the head, the numbers would be wrong in ways that are shown here."""

import unittest

import alerts_test  # before the folder with another of that name is found
from panels import PANELS  # finds the folders of the others
import answers
import engine
import queries
import rules
import syntax
import world_operations
import world_reports
from world import HOUR, NOW

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
ZONES = (BERLIN, NEW_YORK)


def old(commands):
    """A query without its head, as it was."""
    return tuple(command for command in commands if not isinstance(command, syntax.Set))


class Dashboards(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        reports = list(world_reports.usage(days=33, by_minute=HOUR)) + list(world_reports.cost(by_minute=5 * HOUR))
        cls.store = engine.Store(reports + list(world_operations.limits()) + list(world_operations.health(hours=4)))

    def answer(self, slug, name, time_zone, head=True):
        board, panel = PANELS[slug, name]
        panel = panel if head else dict(panel, query=panel["query"].removeprefix(queries.HEAD))
        return answers.answer(board, panel, self.store, NOW, time_zone).records()

    def test_every_panel_answers_the_same_everywhere(self):
        for slug, name in PANELS:
            expected = self.answer(slug, name, "UTC")
            for zone in ZONES:
                with self.subTest(slug=slug, panel=name, zone=zone):
                    self.assertEqual(self.answer(slug, name, zone), expected)

    def test_without_the_head_berlin_has_no_last_day_and_no_estimate(self):
        for name in ("spend-last-day", "spend-projected"):
            self.assertEqual(len(self.answer("overview", name, BERLIN)), 1)
            self.assertEqual(self.answer("overview", name, BERLIN, head=False), [])

    def test_without_the_head_new_york_misses_the_bill_of_the_first(self):
        for slug, name in (("overview", "spend-month-to-date"), ("cost-billing", "month-to-date")):
            self.assertEqual(round(self.answer(slug, name, NEW_YORK)[0]["spend"], 2), 24250.39)
            self.assertEqual(round(self.answer(slug, name, NEW_YORK, head=False)[0]["spend"], 2), 23791.72)

    def test_without_the_head_prices_and_savings_are_others(self):
        for name in ("price-by-model", "cache-savings", "price-over-time", "spend-over-time"):
            true = self.answer("cost-billing", name, "UTC")
            self.assertTrue(any(self.answer("cost-billing", name, zone, head=False) != true for zone in ZONES), name)

    def test_days_of_billing_are_texts(self):
        """A date would be drawn in the browser's zone: the bill of the 1st would stand at the 31st in New York."""
        for slug, name in (("overview", "spend-per-day"), ("cost-billing", "spend-over-time"), ("cost-billing", "price-over-time")):
            _, panel = PANELS[slug, name]
            self.assertEqual(panel["xy"]["x"].get("as", "text"), "text", name)
            for row in self.answer(slug, name, NEW_YORK):
                self.assertRegex(row["day"], r"^2026-1[01]-[0-3]\d$", name)


class Rules(unittest.TestCase):
    """Each rule, on the first scenarios that fire and that stay quiet; where the old text misfires is counted."""

    def test_every_rule_says_the_same_everywhere(self):
        for slug in alerts_test.RULES:
            mine = [s for s in alerts_test.SCENARIOS if s.slug == slug]
            chosen = [s for s in mine if s.fires][:4] + [s for s in mine if not s.fires][:4]
            for number, scenario in enumerate(chosen):
                with self.subTest(slug=slug, scenario=scenario.name):
                    self.assertEqual(alerts_test.faults(scenario, time_zone=ZONES[number % 2]), [])

    def test_without_the_head_rules_misfire(self):
        for slug in ("monthly-budget", "projected-overspend", "daily-cost-baseline"):
            query = old(rules.commands(alerts_test.RULES[slug]))
            mine = [s for s in alerts_test.SCENARIOS if s.slug == slug]
            wrong = [s.name for s in mine for zone in ZONES if alerts_test.faults(s, query, time_zone=zone)]
            self.assertTrue(wrong, f"{slug}: every scenario passes without {queries.HEAD}")


class Evaluator(unittest.TestCase):
    """Each function that the zone changes, on instants where days of UTC and of the zone differ."""

    def row(self, expression, time_zone, head=""):
        (row,) = engine.run(f'{head}ROW t = TO_DATETIME("2026-03-31T23:30:00Z") | EVAL x = {expression} | KEEP x', (), 0,
                            time_zone=time_zone).records()
        return row["x"]

    def test_functions_of_dates(self):
        for expression, utc, berlin, new_york in (
            ("DATE_TRUNC(1 day, t)", "2026-03-31T00:00:00.000Z", "2026-03-31T22:00:00.000Z", "2026-03-31T04:00:00.000Z"),
            ("DATE_TRUNC(1 month, t)", "2026-03-01T00:00:00.000Z", "2026-03-31T22:00:00.000Z", "2026-03-01T05:00:00.000Z"),
            ("DATE_EXTRACT(\"hour_of_day\", t)", 23, 1, 19),
            ("DATE_FORMAT(\"yyyy-MM-dd HH:mm\", t)", "2026-03-31 23:30", "2026-04-01 01:30", "2026-03-31 19:30"),
            ("DATE_FORMAT(t)", "2026-03-31T23:30:00.000Z", "2026-04-01T01:30:00.000+02:00", "2026-03-31T19:30:00.000-04:00"),
            ("TO_STRING(t)", "2026-03-31T23:30:00.000Z", "2026-04-01T01:30:00.000+02:00", "2026-03-31T19:30:00.000-04:00"),
            ("DATE_DIFF(\"month\", TO_DATETIME(\"2026-03-01T00:15:00Z\"), t)", 0, 1, 1),
            ("DATE_DIFF(\"day\", TO_DATETIME(\"2026-03-28T23:45:00Z\"), t)", 2, 3, 2),
            ("DATE_DIFF(\"hour\", TO_DATETIME(\"2026-03-28T23:45:00Z\"), t)", 71, 71, 71),
            ("t + 1 month", "2026-04-30T23:30:00.000Z", "2026-04-30T23:30:00.000Z", "2026-04-30T23:30:00.000Z"),
            ("TO_DATETIME(\"2026-03-28T12:00:00Z\") + 1 day", "2026-03-29T12:00:00.000Z", "2026-03-29T11:00:00.000Z",
             "2026-03-29T12:00:00.000Z"),
            ("TO_DATETIME(\"2026-03-28T12:00:00Z\") + 24 hours",) + ("2026-03-29T12:00:00.000Z",) * 3,
        ):
            for zone, expected in (("UTC", utc), (BERLIN, berlin), (NEW_YORK, new_york)):
                with self.subTest(expression, zone=zone):
                    self.assertEqual(self.row(expression, zone), expected)
                    self.assertEqual(self.row(expression, zone, 'SET time_zone = "UTC"; '), utc)
                    self.assertEqual(self.row(expression, "UTC", f'// why\nSET time_zone = "{zone}";\n'), expected)

    def test_buckets(self):
        query = ('ROW t = TO_DATETIME("2026-03-31T23:30:00Z") | STATS n = COUNT(*) BY day = BUCKET(t, 1 day), '
                 'of_ten = BUCKET(t, 10, "2026-03-25T00:00:00Z", "2026-04-01T00:00:00Z")')
        for zone, day in (("UTC", "2026-03-31T00:00:00.000Z"), (BERLIN, "2026-03-31T22:00:00.000Z")):
            (row,) = engine.run(query, (), 0, time_zone=zone).records()
            self.assertEqual((row["day"], row["of_ten"]), (day, day))

    def test_places_of_faults_are_those_of_the_whole_text(self):
        with self.assertRaises(engine.EsqlError) as caught:
            engine.check(f"{queries.HEAD}\nROW a = 1\n| EVAL b = missing")
        self.assertIn("line 3:12", str(caught.exception))

    def test_settings_that_are_not_known_are_not_guessed(self):
        for head in ('SET time_zone = "Europe/Nowhere";', 'SET unknown_setting = "x";'):
            with self.assertRaises(engine.EsqlError):
                engine.run(f"{head} ROW a = 1", (), 0)


if __name__ == "__main__":
    unittest.main()
