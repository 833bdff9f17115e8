# SPDX-License-Identifier: Apache-2.0
"""Rules of the dashboards' queries, each on a few documents made by hand so that the truth can be seen."""

import datetime
import unittest

from panels import limit, midnight, rows, spend, usage
import elastic
import simulated
import world
import world_reports
from world import DAY, HOUR, MINUTE, NOW

ENGINE = elastic.engine.esql
OTHER = "00000000-1111-4222-8333-444444444444"


class Spend(unittest.TestCase):
    """Days of one amount each, so that the truth can be seen."""

    def estimated(self, now, days):
        """The row of dollars in the table of the month's end, from cents by days ago."""
        store = elastic.Store([spend(midnight(now) - ago * DAY, cents) for ago, cents in days.items()])
        (row,) = rows("cost-billing", "month-end", store, now)
        return row

    def test_estimate_of_a_steady_month_stands_beside_what_is_billed(self):
        row = self.estimated(NOW, {ago: 1000 for ago in range(1, 58)})
        self.assertEqual((row["billed"], row["estimated"], row["days_left"], row["weeks"]), (180.0, 300.0, 12, 8))
        self.assertEqual((row["estimated_low"], row["estimated_high"]), (296.94, 303.06))

    def test_estimate_follows_the_week(self):
        """Nothing at the weekend: of 12 days to come, 8 are work days."""
        days = {ago: 1000 for ago in range(1, 58) if (midnight(NOW) - ago * DAY).weekday() < 5}
        row = self.estimated(NOW, days)
        self.assertEqual((row["billed"], row["estimated"]), (130.0, 210.0))

    def test_estimate_weighs_the_newer_week_more(self):
        days = {ago: 2000 if ago <= 7 else 1000 for ago in range(1, 15)}
        row = self.estimated(NOW, days)
        self.assertAlmostEqual(row["estimated"], 7 * 20 + 7 * 10 + 12 * (20 + 0.6 * 10) / 1.6, 9)

    def test_estimate_before_yesterday_has_been_billed(self):
        row = self.estimated(NOW, {ago: 1000 for ago in range(2, 30)})
        self.assertEqual((row["estimated"], row["days_left"], row["billed_through"]), (300.0, 13, "2026-11-17"))

    def test_estimate_on_the_first_of_a_month(self):
        for first_billed in (1, 2):
            now = datetime.datetime(2026, 12, 1, 0, 30, tzinfo=datetime.timezone.utc)
            row = self.estimated(now, {ago: 1000 for ago in range(first_billed, 20)})
            self.assertEqual((row["billed"], row["estimated"], row["days_left"]), (0.0, 310.0, 31))

    def test_no_estimate_of_a_new_organization_nor_from_old_days(self):
        for days, reason in ((range(1, 4), "needs 7 billed days, has 3"), (range(6, 40), "newest billed day is too old")):
            row = self.estimated(NOW, {ago: 1000 for ago in days})
            self.assertEqual((row["estimated"], row["estimated_low"], row["estimated_high"], row["note"]), (None, None, None, reason))
            self.assertEqual(row["billed"], 10.0 * len([ago for ago in days if ago < NOW.day]))

    def test_the_overview_says_the_same(self):
        documents = [spend(midnight(NOW) - ago * DAY, 900 + 10 * ago, currency) for ago in range(1, 40) for currency in ("USD", "EUR")]
        store = elastic.Store(documents + [spend(midnight(NOW) - ago * DAY, 5, "GBP") for ago in (1, 2)])
        of_month = {row["currency"]: row for row in rows("cost-billing", "month-end", store)}
        overview = {row["currency"]: row for row in rows("overview", "spend-projected", store)}
        self.assertEqual(set(overview), {"USD", "EUR", "GBP"})
        for currency, row in overview.items():
            for column in ("estimated", "estimated_low", "estimated_high"):
                self.assertEqual(row[column], of_month[currency][column])
        self.assertEqual(overview["USD"]["note"], "billed up to 2026-11-18")
        self.assertEqual(overview["GBP"]["note"], "needs 7 billed days, has 2")

    def test_currencies_stand_apart(self):
        day = midnight(NOW) - DAY
        documents = [spend(day - ago * DAY, 1000 * factor, currency) for ago in range(10) for currency, factor in (("USD", 1), ("EUR", 3))]
        store = elastic.Store(documents)
        for name in ("spend-in-range", "month-to-date"):
            self.assertEqual({r["currency"]: r["spend"] for r in rows("cost-billing", name, store)}, {"USD": 100.0, "EUR": 300.0})
        self.assertEqual({r["currency"]: (r["last_day"], r["average"]) for r in rows("overview", "spend-last-day", store)},
                         {"USD": (10.0, 10.0), "EUR": (30.0, 30.0)})
        for slug, name in (("overview", "spend-per-day"), ("cost-billing", "spend-over-time"), ("cost-billing", "line-items"),
                           ("cost-billing", "by-workspace"), ("cost-billing", "by-geo")):
            self.assertEqual(sum(r["spend"] for r in rows(slug, name, store)), 100.0, name)

    def test_corrections_are_differences(self):
        day = midnight(NOW) - 2 * DAY
        store = elastic.Store([spend(day, 1000), world_reports.cost_document(day, -250, {"workspace_id": "Default"}, 1)])
        (row,) = rows("cost-billing", "spend-in-range", store)
        self.assertEqual(row["spend"], 7.5)

    def test_corrections_in_the_store_are_sized_without_sign_and_by_currency(self):
        day = midnight(NOW) - 2 * DAY
        documents = [spend(day, 1000)]
        for cents, currency in ((-250, "USD"), (150, "USD"), (70, "EUR")):
            documents.append(world_reports.cost_document(day, cents, {"workspace_id": "Default"}, 1, currency))
        documents += [usage(day, HOUR, -30, 20, model="a", revision=2), usage(day, HOUR, 500, model="a")]
        found = rows("collector-health", "stored-corrections", elastic.Store(documents))
        self.assertEqual([(r["stream"][18:], r["currency"], r["corrections"], r["tokens"], r["moved"]) for r in found],
                         [("cost", "EUR", 1, None, 0.7), ("cost", "USD", 2, None, 4.0), ("usage", "-", 1, 50, None)])

    def test_prices_of_whole_days_only(self):
        user, documents = world.USERS[2], []
        for ago in (0, 1, 30):  # today is not billed, and the range begins within the oldest day
            day = midnight(NOW) - ago * DAY
            documents += [usage(day + hour * HOUR, HOUR, 1_000_000, model=user.model) for hour in range(15 if ago == 0 else 24)]
            if ago:
                documents.append(spend(day, 24 * 500, model=user.model, token_type="uncached_input_tokens", cost_type="tokens"))
        (row,) = rows("cost-billing", "price-by-model", elastic.Store(documents))
        self.assertEqual((row["tokens"], row["spend"], row["uncached_price"]), (24_000_000, 120.0, 5.0))
        # A range that ends within a billed day has all of its cost and a part of its tokens.
        self.assertEqual(rows("cost-billing", "price-by-model", elastic.Store(documents), time={"from": "now-7d", "to": "now-1d"}), [])


