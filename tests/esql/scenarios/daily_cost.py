# SPDX-License-Identifier: Apache-2.0
"""What the rule about the cost of a day has to do."""

import datetime

import rules
from rules import Mutant, Scenario
from simulated import OTHER_ORGANIZATION, WORKSPACES, World, at, cost

SCENARIOS, MUTANTS = [], []
ALPHA = WORKSPACES[1]
DAY = datetime.timedelta(days=1)


def daily(begin, count, cents, **more):
    """The same cost on each of some days."""
    return [cost(at(begin) + DAY * number, cents, **more) for number in range(count)]


def scenario(slug, name, now, documents, *fires):
    SCENARIOS.append(Scenario(slug, name, now, documents, fires))


SLUG = "daily-cost-baseline"
LAST = at("2026-09-15")


def spike(factor, day=LAST, workspace=ALPHA):
    return lambda when, where: factor if (when, where) == (day, workspace) else 1


scenario(
    SLUG,
    "one workspace costs five times as much",
    "2026-09-16T10:20",
    lambda: World(5, at("2026-09-16T10:20")).cost(4000.0, change=spike(5)),
    {"workspace": ALPHA, "day": "2026-09-15", "currency": "USD"},
)
scenario(
    SLUG,
    "the peak of yesterday does not hide today's",
    "2026-09-16T10:20",
    lambda: World(6, at("2026-09-16T10:20")).cost(4000.0, change=lambda when, where: 5 if when >= LAST - DAY else 1),
    {"workspace": ALPHA},
    {"workspace": "Default"},
)
for seed in range(7, 11):
    for now in ("2026-09-14T03:00", "2026-09-16T10:20", "2026-09-20T23:50", "2026-10-01T02:30"):
        scenario(
            SLUG, f"an ordinary day, seed {seed}, {now}", now, lambda seed=seed, now=now: World(seed, at(now)).cost(4000.0)
        )
