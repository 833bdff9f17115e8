# SPDX-License-Identifier: Apache-2.0
"""What the rule about the cost of an API key has to do."""

import datetime

import rules
from rules import Mutant, Scenario
from simulated import at
from simulated_names import KEY, NAMES, OTHER_KEY, analytics_cost

SCENARIOS, MUTANTS = [], []
DAY = datetime.timedelta(days=1)
NOW, TODAY = "2026-09-16T10:20", at("2026-09-16")


def scenario(slug, name, now, documents, *fires):
    SCENARIOS.append(Scenario(slug, name, now, documents, fires))


SLUG = "key-cost-baseline"


def days(cents, count=14, first=2, **more):
    return [analytics_cost(TODAY - DAY * n, cents, **more) for n in range(first, first + count)]


scenario(SLUG, "four times as much", NOW, lambda: days(2000.0) + [analytics_cost(TODAY - DAY, 8000.0)],
         {"api_key": KEY, "name": NAMES[KEY], "day": "2026-09-15", "day_cents": 8000.0, "baseline_cents": 2000.0, "over_cents": 6000.0, "times": 4.0})
scenario(SLUG, "exactly factor and minimum", NOW, lambda: days(2000.0) + [analytics_cost(TODAY - DAY, 4000.0)], {"over_cents": 2000.0, "times": 2.0})
scenario(SLUG, "a hair below the factor", NOW, lambda: days(2500.0) + [analytics_cost(TODAY - DAY, 4999.99)])
scenario(SLUG, "below the minimum", NOW, lambda: days(100.0) + [analytics_cost(TODAY - DAY, 1900.0)])
scenario(SLUG, "another key pays for it", NOW, lambda: days(2000.0) + days(9000.0, key=OTHER_KEY) + [
    analytics_cost(TODAY - DAY, 2100.0), analytics_cost(TODAY - DAY, 30000.0, key=OTHER_KEY)], {"api_key": OTHER_KEY, "name": NAMES[OTHER_KEY]})
scenario(SLUG, "no history", NOW, lambda: [analytics_cost(TODAY - DAY, 90000.0)])
scenario(SLUG, "without a key", NOW, lambda: days(2000.0, key=None) + [analytics_cost(TODAY - DAY, 90000.0, key=None)])
scenario(SLUG, "corrected down", NOW, lambda: days(2000.0) + [analytics_cost(TODAY - DAY, 9000.0), analytics_cost(TODAY - DAY, -7000.0, revision=1)])
scenario(SLUG, "two grains of the newest day", NOW, lambda: days(2000.0) + [
    analytics_cost(TODAY - DAY, 3000.0), analytics_cost(TODAY - DAY, 3000.0, group_by=("api_key_id",)),
    analytics_cost(TODAY - DAY, 3000.0, namespace="staging")])
scenario(SLUG, "two currencies", NOW, lambda: days(2000.0) + days(2000.0, currency="EUR") + [
    analytics_cost(TODAY - DAY, 3000.0), analytics_cost(TODAY - DAY, 9000.0, currency="EUR")], {"currency": "EUR"})
scenario(SLUG, "the report is a week old", NOW, lambda: days(2000.0, first=8, count=10) + [analytics_cost(TODAY - DAY * 7, 9000.0)])
scenario(SLUG, "one outlier before changes nothing", NOW, lambda: days(2000.0) + [
    analytics_cost(TODAY - DAY * 5, 90000.0), analytics_cost(TODAY - DAY, 8000.0)], {"baseline_cents": 2000.0})
scenario(SLUG, "no documents", NOW, list)
MUTANTS += [
    Mutant(SLUG, "a factor a thousand times higher", "four times as much", rules.setting("factor", 2000.0)),
    Mutant(SLUG, "no minimum", "below the minimum", rules.setting("minimum_cents", 0.0)),
    Mutant(SLUG, "no minimum of history", "no history", rules.setting("minimum_history_days", 0)),
    Mutant(SLUG, "old reports are believed", "the report is a week old", rules.setting("stale_days", 30)),
    Mutant(SLUG, "grains are added", "two grains of the newest day", rules.function("max", "sum", "cents@2")),
    Mutant(SLUG, "corrections replace", "corrected down", rules.function("sum", "max", "cents@1")),
    Mutant(SLUG, "a window of five days", "four times as much", None, "5d"),
]
