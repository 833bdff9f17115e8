# SPDX-License-Identifier: Apache-2.0
"""What the rules about a collector that is stale or has gaps have to do."""

import datetime

import rules
from rules import Mutant, Scenario
from simulated import OTHER_ORGANIZATION, World, at, cost, health, limit, refusal, stamp, usage
from simulated_names import analytics_cost, api_key

SCENARIOS, MUTANTS = [], []
MINUTE, HOUR, DAY = datetime.timedelta(minutes=1), datetime.timedelta(hours=1), datetime.timedelta(days=1)
NOW = "2026-09-16T10:20"
TIME = at(NOW)


def scenario(slug, name, now, documents, *fires):
    SCENARIOS.append(Scenario(slug, name, now, documents, fires))


# ---- Stale ---------------------------------------------------------------------------------------
SLUG = "collector-stale"
SILENT, BEHIND = "the collector reports nothing", "the stream is behind"


def silence(when, stream):
    return None if when > TIME - HOUR else {}


def grows(stream):
    """The lag of one stream grows from midnight on."""

    def change(when, other):
        behind = max(0, int((when - at("2026-09-16")).total_seconds()))
        return {"lag": 3900 + behind, "status": "degraded", "code": "transient"} if other == stream and behind else {}

    return change


scenario(
    SLUG,
    "a collector that stopped an hour ago",
    NOW,
    lambda: World(61, TIME).health(change=silence),
    *[
        {"stream": stream, "reason": SILENT, "reported": "2026-09-16T09:20:00.000Z"}
        for stream in ("usage", "cost", "rate_limit")
    ],
)
scenario(
    SLUG,
    "usage falls behind",
    NOW,
    lambda: World(62, TIME).health(change=grows("usage")),
    {"stream": "usage", "reason": BEHIND, "status": "degraded", "error_code": "transient", "lag_hours": 11.4},
)
scenario(SLUG, "all is well", NOW, lambda: World(63, TIME, 3).health())
scenario(SLUG, "29 minutes of silence", NOW, lambda: [health(TIME - MINUTE * 29)])
scenario(SLUG, "30 minutes of silence", NOW, lambda: [health(TIME - MINUTE * 30)], {"stream": "usage", "reason": SILENT})
scenario(SLUG, "exactly three hours behind", NOW, lambda: [health(TIME, lag=3 * 3600)], {"reason": BEHIND, "lag_hours": 3.0})
scenario(SLUG, "a second less", NOW, lambda: [health(TIME, lag=3 * 3600 - 1)])
scenario(
    SLUG, "it was behind and caught up", NOW, lambda: [health(TIME - HOUR, lag=90_000), health(TIME - MINUTE, lag=3900)]
)
scenario(SLUG, "cost of yesterday is a day behind by nature", NOW, lambda: [health(TIME, "cost", lag=26 * 3600)])
scenario(
    SLUG, "cost is two days behind", NOW, lambda: [health(TIME, "cost", lag=50 * 3600)], {"stream": "cost", "reason": BEHIND}
)
scenario(
    SLUG,
    "whole days of usage, a day behind by nature",
    "2026-09-16T00:04",
    lambda: [health(at("2026-09-16T00:04"), lag=24 * 3600 + 240), health(at("2026-09-15T10:00"), lag=10 * 3600)],
)
scenario(
    SLUG,
    "whole days of usage, more than a day behind",
    NOW,
    lambda: [health(TIME, lag=34 * 3600 + 1200)],
    {"stream": "usage", "reason": BEHIND, "lag_hours": 34.3},
)
scenario(
    SLUG,
    "hours of usage that stand still since midnight",
    NOW,
    lambda: [health(TIME, lag=10 * 3600 + 1200), health(TIME - DAY, lag=3 * 3600 + 1200)],
    {"stream": "usage", "reason": BEHIND},
)
scenario(SLUG, "limits have no lag", NOW, lambda: [health(TIME, "rate_limit", lag=None)])
scenario(SLUG, "silent for six days", NOW, lambda: [health(TIME - DAY * 6)], {"reason": SILENT})
scenario(SLUG, "silent for eight days", NOW, lambda: [health(TIME - DAY * 8)])
scenario(
    SLUG,
    "one organization of two",
    NOW,
    lambda: World(65, TIME).health(2)
    + World(65, TIME, organization=OTHER_ORGANIZATION).health(3, ("usage",), change=silence),
    {"organization": OTHER_ORGANIZATION},
)
scenario(
    SLUG,
    "the first of the month",
    "2026-10-01T00:10",
    lambda: [health(at("2026-09-30T23:50")), health(at("2026-09-30T23:50"), "cost", lag=26 * 3600)],
)
scenario(SLUG, "no documents", NOW, list)
MUTANTS += [
    Mutant(SLUG, "silence is accepted", "30 minutes of silence", rules.setting("silent_minutes", 30_000)),
    Mutant(SLUG, "no silence is accepted", "all is well", rules.setting("silent_minutes", -1)),
    Mutant(SLUG, "lag is accepted", "exactly three hours behind", rules.setting("usage_lag_hours", 3000)),
    Mutant(SLUG, "the lag of cost is accepted", "cost is two days behind", rules.setting("cost_lag_hours", 36_000)),
    Mutant(
        SLUG,
        "cost may lag no more than usage",
        "cost of yesterday is a day behind by nature",
        rules.setting("cost_lag_hours", 3),
    ),
    Mutant(SLUG, "an oldest state for the newest", "it was behind and caught up", rules.function("max", "min", "state")),
    Mutant(
        SLUG,
        "whole days may be no later than hours",
        "whole days of usage, a day behind by nature",
        rules.function("max", "count", "latest_hour_of_day"),
    ),
    Mutant(SLUG, "a window of a day", "silent for six days", None, "24h"),
]


