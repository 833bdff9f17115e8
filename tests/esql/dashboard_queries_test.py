# SPDX-License-Identifier: Apache-2.0
"""Every query of the dashboards answers, and the numbers that matter are what the simulated world says they are."""

import datetime
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
for folder in ("tools/package", "tools/previews", "tests/package"):
    sys.path.insert(0, str(ROOT / folder))
import answers  # noqa: E402
import board as boards  # noqa: E402
import dashboards  # noqa: E402
import engine  # noqa: E402
import operations  # noqa: E402
import simulated  # noqa: E402
import tree  # noqa: E402
import world  # noqa: E402
from lens.formats import FORMATS  # noqa: E402
from world import DAY, HOUR, MINUTE, NOW, document, text  # noqa: E402

BOARDS = dashboards.load(ROOT)
PANELS = {(slug, panel["name"]): (board, panel) for slug, board in BOARDS.items() for _, panel in boards.panels(board)}
BY_MINUTE = 5 * HOUR  # fewer minutes than the previews have, for speed
MAY_BE_EMPTY = {"overlapping-grains", "pipeline-errors"}
OTHER = "00000000-1111-4222-8333-444444444444"
TOKENS = world.MEASURES[:5]


def rows(slug, name, store, now=NOW, time=None):
    board, panel = PANELS[slug, name]
    return answers.answer(board, dict(panel, time=time) if time else panel, store, now).records()


def steady(now=NOW):
    return (list(simulated.usage(now, by_minute=BY_MINUTE)) + list(simulated.cost(now, by_minute=BY_MINUTE))
            + list(operations.limits(now)) + list(operations.health(now)))


def spend(day, cents, currency="USD", **fields):
    return simulated.cost_document(day, cents, {"workspace_id": "Default", **fields}, currency=currency)


def midnight(moment):
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


