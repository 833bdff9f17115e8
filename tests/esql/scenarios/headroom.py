# SPDX-License-Identifier: Apache-2.0
"""What the rule about the headroom below the rate limits has to do."""

import datetime

import rules
from rules import Mutant, Scenario
from simulated import MODELS, OTHER_ORGANIZATION, USAGE_GRAIN, WORKSPACES, World, at, limit, usage

SCENARIOS, MUTANTS = [], []
OPUS, SONNET = MODELS
MINUTE, HOUR = datetime.timedelta(minutes=1), datetime.timedelta(hours=1)
NOW = "2026-09-16T10:20"
POLL = at("2026-09-16T10:15")
GROUP, OTHER_GROUP = "rlg_01InventedGroup0000000001", "rlg_01InventedGroup0000000002"
PEAK = at("2026-09-16T09:31")  # the limit of fresh input is 2,000,000 a minute, that of output 400,000


def minute(when=PEAK, **measures):
    return usage(when, width="1m", **measures)


def scenario(slug, name, now, documents, *fires):
    SCENARIOS.append(Scenario(slug, name, now, documents, fires))


SLUG = "headroom"


def peak(factor):
    """Quiet work in minutes, and one minute of much more."""
    return lambda when, workspace, model: factor if when == PEAK else 1


def minutes_of_work(seed, factor, **more):
    world = World(seed, at(NOW), 0.2, **more)
    return world.usage("1m", change=peak(factor), hit_rate=0.2) + world.limits(6)