# ---- Silent --------------------------------------------------------------------------------------
SLUG = "collector-silent"


def arrived(ago, stream="usage", **more):
    """A document of before, that arrived some time ago."""
    begin = at("2026-09-14")
    makers = {
        "usage": usage,
        "cost": lambda when, **more: cost(when, 1.0, **more),
        "rate_limit": limit,
        "health": health,
        "api_key": lambda when, **more: api_key(when, when, **more),
        "analytics_cost": lambda when, **more: analytics_cost(when, 1.0, **more),
    }
    made = makers[stream](begin, **more)
    made["event"]["ingested"] = stamp(TIME - ago)
    return made


scenario(
    SLUG,
    "no usage for twelve hours",
    NOW,
    lambda: [arrived(HOUR * (12 + n)) for n in range(5)],
    {"stream": "usage", "silent_hours": 12, "accepted_hours": 12, "newest_arrival": "2026-09-15T22:20:00.000Z"},
)
scenario(SLUG, "a minute less", NOW, lambda: [arrived(HOUR * 12 - MINUTE)])
scenario(
    SLUG,
    "everything stopped on Friday",
    NOW,
    lambda: [arrived(DAY * 4), arrived(DAY * 4, "cost"), arrived(DAY * 4, "rate_limit")],
    *[{"stream": stream, "silent_hours": 96} for stream in ("usage", "cost", "rate_limit")],
)
scenario(SLUG, "all is well", NOW, lambda: [arrived(HOUR), arrived(HOUR * 30, "cost"), arrived(MINUTE * 10, "rate_limit")])
scenario(
    SLUG, "only limits stopped", NOW, lambda: [arrived(HOUR), arrived(HOUR * 2, "rate_limit")], {"stream": "rate_limit"}
)
scenario(SLUG, "the health stream knows better", NOW, lambda: [arrived(DAY * 3), arrived(MINUTE, "health")])
scenario(SLUG, "the health stream stopped, too", NOW, lambda: [arrived(DAY * 3), arrived(DAY * 3, "health")])
scenario(
    SLUG,
    "one organization of two",
    NOW,
    lambda: [arrived(HOUR), arrived(DAY * 2, organization=OTHER_ORGANIZATION)],
    {"organization": OTHER_ORGANIZATION},
)
scenario(
    SLUG,
    "health of one organization says nothing of another",
    NOW,
    lambda: [arrived(MINUTE, "health"), arrived(DAY * 2, organization=OTHER_ORGANIZATION)],
    {"organization": OTHER_ORGANIZATION},
)
scenario(SLUG, "silent for six days", NOW, lambda: [arrived(DAY * 6)], {"silent_hours": 144})
scenario(SLUG, "keys are told once a day", NOW, lambda: [arrived(HOUR), arrived(HOUR * 30, "api_key"), arrived(DAY * 3, "analytics_cost")])
scenario(
    SLUG,
    "keys and analytics stopped",
    NOW,
    lambda: [arrived(HOUR), arrived(HOUR * 50, "api_key"), arrived(DAY * 4, "analytics_cost")],
    {"stream": "api_key", "accepted_hours": 50},
    {"stream": "analytics_cost", "accepted_hours": 96},
)
scenario(SLUG, "silent for eight days", NOW, lambda: [arrived(DAY * 8)])
scenario(
    SLUG,
    "errors of a stock Agent are no data",
    NOW,
    lambda: [arrived(DAY)] + [refusal(TIME - MINUTE * n * 15) for n in range(80)],
    {"stream": "usage", "silent_hours": 24},
)
scenario(SLUG, "errors alone are no organization that fell silent", NOW, lambda: [refusal(TIME - HOUR * 20)])
scenario(SLUG, "no documents", NOW, list)
MUTANTS += [
    Mutant(SLUG, "silence of usage is accepted", "no usage for twelve hours", rules.setting("usage_silent_hours", 12_000)),
    Mutant(SLUG, "no silence of usage is accepted", "all is well", rules.setting("usage_silent_hours", 1)),
    Mutant(SLUG, "keys have to come with every poll", "keys are told once a day", rules.setting("daily_silent_hours", 2)),
    Mutant(SLUG, "silence of analytics is accepted", "keys and analytics stopped", rules.setting("other_silent_hours", 400)),
    Mutant(SLUG, "silence of limits is accepted", "only limits stopped", rules.setting("snapshot_silent_hours", 72)),
    Mutant(SLUG, "cost has to come every hour", "all is well", rules.setting("cost_silent_hours", 1)),
    Mutant(SLUG, "the health stream is not asked", "the health stream knows better", rules.without("WHERE", 3)),
    Mutant(SLUG, "errors are data", "errors alone are no organization that fell silent", rules.without("WHERE", 2)),
    Mutant(SLUG, "a window of a day", "silent for six days", None, "24h"),
]