class Parts(unittest.TestCase):
    """More parts than ES|QL answers rows: every day is there, and all of its money."""

    def test_400_workspaces_of_29_days(self):
        first, cents = midnight(NOW) - 29 * DAY, {}
        for number in range(400):
            for ago in range(29):
                cents[ago, number] = 100 + number * (1 if number < 390 else 100)
        store = elastic.Store([spend(first + ago * DAY, amount, workspace_id=f"wrkspc_{number:03d}") for (ago, number), amount in cents.items()])
        names = {f"wrkspc_{number:03d}" for number in range(388, 400)} | {"other"}
        for slug, name, column in (("overview", "spend-per-day", "workspace"), ("cost-billing", "spend-over-time", "part")):
            found = rows(slug, name, store)
            self.assertEqual({row[column] for row in found}, names)
            self.assertEqual([row["day"] for row in found], sorted(row["day"] for row in found))
            for ago in range(29):
                day = (first + ago * DAY).strftime("%Y-%m-%d")
                mine = {row[column]: row["spend"] for row in found if row["day"] == day}
                self.assertAlmostEqual(sum(mine.values()), sum(cents[ago, number] for number in range(400)) / 100, 6)
                self.assertAlmostEqual(mine["wrkspc_399"], cents[ago, 399] / 100, 6)

    def test_parts_of_the_same_amount_are_no_more_than_fit(self):
        store = elastic.Store([spend(midnight(NOW) - ago * DAY, 100, workspace_id=f"w|{number}#;") for number in range(40) for ago in (1, 2)])
        found = rows("overview", "spend-per-day", store)
        self.assertEqual((len({row["workspace"] for row in found}), sum(row["spend"] for row in found)), (13, 80.0))

    def test_fewer_parts_have_no_other(self):
        store = elastic.Store([spend(midnight(NOW) - DAY, cents, workspace_id=name) for name, cents in (("a", 100), ("b", -40), ("c", 0))])
        self.assertEqual({row["workspace"]: row["spend"] for row in rows("overview", "spend-per-day", store)}, {"a": 1.0, "b": -0.4, "c": 0.0})

    def test_prices_of_the_others_are_weighed(self):
        day, documents = midnight(NOW) - 2 * DAY, []
        for number in range(14):
            documents += [usage(day, HOUR, 1_000_000 * (number + 1), model=f"m{number:02d}"),
                          spend(day, 100 * (number + 1) * (number + 1), model=f"m{number:02d}", token_type="uncached_input_tokens")]
        found = {row["model"]: row["price"] for row in rows("cost-billing", "price-over-time", elastic.Store(documents))}
        self.assertEqual(len(found), 13)
        self.assertAlmostEqual(found["other"], (1 + 4) / 3, 6)  # of one and two million tokens
        self.assertAlmostEqual(found["m13"], 14.0, 6)


