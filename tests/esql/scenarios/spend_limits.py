# SPDX-License-Identifier: Apache-2.0
"""What the rule about the spend limits of the Claude Console has to do."""

import datetime

import rules
from rules import Mutant, Scenario
from simulated import OTHER_ORGANIZATION, WORKSPACES, at, cost
from simulated_names import DEFAULT_ID, spend_limit, workspace

SCENARIOS, MUTANTS = [], []
HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
NOW = "2026-09-16T10:20"  # a Wednesday
POLL = at("2026-09-16T10:00")
DEFAULT, ALPHA = WORKSPACES
SLUG = "spend-limit-share"


def scenario(name, documents, *fires):
    SCENARIOS.append(Scenario(SLUG, name, NOW, documents, fires))


def polls(cents, count=3, **more):
    """The limit as hourly polls tell it."""
    return [spend_limit(POLL - HOUR * n, cents, **more) for n in range(count)]


def bills(begin, count, cents, **more):
    return [cost(at(begin) + DAY * n, cents, **more) for n in range(count)]


def month(cents=2000.0, **more):
    """30,000 cents of the month so far."""
    return bills("2026-09-01", 15, cents, workspace=ALPHA, **more)


scenario("the month's limit of the organization", lambda: polls(35_000) + month(),
         {"scope": "organization", "name": "the organization", "period": "monthly", "spent_cents": 30_000.0, "limit_cents": 35_000.0,
          "used_percent": 85.7, "newest_day": "2026-09-15", "limit_id": "spl_01Invented00000001"})
scenario("exactly 80 percent", lambda: polls(37_500) + month(), {"used_percent": 80.0})
scenario("a cent more of limit", lambda: polls(37_501) + month())
scenario("beyond it", lambda: polls(10_000) + month(), {"used_percent": 300.0})
scenario("a workspace's limit", lambda: polls(35_000, scope="workspace", place=ALPHA) + month(), {"scope": "workspace", "name": ALPHA})
scenario("another workspace's spend", lambda: polls(35_000, scope="workspace", place=ALPHA) + bills("2026-09-01", 15, 9000.0, workspace=DEFAULT))
scenario("the organization's counts all workspaces", lambda: polls(35_000) + bills("2026-09-01", 15, 1000.0, workspace=DEFAULT)
         + bills("2026-09-01", 15, 1000.0, workspace=ALPHA), {"spent_cents": 30_000.0})
scenario("the default workspace by its id", lambda: polls(35_000, scope="workspace", place=DEFAULT_ID) + [workspace(POLL)]
         + bills("2026-09-01", 15, 2000.0, workspace=DEFAULT), {"scope": "workspace", "spent_cents": 30_000.0})
scenario("what Anthropic sets", lambda: polls(35_000, scope="usage_tier"))
scenario("what Anthropic sets, and it is near", lambda: polls(35_000, scope="usage_tier") + month(), {"scope": "usage_tier"})
scenario("the limit was raised", lambda: [spend_limit(POLL - HOUR, 35_000), spend_limit(POLL, 90_000)] + month())
scenario("the limit was lowered", lambda: [spend_limit(POLL - HOUR, 90_000), spend_limit(POLL, 35_000)] + month(), {"limit_cents": 35_000.0})
scenario("the cap was taken away", lambda: [spend_limit(POLL - HOUR, 35_000), spend_limit(POLL, None)] + month())
scenario("the limit is off", lambda: polls(35_000, enabled=False) + month())
scenario("the limit is gone", lambda: [spend_limit(POLL - HOUR * 30, 35_000)] + month())
scenario("of another scope", lambda: polls(35_000, scope="rbac_group") + month())
scenario("a week's limit", lambda: polls(4_500, period="weekly") + month(), {"period": "weekly", "spent_cents": 4000.0})
scenario("a week's limit, spent last week", lambda: polls(4_500, period="weekly") + bills("2026-09-07", 7, 9000.0) + bills("2026-09-14", 2, 10.0))
scenario("a day's limit", lambda: polls(2_100, period="daily") + month(), {"period": "daily", "spent_cents": 2000.0})
scenario("a day's limit, reached two days ago", lambda: polls(2_100, period="daily") + bills("2026-09-13", 2, 9000.0) + bills("2026-09-15", 1, 5.0))
scenario("last month's spend", lambda: polls(35_000) + bills("2026-08-15", 17, 9000.0) + bills("2026-09-01", 15, 10.0))
scenario("two limits of one scope", lambda: polls(35_000) + polls(4_100, period="weekly", number=2) + polls(900_000, number=3) + month(),
         {"limit_id": "spl_01Invented00000001"}, {"limit_id": "spl_01Invented00000002"})
scenario("two grains of the same days", lambda: polls(70_000) + month() + month(namespace="staging"))
scenario("corrected down", lambda: polls(35_000) + month() + month(-1000.0, revision=1, total=1000.0))
scenario("another currency", lambda: polls(35_000, currency="EUR") + month())
scenario("one organization of two", lambda: polls(35_000) + month() + polls(90_000, organization=OTHER_ORGANIZATION)
         + month(organization=OTHER_ORGANIZATION), {"spent_cents": 30_000.0})
scenario("the bill is a week old", lambda: polls(35_000) + bills("2026-09-01", 8, 9000.0))
scenario("not offered here", month)
scenario("no documents", list)
MUTANTS += [
    Mutant(SLUG, "a share that cannot be", "exactly 80 percent", rules.setting("share_percent", 8000.0)),
    Mutant(SLUG, "half is enough", "a cent more of limit", rules.setting("share_percent", 50.0)),
    Mutant(SLUG, "gone limits count", "the limit is gone", rules.setting("listed_hours", 500)),
    Mutant(SLUG, "an old bill is believed", "the bill is a week old", rules.setting("stale_days", 30)),
    Mutant(SLUG, "the oldest state counts", "the limit was raised", rules.function("max", "min", "state@5")),
    Mutant(SLUG, "grains are added", "two grains of the same days", rules.function("max", "sum", "cents@2")),
    Mutant(SLUG, "corrections replace", "corrected down", rules.function("sum", "max", "cents@1")),
    Mutant(SLUG, "the default workspace is not known", "the default workspace by its id", lambda query: query.replace("COALESCE(default_id, place)", "place")),
    Mutant(SLUG, "limits that are off count", "the limit is off", lambda query: query.replace(' AND MV_SLICE(part, 5) == "on"', "")),
    Mutant(SLUG, "a window of ten days", "the month's limit of the organization", None, "10d"),
]