class Steady(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.documents = steady()
        cls.store = engine.Store(cls.documents)
        cls.buckets = simulated.buckets(NOW, by_minute=BY_MINUTE)
        cls.charged = simulated.charged(NOW, by_minute=BY_MINUTE)

    def used(self, since, *names, **match):
        """Tokens of the world since a time, straight from the buckets, before they became documents."""
        return sum(measures[name] for user, start, _, measures in self.buckets for name in names
                   if start >= since and all(getattr(user, key) == value for key, value in match.items()))

    def test_the_simulated_documents_are_documents(self):
        seen = set()
        for number, simulated_document in enumerate(self.documents):
            stream = simulated_document["data_stream"]["dataset"].rpartition(".")[2]
            if number % 97 == 0 or stream not in seen or simulated_document["anthropic"][stream].get("revision"):
                seen.add(stream)
                self.assertEqual(tree.faults(tree.validator(f"{stream}.schema.json"), simulated_document), [], simulated_document)
        self.assertEqual(seen, {"usage", "cost", "rate_limit", "health"})

    def test_every_panel_answers_what_its_chart_shows(self):
        for (slug, name), (board, panel) in PANELS.items():
            with self.subTest(slug=slug, panel=name):
                result = answers.answer(board, panel, self.store, NOW)
                self.assertEqual(result.warnings, [])
                self.assertTrue(result.rows or name in MAY_BE_EMPTY, "no rows")
                kinds = dict(result.columns)
                for column in columns_of(panel):
                    shown = column.get("as", "text")
                    wanted = {"text": {"keyword"}, "date": {"date"}}.get(shown, {"long", "integer", "double"})
                    self.assertIn(kinds.get(column["column"]), wanted, f"{column['column']} is shown as {shown}")
                    self.assertTrue(shown in ("text", "date") or shown in FORMATS)

    def test_every_panel_answers_without_documents(self):
        for (slug, name), (board, panel) in PANELS.items():
            with self.subTest(slug=slug, panel=name):
                answers.answer(board, panel, engine.Store(), NOW)

    def test_spend_of_the_month(self):
        first = midnight(NOW).replace(day=1)
        ours = sum(cents for (day, _, _), cents in self.charged.items() if day >= first) / 100
        code = sum(d["anthropic"]["cost"]["amount"] for d in self.documents if d["anthropic"].get("cost", {}).get("cost_type")
                   == "code_execution" and d["@timestamp"] >= text(first)) / 100
        for slug, name in (("overview", "spend-month-to-date"), ("cost-billing", "month-to-date")):
            (row,) = rows(slug, name, self.store)
            self.assertEqual(row["currency"], "USD")
            self.assertAlmostEqual(row["spend"], ours + code, 4)

    def test_tokens_by_kind_are_those_of_the_world(self):
        since = NOW - 7 * DAY
        (row,) = rows("token-usage", "kinds-share", self.store)
        names = ("uncached", "cached", "write_5m", "write_1h", "output")
        self.assertEqual([row[name] for name in names], [self.used(since, measure) for measure in TOKENS])
        over_time = rows("token-usage", "kinds-over-time", self.store)
        self.assertEqual([sum(r[name] for r in over_time) for name in names], [row[name] for name in names])

    def test_tokens_today_and_of_each_model(self):
        (row,) = rows("overview", "tokens-today", self.store)
        self.assertEqual(row["tokens"], self.used(midnight(NOW), *TOKENS))
        for row in rows("token-usage", "by-model", self.store):
            self.assertEqual(row["all"], self.used(NOW - 7 * DAY, *TOKENS, model=row["model"]))
        console = {r["key"]: r["all"] for r in rows("token-usage", "by-api-key", self.store)}["Console"]
        self.assertEqual(console, self.used(NOW - 7 * DAY, *TOKENS, key=None))

    def test_cache_hit_rate_counts_all_input(self):
        (row,) = rows("overview", "cache-hit-rate", self.store)
        since = NOW - 30 * DAY
        self.assertAlmostEqual(row["hit_rate"], self.used(since, TOKENS[1]) / self.used(since, *TOKENS[:4]), 12)

    def test_heat_map_has_each_hour_of_the_week_once(self):
        found = rows("token-usage", "heat-map", self.store)
        self.assertEqual(len(found), 7 * 24)
        self.assertEqual(sum(r["tokens"] for r in found), self.used(NOW - 7 * DAY, *TOKENS))
        monday = [r for r in found if r["weekday"] == "1 Mon" and r["hour"] == "09"]
        start = datetime.datetime(2026, 11, 16, 9, tzinfo=datetime.timezone.utc)
        self.assertEqual(monday[0]["tokens"], self.used(start, *TOKENS) - self.used(start + HOUR, *TOKENS))

    def test_effective_prices_are_the_list_prices(self):
        found = {row["model"]: row for row in rows("cost-billing", "price-by-model", self.store)}
        for model in ("claude-opus-5", "claude-haiku-4-5"):  # without batches
            uncached, output = world.PRICES[model]
            for column, factor in (("uncached_price", 1), ("cached_price", world.READ), ("write_5m_price", world.WRITE_5M)):
                self.assertAlmostEqual(found[model][column], uncached * factor, 4, f"{model} {column}")
            self.assertAlmostEqual(found[model]["output_price"], output, 4)
        self.assertIsNone(found["claude-haiku-4-5"]["write_1h_price"])
        # Priority tier is in no cost report: with its tokens, the price of Sonnet would come out lower.
        first, last = midnight(NOW) - 29 * DAY, midnight(NOW)
        ours = sum(c for (day, user, name), c in self.charged.items()
                   if user.model == "claude-sonnet-5" and name in TOKENS and first <= day < last)
        tokens = sum(m[name] for user, start, _, m in self.buckets for name in TOKENS
                     if user.model == "claude-sonnet-5" and user.tier != "priority" and first <= start < last)
        self.assertAlmostEqual(found["claude-sonnet-5"]["price"], ours * 10000 / tokens, 6)
        self.assertEqual(found["claude-sonnet-5"]["tokens"], tokens)

    def test_cache_savings_follow_from_the_prices(self):
        found = {row["model"]: row["saved"] for row in rows("cost-billing", "cache-savings", self.store)}
        first, last = midnight(NOW) - 29 * DAY, midnight(NOW)
        expected = 0
        for user, start, _, measures in self.buckets:
            if user.model == "claude-opus-5" and first <= start < last:
                unit = world.price(user, TOKENS[0])
                expected += sum((unit - world.price(user, name)) * measures[name] for name in TOKENS[1:4])
        self.assertAlmostEqual(found["claude-opus-5"], expected / 100, 2)

    def test_peak_minute_against_the_newest_limit(self):
        minutes = {}
        for user, start, width, measures in self.buckets:
            if width == MINUTE:
                mine = minutes.setdefault((user.model, start), [0, 0, 0])
                for place, value in enumerate((measures[TOKENS[0]] + measures[TOKENS[2]] + measures[TOKENS[3]], measures[TOKENS[1]],
                                               measures[TOKENS[4]])):
                    mine[place] += value
        found = {row["group"]: row for row in rows("rate-limits", "peak-minute", self.store)}
        self.assertEqual(sorted(found), ["Claude Haiku 4.x", "Claude Opus 5.x", "Claude Sonnet 5.x"])
        for name, _, models, limits in operations.GROUPS[:3]:
            mine = [value for (model, _), value in minutes.items() if model in models]
            aware = "input_tokens_per_minute_cache_aware" in limits
            limit = limits["input_tokens_per_minute_cache_aware" if aware else "input_tokens_per_minute"]
            peak = max(fresh if aware else fresh + cached for fresh, cached, _ in mine)
            self.assertEqual((found[name]["input_peak"], found[name]["input_limit"]), (peak, limit), name)
            self.assertEqual(found[name]["counts"], "uncached + cache writes" if aware else "all input")
            headroom = min(min(1 - (f if aware else f + c) / limit, 1 - o / limits["output_tokens_per_minute"]) for f, c, o in mine)
            self.assertAlmostEqual(found[name]["headroom"], headroom, 12, name)
        (lowest,) = rows("overview", "lowest-headroom", self.store)
        self.assertAlmostEqual(lowest["headroom"], min(row["headroom"] for row in found.values()), 12)

    def test_changed_limits_are_listed_with_their_times(self):
        found = rows("rate-limits", "changed-limits", self.store)
        self.assertEqual({(r["group"], r["limit"], r["value"]) for r in found}, {
            ("Claude Opus 5.x", "input tokens per minute (cache-aware)", "60000"),
            ("Claude Opus 5.x", "input tokens per minute (cache-aware)", "120000"),
            ("Claude Opus 5.x", "output tokens per minute", "30000"), ("Claude Opus 5.x", "output tokens per minute", "45000")})
        changed = min(d["@timestamp"] for d in operations.limits() if d["anthropic"]["rate_limit"].get("output_tokens_per_minute") == 45000)
        new = [r for r in found if r["value"] == "45000"]
        self.assertEqual(new[0]["first_seen"][:19] + "Z", changed)

    def test_no_hour_is_counted_twice_when_the_grain_changes(self):
        widths = {d["anthropic"]["usage"]["bucket_width"] for d in self.documents if "usage" in d["anthropic"]}
        self.assertEqual(widths, {"1h", "1m"})
        self.assertEqual(rows("overview", "hours-counted-twice", self.store), [{"hours": 0}])

    def test_incidents_are_seen(self):
        store = engine.Store(self.documents + list(operations.incidents()))
        (row,) = rows("collector-health", "overlapping-grains", store)
        self.assertEqual(row["hours"], 3)
        self.assertEqual([r["documents"] for r in rows("collector-health", "pipeline-errors", store)], [2, 2])

    def test_state_is_the_newest_and_errors_stay_visible(self):
        found = {row["stream"]: row for row in rows("collector-health", "state-by-stream", self.store)}
        usage = found["usage"]
        self.assertEqual((usage["status"], usage["seen"]), ("healthy", "2026-11-19T15:19:00.000Z"))
        self.assertEqual((usage["failure"], usage["failed"]), ("throttled (429)", "2026-11-19T09:59:00.000Z"))
        self.assertEqual((usage["newest"], usage["lag_minutes"]), ("2026-11-19T15:00:00.000Z", 19.0))
        self.assertIsNone(found["rate_limit"]["lag_minutes"])
        self.assertIsNone(found["cost"]["failure"])


def columns_of(panel):
    chart = panel[boards.kind_of(panel)]
    for name in ("value", "beside", "by", "x", "split"):
        if name in chart:
            yield chart[name]
    yield from chart.get("columns", []) + chart.get("parts", []) + (chart["y"] if isinstance(chart.get("y"), list) else [])
    if isinstance(chart.get("y"), dict):
        yield chart["y"]


class Spend(unittest.TestCase):
    """Days of one amount each, so that the truth can be seen."""

    def projected(self, now, days):
        store = engine.Store([spend(midnight(now) - ago * DAY, cents) for ago, cents in days.items()])
        return {r["currency"]: r["projected"] for r in rows("overview", "spend-projected", store, now)}

    def test_projection_of_a_steady_month(self):
        self.assertAlmostEqual(self.projected(NOW, {ago: 1000 for ago in range(1, 30)})["USD"], 300.0, 9)

    def test_projection_uses_the_last_seven_full_days(self):
        days = {ago: 2000 if ago <= 7 else 1000 for ago in range(1, 19)}
        self.assertAlmostEqual(self.projected(NOW, days)["USD"], (7 * 20 + 11 * 10) + 12 * 20, 9)

    def test_projection_before_yesterday_has_been_billed(self):
        self.assertAlmostEqual(self.projected(NOW, {ago: 1000 for ago in range(2, 30)})["USD"], 300.0, 9)

    def test_projection_on_the_first_of_a_month(self):
        for first_billed in (1, 2):
            now = datetime.datetime(2026, 12, 1, 0, 30, tzinfo=datetime.timezone.utc)
            self.assertAlmostEqual(self.projected(now, {ago: 1000 for ago in range(first_billed, 20)})["USD"], 310.0, 9)

    def test_projection_of_a_new_organization(self):
        self.assertAlmostEqual(self.projected(NOW, {1: 1000, 2: 1000, 3: 1000})["USD"], 30 + 12 * 10, 9)

    def test_no_projection_from_old_days(self):
        self.assertEqual(self.projected(NOW, {ago: 1000 for ago in range(3, 30)}), {})

    def test_currencies_stand_apart(self):
        day = midnight(NOW) - DAY
        documents = [spend(day - ago * DAY, 1000 * factor, currency) for ago in range(10) for currency, factor in (("USD", 1), ("EUR", 3))]
        store = engine.Store(documents)
        for name in ("spend-in-range", "month-to-date"):
            self.assertEqual({r["currency"]: r["spend"] for r in rows("cost-billing", name, store)}, {"USD": 100.0, "EUR": 300.0})
        self.assertEqual({r["currency"]: (r["last_day"], r["average"]) for r in rows("overview", "spend-last-day", store)},
                         {"USD": (10.0, 10.0), "EUR": (30.0, 30.0)})
        for slug, name in (("overview", "spend-per-day"), ("cost-billing", "spend-over-time"), ("cost-billing", "line-items"),
                           ("cost-billing", "by-workspace"), ("cost-billing", "by-geo")):
            self.assertEqual(sum(r["spend"] for r in rows(slug, name, store)), 100.0, name)

    def test_corrections_are_differences(self):
        day = midnight(NOW) - 2 * DAY
        store = engine.Store([spend(day, 1000), simulated.cost_document(day, -250, {"workspace_id": "Default"}, 1)])
        (row,) = rows("cost-billing", "spend-in-range", store)
        self.assertEqual(row["spend"], 7.5)

    def test_prices_of_whole_days_only(self):
        user, documents = world.USERS[2], []
        for ago in (0, 1, 30):  # today is not billed, and the range begins within the oldest day
            day = midnight(NOW) - ago * DAY
            documents += [usage(day + hour * HOUR, HOUR, 1_000_000, model=user.model) for hour in range(15 if ago == 0 else 24)]
            if ago:
                documents.append(spend(day, 24 * 500, model=user.model, token_type="uncached_input_tokens", cost_type="tokens"))
        (row,) = rows("cost-billing", "price-by-model", engine.Store(documents))
        self.assertEqual((row["tokens"], row["spend"], row["uncached_price"]), (24_000_000, 120.0, 5.0))
        # A range that ends within a billed day has all of its cost and a part of its tokens.
        self.assertEqual(rows("cost-billing", "price-by-model", engine.Store(documents), time={"from": "now-7d", "to": "now-1d"}), [])


def usage(start, width, uncached, cached=0, organization=world.ORGANIZATION, namespace="default", group_by=("model",), **fields):
    name = {MINUTE: "1m", HOUR: "1h", DAY: "1d"}[width]
    measures = dict.fromkeys(world.MEASURES, 0) | {"uncached_input_tokens": uncached, "cached_input_tokens": cached}
    found = document("usage", start, {
        "bucket_start_time": text(start), "bucket_end_time": text(start + width), "bucket_width": name, "group_by": list(group_by),
        "revision": 0, "cache_creation_input_tokens": 0, **measures, **fields}, organization=organization)
    found["data_stream"]["namespace"] = namespace
    return found


def limit(moment, models, organization=world.ORGANIZATION, group="Group", **limits):
    return document("rate_limit", moment, {"group_id": "rlg_1", "group_name": group, "group_type": "model_group", "models": models,
                                           "type": "rate_limit", "limits": [], **limits}, organization=organization)


class Headroom(unittest.TestCase):
    def peak(self, documents):
        return rows("rate-limits", "peak-minute", engine.Store(documents))

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
        (now,) = rows("rate-limits", "limits-now", engine.Store(documents))
        self.assertEqual((now["input"], now["aware"]), (500, None))

    def test_organizations_have_limits_of_their_own(self):
        at = NOW - 3 * HOUR
        documents = []
        for organization, used in ((world.ORGANIZATION, 100), (OTHER, 900)):
            documents += [usage(at, MINUTE, used, model="a", organization=organization),
                          limit(NOW, ["a"], organization=organization, input_tokens_per_minute=1000)]
        self.assertEqual({r["organization"]: r["input_peak"] for r in self.peak(documents)}, {world.ORGANIZATION: 100.0, OTHER: 900.0})

    def test_hours_are_a_lower_bound_and_not_in_the_peak(self):
        documents = [usage(NOW - 5 * HOUR, HOUR, 6000, model="a"), limit(NOW, ["a"], input_tokens_per_minute=1000)]
        self.assertEqual(self.peak(documents), [])
        (row,) = rows("rate-limits", "busiest-hour", engine.Store(documents))
        self.assertEqual((row["input_peak"], row["headroom"]), (100.0, 0.9))

    def test_grains_are_compared_and_never_added(self):
        at = (NOW - 5 * HOUR).replace(minute=0)
        documents = [usage(at, HOUR, 6000, model="a"), usage(at, MINUTE, 300, model="a"), limit(NOW, ["a"], input_tokens_per_minute=1000)]
        (row,) = rows("rate-limits", "lowest-headroom", engine.Store(documents))
        self.assertEqual(row["headroom"], 0.7)


class Overlaps(unittest.TestCase):
    AT = (NOW - 10 * HOUR).replace(minute=0)

    def hours(self, *documents):
        (row,) = rows("overview", "hours-counted-twice", engine.Store(documents))
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

    def test_cost_split_in_two_ways(self):
        day = midnight(NOW) - DAY
        self.assertEqual(self.hours(spend(day, 1), spend(day, 1, group_by=["workspace_id"])), 24)


if __name__ == "__main__":
    unittest.main()
