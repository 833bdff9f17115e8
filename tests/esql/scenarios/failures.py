# SPDX-License-Identifier: Apache-2.0
"""What the rules about a refused credential and failed documents have to do."""

import datetime

import rules
from rules import Mutant, Scenario
from simulated import OTHER_ORGANIZATION, World, at, document, health, refusal

SCENARIOS, MUTANTS = [], []
MINUTE, HOUR, DAY = datetime.timedelta(minutes=1), datetime.timedelta(hours=1), datetime.timedelta(days=1)
NOW = "2026-09-16T10:20"
TIME = at(NOW)


def scenario(slug, name, now, documents, *fires):
    SCENARIOS.append(Scenario(slug, name, now, documents, fires))


# ---- Credential ----------------------------------------------------------------------------------
SLUG = "credential-refused"
REFUSED = {"credential": "refused", "status": "failed", "code": "unauthorized", "http_status": 401}


def refused(since, until=None, **values):
    return lambda when, stream: {**REFUSED, **values} if when >= since and (until is None or when < until) else {}


scenario(
    SLUG,
    "the key expired ten minutes ago",
    NOW,
    lambda: World(81, TIME).health(3, change=refused(at("2026-09-16T10:10"))),
    *[
        {"stream": stream, "http_status": "401", "error_code": "unauthorized", "refused_since": "2026-09-16T10:05:00.000Z"}
        for stream in ("usage", "cost", "rate_limit")
    ],
)
scenario(
    SLUG,
    "one report is forbidden",
    NOW,
    lambda: World(82, TIME).health(
        3, change=lambda when, stream: {**REFUSED, "code": "forbidden", "http_status": 403} if stream == "cost" else {}
    ),
    {"stream": "cost", "error_code": "forbidden", "http_status": "403"},
)
scenario(SLUG, "all is well", NOW, lambda: World(83, TIME).health(3))
scenario(
    SLUG,
    "refused for a while, accepted again",
    NOW,
    lambda: World(84, TIME).health(3, change=refused(at("2026-09-16T09:30"), at("2026-09-16T10:00"))),
)
scenario(
    SLUG,
    "other errors",
    NOW,
    lambda: World(85, TIME).health(
        3, change=lambda when, stream: {"status": "degraded", "code": "throttled", "http_status": 429}
    ),
)
scenario(SLUG, "not asked yet", NOW, lambda: [health(TIME, credential="unknown", status="starting")])
scenario(SLUG, "refused long ago, silent since", NOW, lambda: [health(TIME - HOUR * 2, **REFUSED)])
scenario(
    SLUG,
    "one organization of two",
    NOW,
    lambda: World(86, TIME).health(2) + [health(TIME, organization=OTHER_ORGANIZATION, **REFUSED)],
    {"organization": OTHER_ORGANIZATION},
)
scenario(SLUG, "no documents", NOW, list)
MUTANTS += [
    Mutant(
        SLUG, "a thousand minutes are accepted", "the key expired ten minutes ago", rules.setting("accepted_minutes", 1000)
    ),
    Mutant(SLUG, "any state is told", "all is well", rules.without("WHERE", 3)),
    Mutant(
        SLUG, "the oldest state for the newest", "the key expired ten minutes ago", rules.function("max", "min", "state")
    ),
    Mutant(SLUG, "a window of a day", "refused long ago, silent since", None, "24h"),
]


# ---- Pipeline errors -----------------------------------------------------------------------------
SLUG = "pipeline-errors"
MESSAGE = "Processor 'json' with tag 'parse_raw_row' failed with message 'no JSON' in pipeline 'usage'"


def failed(arrived, stream="usage", when=None, message=MESSAGE, **more):
    """A document that its pipeline could not process: its own time may be anything."""
    out = document(stream, when or arrived, {}, ingested=arrived, kind="pipeline_error", original="{", **more)
    out["error"] = {"message": [message]}
    return out


scenario(
    SLUG,
    "two raw rows fail",
    NOW,
    lambda: [failed(TIME - MINUTE * 5), failed(TIME - MINUTE * 3, message="newest")],
    {
        "source_stream": "anthropic_metrics.usage-default",
        "documents": 2,
        "newest": "2026-09-16T10:17:00.000Z",
        "example": "newest",
    },
)
scenario(
    SLUG,
    "a row of last week that arrives now",
    NOW,
    lambda: [failed(TIME - MINUTE, "cost", TIME - DAY * 9)],
    {"source_stream": "anthropic_metrics.cost-default", "example": MESSAGE},
)
scenario(
    SLUG,
    "each data stream by itself",
    NOW,
    lambda: [failed(TIME, "cost"), failed(TIME, "health"), failed(TIME, namespace="staging")],
    {"source_stream": "anthropic_metrics.cost-default"},
    {"source_stream": "anthropic_metrics.health-default"},
    {"source_stream": "anthropic_metrics.usage-staging"},
)
scenario(
    SLUG,
    "all is well",
    NOW,
    lambda: World(91, TIME, 2).usage() + World(91, TIME, 2).health(2) + World(91, TIME, 2).limits(2),
)
scenario(
    SLUG,
    "a stock Agent is refused",
    NOW,
    lambda: [refusal(TIME - MINUTE * 20), refusal(TIME - MINUTE * 5)],
    {"source_stream": "anthropic_metrics.usage-default", "documents": 2, "example": "HTTP 401: the key is refused"},
)
scenario(
    SLUG, "documents of other collectors are events and no errors", NOW, lambda: [document("usage", TIME, {}, kind="event", type=["info"])]
)
scenario(SLUG, "failed two hours ago", NOW, lambda: [failed(TIME - HOUR * 2)])
scenario(SLUG, "no documents", NOW, list)
MUTANTS += [
    Mutant(SLUG, "a thousand failures are accepted", "two raw rows fail", rules.setting("accepted_documents", 1000)),
    Mutant(SLUG, "every event is an error", "documents of other collectors are events and no errors", rules.without("WHERE", 2)),
    Mutant(SLUG, "every document is a failure", "all is well", rules.without("WHERE", 2)),
    Mutant(SLUG, "a window of a day", "failed two hours ago", None, "24h"),
]