scenario(
    SLUG,
    "one busy minute of quiet hours",
    NOW,
    lambda: minutes_of_work(41, 400),
    {"group_id": GROUP, "group_name": "Claude 5", "bucket_minutes": 1, "input_limit": 2_000_000, "output_limit": 400_000},
)
scenario(SLUG, "quiet hours", NOW, lambda: minutes_of_work(42, 1))
scenario(SLUG, "a busier minute with room left", NOW, lambda: minutes_of_work(43, 30))
scenario(SLUG, "a fifth is left exactly", NOW, lambda: [limit(POLL), minute(uncached=1_600_000)])
scenario(
    SLUG,
    "a token less than a fifth",
    NOW,
    lambda: [limit(POLL), minute(uncached=1_600_001)],
    {"limiter": "input tokens per minute", "headroom_percent": 20.0, "input_percent": 80.0},
)
scenario(SLUG, "nothing is left", NOW, lambda: [limit(POLL), minute(uncached=2_100_000)], {"headroom_percent": -5.0})
scenario(
    SLUG,
    "the models of a group share its limit",
    NOW,
    lambda: [limit(POLL), minute(uncached=900_000), minute(uncached=900_000, model=SONNET)],
    {"input_percent": 90.0},
)
scenario(
    SLUG,
    "workspaces share it too",
    NOW,
    lambda: [limit(POLL), minute(uncached=900_000), minute(uncached=900_000, workspace=WORKSPACES[1])],
    {"input_percent": 90.0},
)
scenario(
    SLUG,
    "one peak among idle minutes",
    NOW,
    lambda: [limit(POLL), minute(uncached=1_900_000)] + [minute(PEAK + MINUTE * n, uncached=10) for n in range(1, 9)],
    {"input_percent": 95.0},
)
scenario(
    SLUG,
    "spread over two minutes",
    NOW,
    lambda: [limit(POLL), minute(uncached=900_000), minute(PEAK + MINUTE, uncached=900_000)],
)
scenario(
    SLUG,
    "models of two groups",
    NOW,
    lambda: [
        limit(POLL, models=[OPUS]),
        limit(POLL, OTHER_GROUP, [SONNET], name="Sonnet"),
        minute(uncached=900_000),
        minute(uncached=900_000, model=SONNET),
    ],
)
scenario(
    SLUG,
    "cache reads do not count against a cache-aware limit",
    NOW,
    lambda: [limit(POLL), minute(cached=9_000_000, uncached=10)],
)
scenario(SLUG, "cache writes do", NOW, lambda: [limit(POLL), minute(written=1_700_000)], {"input_percent": 85.0})
scenario(
    SLUG,
    "cache reads count against any other limit",
    NOW,
    lambda: [limit(POLL, aware=None, plain=2_000_000), minute(cached=1_900_000)],
    {"input_percent": 95.0, "input_limit": 2_000_000},
)
scenario(
    SLUG,
    "the output is the nearer limit",
    NOW,
    lambda: [limit(POLL), minute(uncached=10, output=390_000)],
    {"limiter": "output tokens per minute", "headroom_percent": 2.5, "output_percent": 97.5},
)
scenario(
    SLUG,
    "a lowered limit counts at once",
    NOW,
    lambda: [limit(POLL - HOUR), limit(POLL, aware=1_000_000), minute(uncached=900_000)],
    {"input_limit": 1_000_000, "input_percent": 90.0},
)
scenario(
    SLUG,
    "a raised limit counts at once",
    NOW,
    lambda: [limit(POLL - HOUR, aware=1_000_000), limit(POLL), minute(uncached=900_000)],
)
scenario(
    SLUG,
    "a model moved to another group",
    NOW,
    lambda: [
        limit(POLL - HOUR, models=[OPUS, SONNET], aware=1_000_000),
        limit(POLL, models=[SONNET], aware=1_000_000),
        limit(POLL, OTHER_GROUP, [OPUS]),
        minute(uncached=900_000),
    ],
)
scenario(
    SLUG,
    "hours instead of minutes",
    NOW,
    lambda: [limit(POLL), usage(at("2026-09-16T09:00"), uncached=60 * 1_700_000)],
    {"bucket_minutes": 60, "input_percent": 85.0},
)
scenario(
    SLUG,
    "an hour with as much as a minute may have",
    NOW,
    lambda: [limit(POLL), usage(at("2026-09-16T09:00"), uncached=1_700_000)],
)
scenario(
    SLUG,
    "whole days say nothing of minutes",
    NOW,
    lambda: [limit(POLL), usage(at("2026-09-16"), uncached=10**12, width="1d")],
)
scenario(SLUG, "a peak before the last three hours", NOW, lambda: [limit(POLL), minute(PEAK - HOUR * 3, uncached=1_900_000)])
scenario(SLUG, "batches have limits of their own", NOW, lambda: [limit(POLL), minute(uncached=1_900_000, tier="batch")])
scenario(
    SLUG, "corrected down", NOW, lambda: [limit(POLL), minute(uncached=1_900_000), minute(uncached=-900_000, revision=1)]
)
scenario(
    SLUG,
    "corrected up",
    NOW,
    lambda: [limit(POLL), minute(uncached=900_000), minute(uncached=900_000, revision=1)],
    {"input_percent": 90.0},
)
scenario(
    SLUG,
    "two grains of one minute",
    NOW,
    lambda: [limit(POLL)] + [minute(uncached=1_000_000, group_by=grain) for grain in (USAGE_GRAIN, ("model",))],
)
scenario(SLUG, "a model that no group names", NOW, lambda: [limit(POLL, models=[SONNET]), minute(uncached=9_000_000)])
scenario(SLUG, "no limits known", NOW, lambda: [minute(uncached=9_000_000)])
scenario(
    SLUG,
    "limits of one organization, usage of another",
    NOW,
    lambda: [limit(POLL), minute(uncached=1_900_000, organization=OTHER_ORGANIZATION)],
)
scenario(
    SLUG,
    "each organization by its own limit",
    NOW,
    lambda: [
        limit(POLL),
        limit(POLL, organization=OTHER_ORGANIZATION, aware=1_000_000),
        minute(uncached=900_000),
        minute(uncached=900_000, organization=OTHER_ORGANIZATION),
    ],
    {"organization": OTHER_ORGANIZATION},
)
scenario(
    SLUG,
    "the first of the month",
    "2026-10-01T00:05",
    lambda: [limit(at("2026-10-01T00:00")), minute(at("2026-09-30T23:58"), uncached=1_900_000)],
    {"input_percent": 95.0},
)
scenario(SLUG, "no documents", NOW, list)
MUTANTS += [
    Mutant(
        SLUG,
        "no headroom is too little",
        "one busy minute of quiet hours",
        rules.setting("minimum_headroom_percent", -1000.0),
    ),
    Mutant(SLUG, "all headroom is too little", "quiet hours", rules.setting("minimum_headroom_percent", 99.9)),
    Mutant(
        SLUG,
        "a peak is remembered for six hours",
        "a peak before the last three hours",
        rules.setting("recent_minutes", 360),
    ),
    Mutant(
        SLUG, "the oldest limits for the newest", "a lowered limit counts at once", rules.function("max", "min", "limits")
    ),
    Mutant(
        SLUG,
        "the busiest model for the group",
        "the models of a group share its limit",
        rules.function("sum", "max", "fresh@4"),
    ),
    Mutant(SLUG, "workspaces replace each other", "workspaces share it too", rules.function("sum", "max", "fresh@1")),
    Mutant(SLUG, "grains are added", "two grains of one minute", rules.function("max", "sum", "fresh@2")),
    Mutant(SLUG, "an average for the peak", "one peak among idle minutes", rules.function("max", "avg", "input_percent")),
    Mutant(SLUG, "batches count", "batches have limits of their own", rules.without("WHERE", 2)),
    Mutant(SLUG, "a window of half an hour", "one busy minute of quiet hours", None, "30m"),
]