class Headroom(unittest.TestCase):
    def peak(self, documents):
        return rows("rate-limits", "peak-minute", elastic.Store(documents))

    def test_models_of_a_group_share_its_limit_in_the_same_minute(self):
        at = NOW - 3 * HOUR
        documents = [usage(at, MINUTE, 300, model="a"), usage(at, MINUTE, 400, model="b"), usage(at + MINUTE, MINUTE, 600, model="a"),
                     limit(NOW - HOUR, ["a", "b", "b-20260101"], input_tokens_per_minute=1000)]
        (row,) = self.peak(documents)
        self.assertEqual((row["input_peak"], row["headroom"], row["seen"]), (700.0, 1 - 0.7, 2))

    def test_cache_reads_count_only_where_the_limit_is_not_cache_aware(self):
        at = NOW - 3 * HOUR
        for name, headroom in (("input_tokens_per_minute", 0.1), ("input_tokens_per_minute_cache_aware", 0.8)):
            documents = [usage(at, MINUTE, 150, 700, model="a", cache_creation_input_tokens=50), limit(NOW, ["a"], **{name: 1000})]
            (row,) = self.peak(documents)
            self.assertAlmostEqual(row["headroom"], headroom, 12, name)

    def test_a_lowered_limit_counts_at_once_even_when_it_has_fewer_digits(self):
        at = NOW - 3 * HOUR
        documents = [usage(at, MINUTE, 450, model="a"), limit(NOW - DAY, ["a"], input_tokens_per_minute=1000),
                     limit(NOW - HOUR, ["a"], input_tokens_per_minute=500)]
        (row,) = self.peak(documents)
        self.assertEqual((row["input_limit"], round(row["headroom"], 9)), (500, 0.1))
        (now,) = rows("rate-limits", "limits-now", elastic.Store(documents))
        self.assertEqual((now["input"], now["aware"]), (500, None))

    def test_organizations_have_limits_of_their_own(self):
        at = NOW - 3 * HOUR
        documents = []
        for organization, used in ((world.ORGANIZATION, 100), (OTHER, 900)):
            documents += [usage(at, MINUTE, used, model="a", organization=organization),
                          limit(NOW, ["a"], organization=organization, input_tokens_per_minute=1000)]
        self.assertEqual({r["organization"]: r["input_peak"] for r in self.peak(documents)}, {world.ORGANIZATION: 100.0, OTHER: 900.0})

    def test_groups_without_a_name_go_by_their_models(self):
        """An older answer of the API has no group; its limits are not thrown together."""
        documents = [usage(NOW - 3 * HOUR, MINUTE, 300, model="a")]
        for models, value in ((["a", "a-20260101"], 1000), (["b"], 400)):
            for moment in (NOW - 2 * HOUR, NOW - HOUR):
                found = limit(moment, models, input_tokens_per_minute=value)
                del found["anthropic"]["rate_limit"]["group_id"], found["anthropic"]["rate_limit"]["group_name"]
                documents.append(found)
        store = elastic.Store(documents)
        self.assertEqual({r["group"]: r["input"] for r in rows("rate-limits", "limits-now", store)}, {"a, a-20260101": 1000, "b": 400})
        self.assertEqual({r["group"]: r["ceiling"] for r in rows("rate-limits", "input-limits-over-time", store)},
                         {"a, a-20260101": 1000, "b": 400})
        self.assertEqual(rows("rate-limits", "changed-limits", store), [])
        self.assertEqual([(r["group"], r["headroom"]) for r in self.peak(documents)], [("a, a-20260101", 0.7)])

    def test_hours_are_a_lower_bound_and_not_in_the_peak(self):
        documents = [usage(NOW - 5 * HOUR, HOUR, 6000, model="a"), limit(NOW, ["a"], input_tokens_per_minute=1000)]
        self.assertEqual(self.peak(documents), [])
        (row,) = rows("rate-limits", "busiest-hour", elastic.Store(documents))
        self.assertEqual((row["input_peak"], row["headroom"]), (100.0, 0.9))

    def test_grains_are_compared_and_never_added(self):
        at = (NOW - 5 * HOUR).replace(minute=0)
        documents = [usage(at, HOUR, 6000, model="a"), usage(at, MINUTE, 300, model="a"), limit(NOW, ["a"], input_tokens_per_minute=1000)]
        (row,) = rows("rate-limits", "lowest-headroom", elastic.Store(documents))
        self.assertEqual(row["headroom"], 0.7)