scenario(
    SLUG,
    "exactly factor and minimum",
    "2026-09-16T10:20",
    lambda: daily("2026-08-28", 18, 2000.0) + daily("2026-09-15", 1, 4000.0),
    {"day_cents": 4000.0, "baseline_cents": 2000.0, "over_cents": 2000.0, "times": 2.0},
)
scenario(
    SLUG,
    "a hair below the factor",
    "2026-09-16T10:20",
    lambda: daily("2026-08-28", 18, 2000.0) + daily("2026-09-15", 1, 3999.99),
)
scenario(
    SLUG, "below the minimum", "2026-09-16T10:20", lambda: daily("2026-08-28", 18, 500.0) + daily("2026-09-15", 1, 2400.0)
)
scenario(SLUG, "no history", "2026-09-16T10:20", lambda: daily("2026-09-10", 5, 1000.0) + daily("2026-09-15", 1, 50000.0))
scenario(
    SLUG,
    "seven days of history",
    "2026-09-16T10:20",
    lambda: daily("2026-09-08", 7, 1000.0) + daily("2026-09-15", 1, 50000.0),
    {"baseline_cents": 1000.0},
)
scenario(
    SLUG,
    "a workspace without history beside one with",
    "2026-09-16T10:20",
    lambda: daily("2026-08-28", 19, 3000.0) + daily("2026-09-15", 1, 50000.0, workspace=ALPHA),
)
scenario(
    SLUG,
    "a workspace that mostly rests",
    "2026-09-16T10:20",
    lambda: daily("2026-08-28", 19, 3000.0)
    + [cost(at(d), 2500.0, workspace=ALPHA) for d in ("2026-09-01", "2026-09-08", "2026-09-15")],
    {"workspace": ALPHA, "baseline_cents": 0.0, "times": None},
)
scenario(
    SLUG,
    "a workspace that rests now",
    "2026-09-16T10:20",
    lambda: daily("2026-08-28", 19, 3000.0) + [cost(at(d), 90000.0, workspace=ALPHA) for d in ("2026-09-01", "2026-09-13")],
)
scenario(
    SLUG,
    "corrected down to the ordinary",
    "2026-09-16T10:20",
    lambda: daily("2026-08-28", 18, 3000.0) + [cost(LAST, 10000.0), cost(LAST, -6500.0, revision=1, total=3500.0)],
)
scenario(
    SLUG,
    "corrected up",
    "2026-09-16T10:20",
    lambda: daily("2026-08-28", 19, 3000.0) + [cost(LAST, 7000.0, revision=1, total=10000.0)],
    {"day_cents": 10000.0},
)
scenario(
    SLUG,
    "two groupings of the last day",
    "2026-09-16T10:20",
    lambda: daily("2026-08-28", 19, 3000.0) + daily("2026-09-15", 1, 3000.0, group_by=("workspace_id",)),
)
scenario(
    SLUG,
    "not split by workspace",
    "2026-09-16T10:20",
    lambda: daily("2026-08-28", 18, 3000.0, group_by=()) + daily("2026-09-15", 1, 9000.0, group_by=()),
    {"workspace": "not split by workspace"},
)
scenario(
    SLUG,
    "each currency by itself",
    "2026-09-16T10:20",
    lambda: daily("2026-08-28", 19, 3000.0)
    + daily("2026-08-28", 18, 3000.0, currency="EUR")
    + daily("2026-09-15", 1, 9000.0, currency="EUR"),
    {"currency": "EUR"},
)
scenario(
    SLUG,
    "the organization's own last day",
    "2026-09-16T10:20",
    lambda: daily("2026-08-28", 19, 3000.0)
    + daily("2026-08-28", 17, 3000.0, organization=OTHER_ORGANIZATION)
    + daily("2026-09-14", 1, 9000.0, organization=OTHER_ORGANIZATION),
    {"organization": OTHER_ORGANIZATION, "day": "2026-09-14"},
)
scenario(
    SLUG,
    "a peak five days ago and nothing since",
    "2026-09-16T10:20",
    lambda: daily("2026-08-28", 14, 3000.0) + daily("2026-09-11", 1, 9000.0),
)
scenario(
    SLUG,
    "a peak before the last day",
    "2026-09-16T10:20",
    lambda: World(5, at("2026-09-16T10:20")).cost(4000.0, change=spike(5, LAST - DAY)),
)
scenario(
    SLUG,
    "the first of the month, an expensive last day",
    "2026-03-01T02:30",
    lambda: daily("2026-02-10", 18, 3000.0) + daily("2026-02-28", 1, 9000.0),
    {"day": "2026-02-28"},
)
scenario(SLUG, "no documents", "2026-09-16T10:20", list)
MUTANTS += [
    Mutant(
        SLUG, "a factor a thousand times higher", "one workspace costs five times as much", rules.setting("factor", 2000.0)
    ),
    Mutant(
        SLUG,
        "a factor of one and no minimum",
        "an ordinary day, seed 7, 2026-09-16T10:20",
        lambda query: rules.setting("factor", 1.0)(rules.setting("minimum_cents", 0.0)(query)),
    ),
    Mutant(SLUG, "no minimum", "below the minimum", rules.setting("minimum_cents", 0.0)),
    Mutant(SLUG, "no minimum of history", "no history", rules.setting("minimum_history_days", 0)),
    Mutant(
        SLUG,
        "a baseline of one day",
        "the peak of yesterday does not hide today's",
        lambda query: rules.setting("baseline_days", 1)(rules.setting("minimum_history_days", 1)(query)),
    ),
    Mutant(SLUG, "groupings are added", "two groupings of the last day", rules.function("max", "sum", "cents@2")),
    Mutant(SLUG, "corrections replace", "corrected down to the ordinary", rules.function("sum", "max", "cents@1")),
    Mutant(SLUG, "old peaks go on", "a peak five days ago and nothing since", rules.setting("stale_days", 30)),
    Mutant(SLUG, "a window of a day", "one workspace costs five times as much", None, "24h"),
]