# ---- Gaps ----------------------------------------------------------------------------------------
SLUG = "collector-gap"
scenario(
    SLUG,
    "one gap in the night",
    NOW,
    lambda: World(71, TIME).health(
        change=lambda when, stream: {"gaps": 1} if (when, stream) == (at("2026-09-16T03:05"), "usage") else {}
    ),
    {"stream": "usage", "gaps": 1, "newest": "2026-09-16T03:05:00.000Z", "lag_minutes": 65.0},
)
scenario(
    SLUG,
    "a window that fails at every poll",
    NOW,
    lambda: World(72, TIME).health(
        change=lambda when, stream: {"gaps": 1, "lag": 40_000} if stream == "cost" and when >= at("2026-09-16T09:00") else {}
    ),
    {"stream": "cost", "gaps": 17},
)
scenario(SLUG, "no gap", NOW, lambda: World(73, TIME).health())
scenario(
    SLUG,
    "a gap more than a day ago",
    NOW,
    lambda: World(74, TIME).health(48, change=lambda when, stream: {"gaps": 3} if when < TIME - DAY else {}),
)
scenario(
    SLUG,
    "one organization of two",
    NOW,
    lambda: World(75, TIME).health(2) + [health(TIME, gaps=2, organization=OTHER_ORGANIZATION)],
    {"organization": OTHER_ORGANIZATION, "gaps": 2},
)
scenario(SLUG, "no documents", NOW, list)
MUTANTS += [
    Mutant(SLUG, "a thousand gaps are accepted", "one gap in the night", rules.setting("most_gaps", 1000)),
    Mutant(SLUG, "no gap is one", "no gap", rules.setting("most_gaps", -1)),
    Mutant(SLUG, "a window of an hour", "one gap in the night", None, "1h"),
]