class Errors(unittest.TestCase):
    def test_what_the_api_says_to_a_stock_agent_stands_beside_what_failed(self):
        documents = [simulated.refusal(NOW - n * HOUR) for n in range(3)] + [usage(NOW - HOUR, HOUR, 1)]
        (row,) = rows("collector-health", "pipeline-errors", elastic.Store(documents))
        self.assertEqual((row["documents"], row["stream"], row["message"]), (3, "anthropic_metrics.usage", "HTTP 401: the key is refused"))


class Overlaps(unittest.TestCase):
    AT = (NOW - 10 * HOUR).replace(minute=0)

    def hours(self, *documents):
        (row,) = rows("overview", "hours-counted-twice", elastic.Store(documents))
        return row["hours"]

    def test_a_change_of_grain_within_an_hour_is_none(self):
        old, new = [usage(self.AT + n * MINUTE, MINUTE, 1, group_by=("model",) if n < 30 else ("speed",)) for n in (29, 30)]
        self.assertEqual(self.hours(old, new), 0)

    def test_the_same_minute_split_in_two_ways(self):
        self.assertEqual(self.hours(usage(self.AT, MINUTE, 1), usage(self.AT, MINUTE, 1, group_by=("speed",))), 1)

    def test_a_minute_within_an_hour(self):
        self.assertEqual(self.hours(usage(self.AT, HOUR, 1), usage(self.AT + 59 * MINUTE, MINUTE, 1)), 1)

    def test_hours_within_a_day(self):
        day = midnight(NOW) - DAY
        documents = [usage(day, DAY, 9)] + [usage(day + n * HOUR, HOUR, 1) for n in (0, 22, 23)]
        self.assertEqual(self.hours(*documents), 3)
        self.assertEqual(self.hours(documents[0], usage(day + DAY, HOUR, 1)), 0)

    def test_two_namespaces(self):
        self.assertEqual(self.hours(usage(self.AT, HOUR, 1), usage(self.AT, HOUR, 1, namespace="copy")), 1)

    def test_two_organizations_do_not_overlap(self):
        self.assertEqual(self.hours(usage(self.AT, HOUR, 1), usage(self.AT, HOUR, 1, group_by=("speed",), organization=OTHER)), 0)

    def foreign(self, *arguments, keep=(), **more):
        """A row as another collector leaves it: no organization, no width, no grouping, no revision."""
        found = usage(*arguments, **more)
        found.pop("organization")
        for name in {"bucket_width", "group_by", "revision"} - set(keep):
            found["anthropic"]["usage"].pop(name)
        return dict(found, event=dict(found["event"], kind="event"))

    def test_another_collector_of_the_same_hours(self):
        for width in (MINUTE, HOUR):
            for ours in (MINUTE, HOUR):
                self.assertEqual(self.hours(usage(self.AT, ours, 1), self.foreign(self.AT, width, 1)), 1, (width, ours))
        day = midnight(NOW) - DAY
        self.assertEqual(self.hours(*[usage(day + n * HOUR, HOUR, 1) for n in (3, 4)], self.foreign(day, DAY, 9)), 2)

    def test_another_collector_alone_or_of_other_hours(self):
        self.assertEqual(self.hours(self.foreign(self.AT, HOUR, 1), self.foreign(self.AT, HOUR, 2)), 0)
        self.assertEqual(self.hours(usage(self.AT, HOUR, 1), self.foreign(self.AT + HOUR, HOUR, 1)), 0)

    def test_another_collector_is_compared_with_every_organization(self):
        documents = [usage(self.AT, HOUR, 1), usage(self.AT, HOUR, 1, organization=OTHER), self.foreign(self.AT, HOUR, 1)]
        found = rows("collector-health", "overlapping-grains", elastic.Store(documents))
        self.assertEqual([r["hours"] for r in found], [1, 1])
        self.assertIn("no organization", found[0]["grain"])

    def test_rows_without_organization_that_have_a_width(self):
        same = {"keep": ("bucket_width", "group_by", "revision")}
        self.assertEqual(self.hours(usage(self.AT, HOUR, 1), self.foreign(self.AT, HOUR, 1, **same)), 1)

    def test_a_stock_agent_beside_our_collector_asks_alike_and_counts_again(self):
        stock = [dict(usage(self.AT, HOUR, amount), input={"type": "cel"}) for amount in (1, 2)]
        self.assertEqual(self.hours(usage(self.AT, HOUR, 1), stock[0]), 1)
        self.assertEqual(self.hours(*stock), 0)
        self.assertEqual(self.hours(usage(self.AT, HOUR, 1), dict(usage(self.AT, HOUR, 2), input={"type": "filestream"})), 0)
        self.assertEqual(self.hours(stock[0], usage(self.AT + HOUR, HOUR, 1)), 0)
        day = midnight(NOW) - DAY
        self.assertEqual(self.hours(spend(day, 1), dict(spend(day, 1), input={"type": "cel"})), 24)

    def test_cost_of_another_collector(self):
        day = midnight(NOW) - DAY
        other = spend(day, 1)
        other.pop("organization")
        self.assertEqual(self.hours(spend(day, 1), other), 24)

    def test_cost_split_in_two_ways(self):
        day = midnight(NOW) - DAY
        self.assertEqual(self.hours(spend(day, 1), spend(day, 1, group_by=["workspace_id"])), 24)


if __name__ == "__main__":
    unittest.main()