# ---- Caps: no history is needed --------------------------------------------------------------------
for SLUG, CAP, SPLIT in (("daily-cap-organization", 10000.0, {}), ("daily-cap-workspace", 5000.0, {"workspace": ALPHA})):
    scenario(
        SLUG,
        "the very first billed day",
        "2026-09-16T10:20",
        lambda cap=CAP, split=SPLIT: daily("2026-09-15", 1, cap, **split),
        {"day": "2026-09-15", "day_cents": CAP, "cap_cents": CAP, "used_percent": 100.0, **SPLIT},
    )
    scenario(
        SLUG,
        "a hair below the cap",
        "2026-09-16T10:20",
        lambda cap=CAP, split=SPLIT: daily("2026-09-15", 1, cap - 0.01, **split),
    )
    scenario(
        SLUG,
        "only the newest billed day counts",
        "2026-09-16T10:20",
        lambda cap=CAP, split=SPLIT: daily("2026-09-11", 4, cap * 3, **split) + daily("2026-09-15", 1, 10.0, **split),
    )
    scenario(
        SLUG,
        "yesterday is not billed yet",
        "2026-09-16T00:20",
        lambda cap=CAP, split=SPLIT: daily("2026-09-14", 1, cap * 2, **split),
        {"day": "2026-09-14", "used_percent": 200.0},
    )
    scenario(
        SLUG,
        "the collector stopped five days ago",
        "2026-09-16T10:20",
        lambda cap=CAP, split=SPLIT: daily("2026-09-11", 1, cap * 2, **split),
    )
    scenario(
        SLUG,
        "two groupings of the same day",
        "2026-09-16T10:20",
        lambda cap=CAP, split=SPLIT: daily("2026-09-15", 1, cap * 0.7, **split)
        + daily("2026-09-15", 1, cap * 0.7, group_by=("workspace_id",), **split),
    )
    scenario(
        SLUG,
        "corrected below the cap",
        "2026-09-16T10:20",
        lambda cap=CAP, split=SPLIT: [
            cost(LAST, cap * 2, **split),
            cost(LAST, cap * -1.5, revision=1, total=cap / 2, **split),
        ],
    )
    scenario(
        SLUG,
        "currencies are not added",
        "2026-09-16T10:20",
        lambda cap=CAP, split=SPLIT: daily("2026-09-15", 1, cap * 0.7, **split)
        + daily("2026-09-15", 1, cap * 0.7, currency="EUR", **split),
    )
    scenario(
        SLUG,
        "organizations are not added",
        "2026-09-16T10:20",
        lambda cap=CAP, split=SPLIT: daily("2026-09-15", 1, cap * 0.7, **split)
        + daily("2026-09-15", 1, cap * 0.7, organization=OTHER_ORGANIZATION, **split),
    )
    scenario(SLUG, "no documents", "2026-09-16T10:20", list)
    MUTANTS += [
        Mutant(SLUG, "a cap a thousand times higher", "the very first billed day", rules.setting("cap_cents", 1e7)),
        Mutant(SLUG, "no cap", "a hair below the cap", rules.setting("cap_cents", 1.0)),
        Mutant(SLUG, "old days go on", "the collector stopped five days ago", rules.setting("stale_days", 30)),
        Mutant(SLUG, "groupings are added", "two groupings of the same day", rules.function("max", "sum", "cents@2")),
        Mutant(SLUG, "corrections replace", "corrected below the cap", rules.function("sum", "max", "cents@1")),
        Mutant(SLUG, "a window of a day", "the very first billed day", None, "24h"),
    ]
scenario(
    "daily-cap-organization",
    "workspaces are added",
    "2026-09-16T10:20",
    lambda: daily("2026-09-15", 1, 6000.0) + daily("2026-09-15", 1, 6000.0, workspace=ALPHA),
    {"day_cents": 12000.0},
)
scenario(
    "daily-cap-workspace",
    "workspaces are not added",
    "2026-09-16T10:20",
    lambda: daily("2026-09-15", 1, 4000.0) + daily("2026-09-15", 1, 4000.0, workspace=ALPHA),
)
