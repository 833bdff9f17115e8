# SPDX-License-Identifier: Apache-2.0
"""What the rules about a month's budget have to do: reached, and projected."""

import datetime

import rules
from rules import Mutant, Scenario
from simulated import OTHER_ORGANIZATION, World, at, cost

SCENARIOS, MUTANTS = [], []
DAY = datetime.timedelta(days=1)


def daily(begin, count, cents, **more):
    """The same cost on each of some days."""
    return [cost(at(begin) + DAY * number, cents, **more) for number in range(count)]


def scenario(slug, name, now, documents, *fires):
    SCENARIOS.append(Scenario(slug, name, now, documents, fires))


# ---- Monthly budget ------------------------------------------------------------------------------
SLUG = "monthly-budget"
scenario(
    SLUG,
    "a busy organization passes the budget",
    "2026-09-16T10:20",
    lambda: World(1, at("2026-09-16T10:20")).cost(9000.0),
    {"currency": "USD", "month": "2026-09", "budget_cents": 100000.0, "newest_day": "2026-09-15"},
)
scenario(SLUG, "a calm organization", "2026-09-16T10:20", lambda: World(2, at("2026-09-16T10:20")).cost(2500.0))
scenario(
    SLUG,
    "exactly the budget",
    "2026-09-16T10:20",
    lambda: [cost(at("2026-09-01"), 60000.0), cost(at("2026-09-15"), 40000.0)],
    {"spent_cents": 100000.0, "used_percent": 100.0},
)
scenario(
    SLUG,
    "a hair below the budget",
    "2026-09-16T10:20",
    lambda: [cost(at("2026-09-01"), 60000.0), cost(at("2026-09-15"), 39999.99)],
)
scenario(
    SLUG,
    "corrected below the budget",
    "2026-09-16T10:20",
    lambda: [cost(at("2026-09-02"), 120000.0), cost(at("2026-09-02"), -30000.0, revision=1, total=90000.0)],
)
scenario(
    SLUG,
    "corrected above the budget",
    "2026-09-16T10:20",
    lambda: [cost(at("2026-09-02"), 90000.0), cost(at("2026-09-02"), 30000.0, revision=1, total=120000.0)],
    {"spent_cents": 120000.0},
)
scenario(
    SLUG,
    "two groupings of the same days",
    "2026-09-16T10:20",
    lambda: daily("2026-09-01", 15, 4000.0) + daily("2026-09-01", 15, 4000.0, group_by=()),
)
scenario(
    SLUG,
    "two collectors of the same days",
    "2026-09-16T10:20",
    lambda: daily("2026-09-01", 15, 4000.0) + daily("2026-09-01", 15, 4000.0, namespace="staging"),
)
scenario(
    SLUG,
    "the grouping changes within the month",
    "2026-09-16T10:20",
    lambda: daily("2026-09-01", 8, 7000.0) + daily("2026-09-09", 7, 7000.0, group_by=("description",)),
    {"spent_cents": 105000.0},
)
scenario(
    SLUG,
    "two currencies are not added",
    "2026-09-16T10:20",
    lambda: daily("2026-09-01", 15, 5000.0) + daily("2026-09-01", 15, 5000.0, currency="EUR"),
)
scenario(
    SLUG,
    "one currency of two",
    "2026-09-16T10:20",
    lambda: daily("2026-09-01", 15, 5000.0) + daily("2026-09-01", 15, 8000.0, currency="EUR"),
    {"currency": "EUR", "spent_cents": 120000.0},
)
scenario(
    SLUG,
    "two organizations are not added",
    "2026-09-16T10:20",
    lambda: daily("2026-09-01", 15, 5000.0) + daily("2026-09-01", 15, 5000.0, organization=OTHER_ORGANIZATION),
)
scenario(
    SLUG,
    "one organization of two",
    "2026-09-16T10:20",
    lambda: daily("2026-09-01", 15, 5000.0) + daily("2026-09-01", 15, 8000.0, organization=OTHER_ORGANIZATION),
    {"organization": OTHER_ORGANIZATION},
)
scenario(
    SLUG,
    "the first day counts on day 31",
    "2026-08-31T23:50",
    lambda: [cost(at("2026-08-01"), 90000.0), cost(at("2026-08-30"), 10000.0)],
    {"month": "2026-08"},
)
scenario(
    SLUG,
    "the last day is billed in the next month",
    "2026-10-01T02:30",
    lambda: daily("2026-09-01", 29, 3400.0) + daily("2026-09-30", 1, 3400.0),
    {"month": "2026-09", "spent_cents": 102000.0},
)
scenario(SLUG, "the month before is over after three days", "2026-10-04T02:30", lambda: daily("2026-09-01", 30, 3400.0))
scenario(
    SLUG,
    "last month does not count in this",
    "2026-09-10T10:00",
    lambda: daily("2026-08-15", 17, 9000.0) + daily("2026-09-01", 9, 500.0),
)
scenario(SLUG, "the first of the month, nothing billed", "2026-09-01T00:30", lambda: daily("2026-08-01", 31, 3000.0))
scenario(
    SLUG,
    "leap day",
    "2028-02-29T12:00",
    lambda: daily("2028-02-01", 28, 3600.0),
    {"month": "2028-02", "spent_cents": 100800.0},
)
scenario(SLUG, "no documents", "2026-09-16T10:20", list)
MUTANTS += [
    Mutant(SLUG, "a budget a thousand times higher", "exactly the budget", rules.setting("budget_cents", 1e8)),
    Mutant(
        SLUG, "the month before is never watched", "the last day is billed in the next month", rules.setting("grace_days", 0)
    ),
    Mutant(
        SLUG,
        "the month before is watched forever",
        "the month before is over after three days",
        rules.setting("grace_days", 31),
    ),
    Mutant(SLUG, "groupings are added", "two groupings of the same days", rules.function("max", "sum", "cents@2")),
    Mutant(SLUG, "corrections replace", "corrected below the budget", rules.function("sum", "max", "cents@1")),
    Mutant(SLUG, "no filter by month", "last month does not count in this", rules.without("WHERE", 3)),
    Mutant(SLUG, "a window of 30 days", "the first day counts on day 31", None, "30d"),
]


