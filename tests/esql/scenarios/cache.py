# SPDX-License-Identifier: Apache-2.0
"""What the rule about the cache hit rate has to do."""

import datetime

import rules
from rules import Mutant, Scenario
from simulated import MODELS, OTHER_ORGANIZATION, USAGE_GRAIN, World, at, usage

SCENARIOS, MUTANTS = [], []
OPUS, SONNET = MODELS
HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
NOW = "2026-09-16T10:20"  # the newest settled hour is that of 09:00
NEWEST = at("2026-09-16T09:00")


def scenario(slug, name, now, documents, *fires):
    SCENARIOS.append(Scenario(slug, name, now, documents, fires))


SLUG = "cache-hit-rate"


def falls(to, model=OPUS, since=NEWEST - HOUR * 5):
    return lambda when, workspace, used: to if used == model and when >= since else 0.6


def busy(when, workspace, model):
    return 5


def rated(days, rate, input_tokens=2_000_000, newest=NEWEST, **more):
    """One row a day, in the newest hour's hour."""
    cached = int(input_tokens * rate)
    return [usage(newest - DAY * n, cached=cached, uncached=input_tokens - cached, **more) for n in range(1, days + 1)]


def latest(rate, input_tokens=2_000_000, newest=NEWEST, **more):
    cached = int(input_tokens * rate)
    return [usage(newest, cached=cached, uncached=input_tokens - cached, **more)]


scenario(
    SLUG,
    "one model falls from 60 % to 20 %",
    NOW,
    lambda: World(11, at(NOW), 17).usage(change=busy, hit_rate=falls(0.2)),
    {"model": OPUS, "days": 14},
)
scenario(
    SLUG,
    "both models lose the cache",
    NOW,
    lambda: World(12, at(NOW), 17).usage(
        change=busy, hit_rate=lambda when, workspace, model: 0.05 if when >= NEWEST - HOUR * 5 else 0.6
    ),
    {"model": OPUS},
    {"model": SONNET},
)
for seed, now in ((13, NOW), (14, "2026-09-19T16:30"), (15, "2026-10-01T00:20")):
    scenario(SLUG, f"ordinary work, seed {seed}, {now}", now, lambda seed=seed, now=now: World(seed, at(now), 17).usage())
scenario(SLUG, "a fall by a tenth", NOW, lambda: World(16, at(NOW), 17).usage(hit_rate=falls(0.5)))
scenario(SLUG, "a rise", NOW, lambda: World(16, at(NOW), 17).usage(hit_rate=falls(0.95)))
scenario(SLUG, "no cache at all, ever", NOW, lambda: World(17, at(NOW), 17).usage(hit_rate=0))
scenario(
    SLUG,
    "every night the cache is cold",
    "2026-09-16T03:10",
    lambda: World(18, at("2026-09-16T03:10"), 17).usage(
        change=busy, hit_rate=lambda when, workspace, model: 0.1 if when.hour < 6 else 0.8
    ),
)
scenario(
    SLUG,
    "exactly the fall",
    NOW,
    lambda: rated(14, 0.6) + latest(0.4),
    {"hit_rate": 0.4, "baseline_rate": 0.6, "fell_by": 0.2},
)
scenario(SLUG, "a hair less", NOW, lambda: rated(14, 0.6) + latest(0.4001))
scenario(SLUG, "too little input to judge", NOW, lambda: rated(14, 0.6) + latest(0.0, 999_999))
scenario(SLUG, "four days of history", NOW, lambda: rated(4, 0.6) + latest(0.0))
scenario(SLUG, "five days of history", NOW, lambda: rated(5, 0.6) + latest(0.0), {"days": 5, "hit_rate": 0.0})
scenario(
    SLUG,
    "one bad day in the baseline changes nothing",
    NOW,
    lambda: rated(14, 0.7)[1:] + [usage(NEWEST - DAY, uncached=90_000_000)] + latest(0.3),
    {"baseline_rate": 0.7},
)
scenario(
    SLUG,
    "cache writes are input",
    NOW,
    lambda: rated(14, 0.6) + [usage(NEWEST, cached=1_000_000, written=3_000_000)],
    {"hit_rate": 0.25},
)
scenario(
    SLUG,
    "corrected up to the ordinary",
    NOW,
    lambda: rated(14, 0.6)
    + [usage(NEWEST, uncached=2_000_000), usage(NEWEST, uncached=-1_200_000, cached=1_200_000, revision=1)],
)
scenario(
    SLUG,
    "two grains of all hours",
    NOW,
    lambda: [
        document
        for grain in (USAGE_GRAIN, ("model",))
        for document in rated(14, 0.6, 700_000, group_by=grain) + latest(0.0, 700_000, group_by=grain)
    ],
)
scenario(
    SLUG,
    "whole days",
    "2026-09-16T10:20",
    lambda: rated(14, 0.6, newest=at("2026-09-15"), width="1d") + latest(0.1, newest=at("2026-09-15"), width="1d"),
    {"hit_rate": 0.1},
)
scenario(
    SLUG,
    "a fall of yesterday, unused since",
    NOW,
    lambda: rated(14, 0.6, newest=NEWEST - HOUR * 12) + latest(0.0, newest=NEWEST - HOUR * 12),
)
scenario(
    SLUG,
    "one organization of two",
    NOW,
    lambda: rated(14, 0.6)
    + latest(0.6)
    + rated(14, 0.6, organization=OTHER_ORGANIZATION)
    + latest(0.1, organization=OTHER_ORGANIZATION),
    {"organization": OTHER_ORGANIZATION},
)
scenario(SLUG, "no documents", NOW, list)
MUTANTS += [
    Mutant(SLUG, "a fall that cannot be", "exactly the fall", rules.setting("minimum_fall", 200.0)),
    Mutant(SLUG, "any fall", "a fall by a tenth", rules.setting("minimum_fall", 0.05)),
    Mutant(SLUG, "no minimum of input", "too little input to judge", rules.setting("minimum_input_tokens", 1)),
    Mutant(SLUG, "no minimum of history", "four days of history", rules.setting("minimum_days", 1)),
    Mutant(SLUG, "the hour of day does not matter", "one model falls from 60 % to 20 %", rules.setting("recent_hours", 24)),
    Mutant(
        SLUG,
        "an average for the median",
        "one bad day in the baseline changes nothing",
        rules.function("median", "min", "baseline_rate"),
    ),
    Mutant(SLUG, "corrections are taken alone", "corrected up to the ordinary", rules.function("sum", "min", "cached@1")),
    Mutant(SLUG, "grains are added", "two grains of all hours", rules.function("max", "sum", "input@2")),
    Mutant(SLUG, "old falls go on", "a fall of yesterday, unused since", rules.setting("stale_hours", 30)),
    Mutant(SLUG, "a window of two days", "exactly the fall", None, "2d"),
]
