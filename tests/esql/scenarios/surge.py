# SPDX-License-Identifier: Apache-2.0
"""What the rule about a surge of tokens has to do."""

import datetime

import rules
from rules import Mutant, Scenario
from simulated import MODELS, OTHER_ORGANIZATION, USAGE_GRAIN, WORKSPACES, World, at, usage

SCENARIOS, MUTANTS = [], []
OPUS = MODELS[0]
DEFAULT = WORKSPACES[0]
HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
NOW = "2026-09-16T10:20"  # the newest settled hour is that of 09:00
NEWEST = at("2026-09-16T09:00")


def hours(days, newest=NEWEST, **measures):
    """The same row in every hour of some days, the newest hour included."""
    return [usage(newest - HOUR * number, **measures) for number in range(days * 24)]


def same_hour(days, newest=NEWEST, first=1, **measures):
    """The same row in the newest hour's hour of the days before."""
    return [usage(newest - DAY * number, **measures) for number in range(first, days + 1)]


def scenario(slug, name, now, documents, *fires):
    SCENARIOS.append(Scenario(slug, name, now, documents, fires))


SLUG = "token-surge"


def surge(when, workspace, model):
    return 8 if (when, workspace, model) == (NEWEST, DEFAULT, OPUS) else 1


def office(when, workspace, model):
    """Work from eight to eighteen only, and ten times as much of it."""
    return 10 if 8 <= when.hour < 18 else 0


def at_night(when, workspace, model):
    return 40 if when == at("2026-09-16T02:00") and (workspace, model) == (DEFAULT, OPUS) else office(when, workspace, model)


scenario(
    SLUG,
    "a model and its workspace use eight times as much",
    NOW,
    lambda: World(1, at(NOW), 17).usage(change=surge),
    {"scope": f"model {OPUS}", "last_hour": "2026-09-16T09:00:00.000Z"},
    {"scope": f"workspace {DEFAULT}"},
)
scenario(
    SLUG,
    "a job at night, where there never was one",
    "2026-09-16T03:10",
    lambda: World(2, at("2026-09-16T03:10"), 17).usage(change=at_night),
    {"scope": f"model {OPUS}", "baseline_tokens": 0.0, "times": None},
    {"scope": f"workspace {DEFAULT}"},
)
for seed, now in (
    (3, NOW),
    (4, "2026-09-14T08:10"),
    (5, "2026-09-19T16:30"),
    (6, "2026-10-01T00:20"),
    (7, "2028-02-29T12:40"),
):
    scenario(SLUG, f"ordinary work, seed {seed}, {now}", now, lambda seed=seed, now=now: World(seed, at(now), 17).usage())
