# SPDX-License-Identifier: Apache-2.0
"""What the rule about changed rate limits has to do."""

import datetime

import rules
from rules import Mutant, Scenario
from simulated import OTHER_ORGANIZATION, World, at, limit

SCENARIOS, MUTANTS = [], []
MINUTE, HOUR = datetime.timedelta(minutes=1), datetime.timedelta(hours=1)
NOW = "2026-09-16T10:20"
POLL = at("2026-09-16T10:15")
GROUP, OTHER_GROUP = "rlg_01InventedGroup0000000001", "rlg_01InventedGroup0000000002"


def scenario(slug, name, now, documents, *fires):
    SCENARIOS.append(Scenario(slug, name, now, documents, fires))


SLUG = "rate-limit-changed"
CHANGE = at("2026-09-16T03:00")


def since(when, **values):
    return lambda moment: values if moment >= when else {}


scenario(
    SLUG,
    "the input limit is halved",
    NOW,
    lambda: World(51, at(NOW)).limits(change=since(CHANGE, aware=1_000_000)),
    {
        "group_id": GROUP,
        "group_name": "Claude 5",
        "limiter": "input_tokens_per_minute_cache_aware",
        "value": "1000000",
        "previous_value": "2000000",
        "change_percent": -50.0,
        "previous_until": "2026-09-16T02:45:00.000Z",
    },
)
scenario(
    SLUG,
    "all limits are raised",
    NOW,
    lambda: World(52, at(NOW)).limits(change=since(CHANGE, requests=8000, aware=4_000_000, output=800_000)),
    {"limiter": "requests_per_minute", "change_percent": 100.0},
    {"limiter": "output_tokens_per_minute"},
    {"limiter": "input_tokens_per_minute_cache_aware"},
)
scenario(
    SLUG,
    "nothing changes",
    NOW,
    lambda: World(53, at(NOW)).limits() + World(53, at(NOW)).limits(group=OTHER_GROUP, aware=7, models=["x"]),
)
scenario(
    SLUG,
    "changed more than a day ago",
    NOW,
    lambda: World(54, at(NOW)).limits(48, change=since(at("2026-09-15T09:00"), aware=1)),
)
scenario(
    SLUG, "the first poll after a change", NOW, lambda: [limit(POLL - MINUTE * 15), limit(POLL, output=1)], {"value": "1"}
)
scenario(
    SLUG,
    "there and back",
    NOW,
    lambda: World(55, at(NOW)).limits(change=lambda when: {"output": 5} if when == CHANGE else {}),
    {"value": "400000", "previous_value": "5"},
)
scenario(
    SLUG,
    "one group of two",
    NOW,
    lambda: World(56, at(NOW)).limits()
    + World(56, at(NOW)).limits(
        group=OTHER_GROUP, name="Haiku", models=["claude-haiku-5"], change=since(CHANGE, requests=9)
    ),
    {"group_id": OTHER_GROUP, "group_name": "Haiku"},
)
scenario(SLUG, "a new group", NOW, lambda: World(57, at(NOW)).limits() + [limit(POLL, OTHER_GROUP, ["claude-next"])])
scenario(
    SLUG,
    "a group gets a model and another name",
    NOW,
    lambda: World(58, at(NOW)).limits(change=since(CHANGE, models=["a", "b", "c"], name="Claude")),
)
scenario(
    SLUG,
    "batches, which have no group id",
    NOW,
    lambda: [
        limit(
            when,
            None,
            None,
            requests=2000,
            aware=None,
            output=None,
            name=None,
            kind="batch",
            others=[("enqueued_batch_requests", 5)],
        )
        for when in (POLL - HOUR, POLL)
    ],
)
scenario(
    SLUG,
    "a limiter without a field",
    NOW,
    lambda: [
        limit(
            when,
            OTHER_GROUP,
            None,
            None,
            None,
            None,
            None,
            name=None,
            kind="web_search",
            others=[("tool_uses_per_second", value)],
        )
        for when, value in ((POLL - HOUR, 25), (POLL, 10))
    ],
    {"limiter": "others (tool_uses_per_second)", "value": "10", "previous_value": "25", "change_percent": None},
)
scenario(
    SLUG,
    "one organization of two",
    NOW,
    lambda: World(59, at(NOW)).limits()
    + World(59, at(NOW), organization=OTHER_ORGANIZATION).limits(change=since(CHANGE, output=1)),
    {"organization": OTHER_ORGANIZATION},
)
NAMELESS = dict(group=None, name=None)  # as an older answer of the API has them
scenario(
    SLUG,
    "groups without a name are told apart by their models",
    NOW,
    lambda: World(60, at(NOW)).limits(models=["a"], output=1000, **NAMELESS)
    + World(61, at(NOW)).limits(models=["b", "c"], output=2000, **NAMELESS),
)
scenario(
    SLUG,
    "a group without a name",
    NOW,
    lambda: World(60, at(NOW)).limits(models=["a"], output=1000, **NAMELESS)
    + World(61, at(NOW)).limits(models=["b", "c"], change=since(CHANGE, output=500), **NAMELESS),
    {"group_id": "b, c", "group_name": "b, c", "limiter": "output_tokens_per_minute", "value": "500"},
)
scenario(SLUG, "no history", NOW, lambda: [limit(POLL)])
scenario(SLUG, "no documents", NOW, list)
MUTANTS += [
    Mutant(SLUG, "no change is enough", "the input limit is halved", rules.setting("minimum_change_percent", 1e12)),
    Mutant(SLUG, "lowered limits only", "all limits are raised", rules.setting("lowered_only", True)),
    Mutant(SLUG, "one value is a change", "nothing changes", rules.without("WHERE", 4)),
    Mutant(SLUG, "the value first seen is the present", "there and back", rules.function("max", "min", "seen@1")),
    Mutant(SLUG, "a window of two days", "changed more than a day ago", None, "48h"),
    Mutant(SLUG, "a window of an hour", "the input limit is halved", None, "1h"),
]
