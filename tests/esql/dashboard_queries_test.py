# SPDX-License-Identifier: Apache-2.0
"""Every query of the dashboards answers, and the numbers that matter are what the simulated world says they are."""

import datetime
import functools
import unittest

import panels
from panels import PANELS, midnight, rows
import answers
import board as boards
import elastic
import png
import tree
import world
import world_analytics
import world_names
import world_operations
import world_people
import world_reports
from lens.formats import FORMATS
from world import DAY, HOUR, MINUTE, NOW, text

ENGINE = elastic.engine.esql
BY_MINUTE = 5 * HOUR  # fewer minutes than the previews have, for speed
MAY_BE_EMPTY = {"overlapping-grains", "pipeline-errors"}
TOKENS = world.MEASURES[:5]


@functools.lru_cache(maxsize=None)
def previews():
    return elastic.Store(answers.documents())


def steady(now=NOW):
    return (list(world_reports.usage(now, by_minute=BY_MINUTE)) + list(world_reports.cost(now, by_minute=BY_MINUTE))
            + list(world_operations.limits(now)) + list(world_operations.health(now)) + list(world_operations.audits(now))
            + list(world_analytics.usage(now, by_minute=BY_MINUTE)) + list(world_analytics.cost(now, by_minute=BY_MINUTE))
            + [*world_names.entities(now), *world_names.budgets(now), *world_names.workspace_limits(world_operations.GROUPS, now)]
            + world_people.everything(now))


class Steady(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.documents = steady()
        cls.store = elastic.Store(cls.documents)
        cls.buckets = world_reports.buckets(NOW, by_minute=BY_MINUTE)
        cls.charged = world_reports.charged(NOW, by_minute=BY_MINUTE)

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
        read = set().union(*(board["streams"] for board in panels.BOARDS.values()))
        self.assertLessEqual(read, seen, "boards read streams of which there are no documents here")

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
                answers.answer(board, panel, elastic.Store(), NOW)

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
            self.assertEqual(row["tokens"], self.used(NOW - 7 * DAY, *TOKENS, model=row["model"]))
        console = {r["key"]: r["tokens"] for r in rows("token-usage", "by-api-key", self.store)}["Console"]
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
            if width == MINUTE and user.tier != "batch":  # batches have limits of their own
                mine = minutes.setdefault((user.model, start), [0, 0, 0])
                for place, value in enumerate((measures[TOKENS[0]] + measures[TOKENS[2]] + measures[TOKENS[3]], measures[TOKENS[1]],
                                               measures[TOKENS[4]])):
                    mine[place] += value
        found = {row["group"]: row for row in rows("rate-limits", "peak-minute", self.store)}
        self.assertEqual(sorted(found), ["Claude Haiku 4.x", "Claude Opus 5.x", "Claude Sonnet 5.x"])  # the others have no usage
        for name, _, models, limits in world_operations.GROUPS[:3]:
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
        self.assertEqual({(r["group"], r["limiter"], r["value"]) for r in found}, {
            ("Claude Sonnet 5.x", "input tokens per minute (cache-aware)", 250_000),
            ("Claude Sonnet 5.x", "input tokens per minute (cache-aware)", 500_000),
            ("Claude Sonnet 5.x", "output tokens per minute", 100_000), ("Claude Sonnet 5.x", "output tokens per minute", 200_000)})
        changed = min(d["@timestamp"] for d in world_operations.limits() if d["anthropic"]["rate_limit"].get("output_tokens_per_minute") == 200_000)
        new = [r for r in found if r["value"] == 200_000]
        self.assertEqual(new[0]["first_seen"][:19] + "Z", changed)

    def test_no_hour_is_counted_twice_when_the_grain_changes(self):
        widths = {d["anthropic"]["usage"]["bucket_width"] for d in self.documents if "usage" in d["anthropic"]}
        self.assertEqual(widths, {"1h", "1m"})
        self.assertEqual(rows("overview", "hours-counted-twice", self.store), [{"hours": 0}])

    def test_incidents_are_seen(self):
        store = previews()
        (row,) = rows("collector-health", "overlapping-grains", store)
        self.assertEqual(row["hours"], 3)
        self.assertEqual([r["documents"] for r in rows("collector-health", "pipeline-errors", store)], [2, 2])

    def test_days_of_billing_are_texts(self):
        """A date would be drawn in the browser's zone: the bill of the 1st would stand at the 31st in New York."""
        for slug, name in (("overview", "spend-per-day"), ("cost-billing", "spend-over-time"), ("cost-billing", "price-over-time")):
            _, panel = PANELS[slug, name]
            self.assertEqual(panel["xy"]["x"].get("as", "text"), "text", name)
            for row in rows(slug, name, self.store):
                self.assertRegex(row["day"], r"^2026-1[01]-[0-3]\d$", name)

    def test_audits_are_the_newest_of_each_stream(self):
        found = {row["stream"]: row for row in rows("collector-health", "audits", self.store)}
        self.assertEqual(set(found), {"usage", "cost"})
        usage = found["usage"]
        self.assertEqual((usage["audited"], usage["checked_to"], usage["last_exact_to"]),
                         ("2026-11-19T02:40:00.000Z", "2026-11-19T01:00:00.000Z", "2026-11-19T01:00:00.000Z"))
        self.assertEqual((usage["differences"], usage["repaired"], usage["found"], usage["corrected"]), (0, 0, 14, 14))

    def test_state_is_the_newest_and_errors_stay_visible(self):
        found = {row["stream"]: row for row in rows("collector-health", "state-by-stream", self.store)}
        usage = found["usage"]
        self.assertEqual((usage["status"], usage["seen"]), ("healthy", "2026-11-19T15:19:00.000Z"))
        self.assertEqual((usage["failure"], usage["failed"]), ("throttled (429)", "2026-11-19T09:59:00.000Z"))
        self.assertEqual((usage["newest"], usage["lag_minutes"]), ("2026-11-19T15:00:00.000Z", 19.0))
        self.assertIsNone(found["rate_limit"]["lag_minutes"])
        self.assertIsNone(found["cost"]["failure"])


class Pictures(unittest.TestCase):
    def test_they_show_what_the_engine_answers(self):
        for slug, board in panels.BOARDS.items():
            with self.subTest(slug):
                picture = tree.ROOT / "package" / "kibana" / "img" / f"{slug}.png"
                drawn = png.texts(picture.read_bytes()).get("Answers")
                self.assertEqual(drawn, answers.fingerprint(answers.answered(board, previews())),
                                 f"{picture.name} shows other answers than the engine gives; run make previews and look at it")


def columns_of(panel):
    chart = panel[boards.kind_of(panel)]
    for name in ("value", "beside", "by", "x", "split"):
        if name in chart:
            yield chart[name]
    yield from chart.get("columns", []) + chart.get("parts", []) + (chart["y"] if isinstance(chart.get("y"), list) else [])
    if isinstance(chart.get("y"), dict):
        yield chart["y"]


if __name__ == "__main__":
    unittest.main()
