# SPDX-License-Identifier: Apache-2.0
"""Budgets beside what was billed, on documents made by hand so that the truth can be seen."""

import datetime
import unittest

import elastic
from panels import midnight, rows, spend
from world import DAY, HOUR, NOW, document

ENGINE = elastic.engine.esql
OTHER = "00000000-1111-4222-8333-444444444444"


def budget(amount, scope="organization", place=None, period="monthly", ago=1, number=1, organization=None, **more):
    body = {"id": f"spl_{number}", "scope": scope, "workspace_id": place, "amount": amount, "currency": "USD", "period": period, "enabled": True, **more}
    return document("spend_limit", NOW - ago * HOUR, body, **({"organization": organization} if organization else {}))


class Budgets(unittest.TestCase):
    """15:20 on Thursday, 19 November: 18 days are billed, eleven and a bit are to come."""
    MONTH = [spend(midnight(NOW) - ago * DAY, 1000.0, workspace_id="wrkspc_1") for ago in range(1, 19)]

    def shown(self, *documents, now=NOW):
        return {row["name"]: row for row in rows("overview", "budgets", elastic.Store(documents), now)}

    def test_spent_burn_and_days_left(self):
        row = self.shown(budget(30_000), *self.MONTH)["Organization"]
        self.assertEqual((row["cap"], row["spent"], row["burn"], row["days_left"]), (300.0, 180.0, 10.0, 12.0))
        self.assertAlmostEqual(row["share"], 0.6, 12)
        self.assertEqual((row["period"], row["outlook"], row["ends"]), ("monthly", "lasts until the reset", "2026-12-01T00:00:00.000Z"))

    def test_one_that_runs_out_and_one_that_is_reached(self):
        self.assertEqual(self.shown(budget(22_000), *self.MONTH)["Organization"]["outlook"], "runs out before the reset")
        row = self.shown(budget(18_000), *self.MONTH)["Organization"]
        self.assertEqual((row["outlook"], row["days_left"]), ("reached", 0.0))

    def test_periods(self):
        store = self.shown(budget(5000, period="weekly"), *self.MONTH)
        self.assertEqual((store["Organization"]["spent"], store["Organization"]["ends"]), (30.0, "2026-11-23T00:00:00.000Z"))
        row = self.shown(budget(5000, period="daily"), *self.MONTH)["Organization"]
        self.assertEqual((row["spent"], row["days_left"], row["outlook"]), (10.0, None, "of the last billed day"))

    def test_a_workspace_by_name_and_the_default_one_by_its_id(self):
        named = [dict(made, anthropic={**made["anthropic"], "workspace": {"name": "Shop"}}) for made in self.MONTH]
        default = [spend(midnight(NOW) - ago * DAY, 500.0, workspace_id="Default") for ago in range(1, 19)]
        entity = document("workspace", NOW - HOUR, {"id": "wrkspc_0", "name": "Default", "is_default": True})
        found = self.shown(budget(30_000, "workspace", "wrkspc_1"), budget(30_000, "workspace", "wrkspc_0", number=2), budget(50_000, number=3),
                           entity, *named, *default)
        self.assertEqual({name: row["spent"] for name, row in found.items()}, {"Shop": 180.0, "Default": 90.0, "Organization": 270.0})

    def test_only_the_newest_state_of_one_that_is_there_and_on(self):
        self.assertEqual(self.shown(budget(1_000, ago=2), budget(30_000, ago=1), *self.MONTH)["Organization"]["cap"], 300.0)
        for gone in (budget(1_000, ago=30), budget(1_000, enabled=False), budget(None)):
            self.assertEqual(self.shown(gone, *self.MONTH), {})
        self.assertEqual(self.shown(budget(1_000, ago=2), budget(None, ago=1), *self.MONTH), {})

    def test_what_the_cost_report_cannot_say_is_not_said(self):
        (row,) = self.shown(budget(30_000, "user", user_id="user_1"), *self.MONTH).values()
        self.assertEqual((row["name"], row["spent"], row["share"], row["days_left"]), ("user user_1", None, None, None))
        old = [spend(midnight(NOW) - ago * DAY, 1000.0, workspace_id="wrkspc_1") for ago in range(4, 19)]
        self.assertIsNone(self.shown(budget(30_000), *old)["Organization"]["spent"])
        self.assertIsNone(self.shown(budget(30_000, currency="EUR"), *self.MONTH)["Organization"]["spent"])

    def test_organizations_stand_apart(self):
        foreign = [dict(made, organization={"id": OTHER}) for made in self.MONTH[:2]]
        found = sorted(row["spent"] for row in rows("overview", "budgets", elastic.Store([
            budget(30_000), budget(30_000, organization=OTHER, number=2), *self.MONTH, *foreign])))
        self.assertEqual(found, [20.0, 180.0])

    def test_on_the_first_of_a_month(self):
        now = datetime.datetime(2026, 12, 1, 0, 30, tzinfo=datetime.timezone.utc)
        bills = [spend(midnight(now) - ago * DAY, 1000.0, workspace_id="wrkspc_1") for ago in range(2, 20)]
        limits = [document("spend_limit", now - HOUR, dict(budget(30_000)["anthropic"]["spend_limit"]))]
        row = self.shown(*limits, *bills, now=now)["Organization"]
        self.assertEqual((row["spent"], row["burn"], row["ends"]), (0.0, 10.0, "2027-01-01T00:00:00.000Z"))


if __name__ == "__main__":
    unittest.main()