scenario(
    SLUG,
    "the morning's rise is no surge",
    "2026-09-16T09:10",
    lambda: World(8, at("2026-09-16T09:10"), 17).usage(change=office),
)
scenario(
    SLUG,
    "exactly factor and minimum",
    NOW,
    lambda: same_hour(14, output=500_000) + [usage(NEWEST, output=1_500_000)],
    {"scope": f"model {OPUS}", "hour_tokens": 1_500_000, "baseline_tokens": 500_000.0, "times": 3.0},
    {"scope": f"workspace {DEFAULT}"},
)
scenario(SLUG, "a token below the factor", NOW, lambda: same_hour(14, output=500_000) + [usage(NEWEST, output=1_499_999)])
scenario(SLUG, "below the minimum", NOW, lambda: same_hour(14, output=1000) + [usage(NEWEST, output=900_000)])
scenario(
    SLUG,
    "every kind of tokens counts",
    NOW,
    lambda: same_hour(14, output=500_000) + [usage(NEWEST, 400_000, 400_000, 400_000, 400_000)],
    {"scope": f"model {OPUS}"},
    {"scope": f"workspace {DEFAULT}"},
)
scenario(SLUG, "no history", NOW, lambda: [usage(NEWEST, output=9_000_000)])
scenario(SLUG, "six days of history", NOW, lambda: hours(6, output=1000) + [usage(NEWEST, output=9_000_000)])
scenario(
    SLUG,
    "seven days of history",
    NOW,
    lambda: same_hour(7, output=1000) + [usage(NEWEST, output=9_000_000)],
    {"scope": f"model {OPUS}", "known_days": 7},
    {"scope": f"workspace {DEFAULT}"},
)
scenario(
    SLUG,
    "corrected down to the ordinary",
    NOW,
    lambda: same_hour(14, output=500_000) + [usage(NEWEST, output=3_000_000), usage(NEWEST, output=-2_500_000, revision=1)],
)
scenario(
    SLUG,
    "two grains of the newest hour",
    NOW,
    lambda: same_hour(14, output=800_000)
    + [usage(NEWEST, output=1_400_000, group_by=grain) for grain in (USAGE_GRAIN, ("model", "workspace_id"))]
    + [usage(NEWEST, output=1_400_000, namespace="staging")],
)
scenario(
    SLUG,
    "minutes instead of hours since this hour",
    NOW,
    lambda: same_hour(14, output=600_000)
    + [usage(NEWEST + datetime.timedelta(minutes=m), output=40_000, width="1m") for m in range(60)],
    {"scope": f"model {OPUS}", "hour_tokens": 2_400_000},
    {"scope": f"workspace {DEFAULT}"},
)
scenario(
    SLUG,
    "whole days have no hours",
    NOW,
    lambda: [
        usage(at("2026-09-16T00:00") - DAY * n, output=9_000_000 if n == 1 else 1000, width="1d") for n in range(1, 16)
    ],
)
scenario(
    SLUG,
    "a surge of this morning is over",
    NOW,
    lambda: same_hour(14, NEWEST - HOUR * 5, output=500_000) + [usage(NEWEST - HOUR * 5, output=9_000_000)],
)
scenario(
    SLUG,
    "one outlier in the baseline changes nothing",
    NOW,
    lambda: same_hour(14, output=500_000) + [usage(NEWEST - DAY * 3, output=80_000_000), usage(NEWEST, output=2_000_000)],
    {"scope": f"model {OPUS}"},
    {"scope": f"workspace {DEFAULT}"},
)
scenario(
    SLUG,
    "the median of fourteen days, not of two",
    NOW,
    lambda: same_hour(2, output=5_000_000) + same_hour(14, first=3, output=500_000) + [usage(NEWEST, output=2_000_000)],
    {"scope": f"model {OPUS}", "baseline_tokens": 500_000.0},
    {"scope": f"workspace {DEFAULT}"},
)
scenario(
    SLUG,
    "not split at all",
    NOW,
    lambda: same_hour(14, output=500_000, group_by=()) + [usage(NEWEST, output=2_000_000, group_by=())],
    {"scope": "model (not split)"},
    {"scope": "workspace (not split)"},
)
scenario(
    SLUG,
    "one organization of two",
    NOW,
    lambda: World(9, at(NOW), 17, organization=OTHER_ORGANIZATION).usage(change=surge) + World(9, at(NOW), 17).usage(),
    {"organization": OTHER_ORGANIZATION, "scope": f"model {OPUS}"},
    {"organization": OTHER_ORGANIZATION, "scope": f"workspace {DEFAULT}"},
)
scenario(SLUG, "no documents", NOW, list)
MUTANTS += [
    Mutant(SLUG, "a factor a thousand times higher", "exactly factor and minimum", rules.setting("factor", 3000.0)),
    Mutant(SLUG, "no minimum", "below the minimum", rules.setting("minimum_tokens", 0)),
    Mutant(SLUG, "no minimum of history", "no history", rules.setting("minimum_history_days", 0)),
    Mutant(
        SLUG,
        "a baseline of two days",
        "the median of fourteen days, not of two",
        lambda query: rules.setting("baseline_days", 2)(rules.setting("minimum_history_days", 2)(query)),
    ),
    Mutant(SLUG, "old surges go on", "a surge of this morning is over", rules.setting("stale_hours", 20)),
    Mutant(SLUG, "grains are added", "two grains of the newest hour", rules.function("max", "sum", "tokens@2")),
    Mutant(SLUG, "corrections replace", "corrected down to the ordinary", rules.function("sum", "max", "tokens@1")),
    Mutant(SLUG, "a window of a day", "exactly factor and minimum", None, "24h"),
]