# ---- Projected overspend -------------------------------------------------------------------------
SLUG = "projected-overspend"
scenario(
    SLUG,
    "4,000 a day",
    "2026-09-16T10:20",
    lambda: daily("2026-08-27", 20, 4000.0),
    {
        "billed_cents": 60000.0,
        "estimated_cents_per_day": 4000.0,
        "days_left": 15,
        "estimated_month_cents": 120000.0,
        "last_day": "2026-09-15",
    },
)
scenario(SLUG, "3,000 a day", "2026-09-16T10:20", lambda: daily("2026-08-27", 20, 3000.0))
scenario(
    SLUG,
    "an organization at work",
    "2026-09-16T10:20",
    lambda: World(3, at("2026-09-16T10:20")).cost(4000.0),
    {"currency": "USD"},
)
scenario(SLUG, "a calm organization", "2026-09-16T10:20", lambda: World(4, at("2026-09-16T10:20")).cost(1500.0))
scenario(
    SLUG,
    "exactly the budget",
    "2026-09-16T10:20",
    lambda: [cost(at("2026-09-01"), 12000.0), *daily("2026-09-09", 7, 4000.0)],
    {"estimated_month_cents": 100000.0},
)
scenario(
    SLUG,
    "a hair below the budget",
    "2026-09-16T10:20",
    lambda: [cost(at("2026-09-01"), 11999.9), *daily("2026-09-09", 7, 4000.0)],
)
scenario(
    SLUG,
    "the first of the month",
    "2026-09-01T02:30",
    lambda: daily("2026-08-20", 12, 4000.0),
    {"billed_cents": 0.0, "days_left": 30, "estimated_month_cents": 120000.0},
)
scenario(SLUG, "the first of the month, calm", "2026-09-01T02:30", lambda: daily("2026-08-01", 31, 3000.0))
scenario(
    SLUG,
    "day 31, one day left",
    "2026-08-31T10:00",
    lambda: daily("2026-08-01", 30, 3300.0),
    {"days_left": 1, "billed_cents": 99000.0, "estimated_month_cents": 102300.0},
)
scenario(
    SLUG,
    "leap year",
    "2028-02-15T10:00",
    lambda: daily("2028-02-01", 14, 3500.0),
    {"days_left": 15, "estimated_month_cents": 101500.0},
)
scenario(SLUG, "no leap year", "2026-02-15T10:00", lambda: daily("2026-02-01", 14, 3500.0))
scenario(
    SLUG,
    "days without cost count",
    "2026-09-16T10:20",
    lambda: daily("2026-08-27", 1, 9000.0) + daily("2026-09-14", 2, 9000.0),
)
scenario(SLUG, "no history", "2026-09-16T10:20", lambda: daily("2026-09-14", 2, 40000.0))
scenario(
    SLUG,
    "three days of history",
    "2026-09-16T10:20",
    lambda: daily("2026-09-13", 3, 6000.0),
    {"estimated_month_cents": 108000.0},
)
scenario(SLUG, "the collector stopped five days ago", "2026-09-16T10:20", lambda: daily("2026-08-27", 15, 8000.0))
scenario(
    SLUG,
    "two groupings of the same days",
    "2026-09-16T10:20",
    lambda: daily("2026-08-27", 20, 3000.0) + daily("2026-08-27", 20, 3000.0, group_by=()),
)
scenario(
    SLUG,
    "one currency of two",
    "2026-09-16T10:20",
    lambda: daily("2026-08-27", 20, 3000.0) + daily("2026-08-27", 20, 3500.0, currency="EUR"),
    {"currency": "EUR", "estimated_month_cents": 105000.0},
)
scenario(
    SLUG,
    "one organization of two",
    "2026-09-16T10:20",
    lambda: daily("2026-08-27", 20, 3000.0) + daily("2026-08-27", 20, 5000.0, organization=OTHER_ORGANIZATION),
    {"organization": OTHER_ORGANIZATION},
)
scenario(
    SLUG,
    "corrected down",
    "2026-09-16T10:20",
    lambda: daily("2026-08-27", 20, 4000.0) + daily("2026-08-27", 20, -1000.0, revision=1, total=3000.0),
)
scenario(SLUG, "no documents", "2026-09-16T10:20", list)
MUTANTS += [
    Mutant(SLUG, "a budget a thousand times higher", "4,000 a day", rules.setting("budget_cents", 1e8)),
    Mutant(SLUG, "an average of many days", "exactly the budget", rules.setting("run_rate_days", 30)),
    Mutant(SLUG, "an average of three days", "days without cost count", rules.setting("run_rate_days", 3)),
    Mutant(SLUG, "no minimum of history", "no history", rules.setting("minimum_days", 0)),
    Mutant(SLUG, "a stopped collector is believed", "the collector stopped five days ago", rules.setting("stale_days", 30)),
    Mutant(SLUG, "groupings are added", "two groupings of the same days", rules.function("max", "sum", "cents@2")),
    Mutant(SLUG, "corrections replace", "corrected down", rules.function("sum", "max", "cents@1")),
    Mutant(SLUG, "today's rest of the month is forgotten", "4,000 a day", rules.function("greatest", "least", "days_left")),
    Mutant(SLUG, "a window of 10 days", "day 31, one day left", None, "10d"),
]
