# SPDX-License-Identifier: Apache-2.0
"""What the rules about API keys have to do: about to expire, without use, new and in use."""

import datetime

import rules
from rules import Mutant, Scenario
from simulated import OTHER_ORGANIZATION, USAGE_GRAIN, at, usage
from simulated_names import KEY, NAMES, OTHER_KEY, analytics_usage, api_key

SCENARIOS, MUTANTS = [], []
HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
NOW = "2026-09-16T10:20"
POLL = at("2026-09-16T10:00")
OLD = at("2026-03-01")
BY_KEY = USAGE_GRAIN + ("api_key_id",)


def scenario(slug, name, now, documents, *fires):
    SCENARIOS.append(Scenario(slug, name, now, documents, fires))


def listed(created=OLD, days=3, **more):
    """A key in the lists of some days: each day once, the newest at the newest poll."""
    return [api_key(POLL - DAY * n, created, **more) for n in range(days)]


def used(ago, key=KEY, **more):
    return usage(POLL - ago, output=100, key=key, group_by=BY_KEY, **more)


def daily(days, key=OTHER_KEY, first=0, **more):
    return [used(DAY * n, key, **more) for n in range(first, days)]


# ---- About to expire -----------------------------------------------------------------------------
SLUG = "api-key-expiring"
SOON = at("2026-09-20")
scenario(SLUG, "in four days", NOW, lambda: listed(expires=SOON),
         {"api_key": KEY, "name": NAMES[KEY], "created_by": "user_01InventedMaker00000001", "left_days": 3.5})
scenario(SLUG, "in exactly fourteen days", NOW, lambda: listed(expires=at(NOW) + DAY * 14), {"left_days": 14.0})
scenario(SLUG, "a minute later", NOW, lambda: listed(expires=at("2026-09-30T10:21")))
scenario(SLUG, "never", NOW, listed)
scenario(SLUG, "its end was moved", NOW, lambda: [api_key(POLL - DAY, OLD, SOON), api_key(POLL, OLD, at("2027-09-20"))])
scenario(SLUG, "its end was taken away", NOW, lambda: [api_key(POLL - DAY, OLD, SOON), api_key(POLL, OLD)])
scenario(SLUG, "its end came nearer", NOW, lambda: [api_key(POLL - DAY, OLD, at("2027-09-20")), api_key(POLL, OLD, SOON)], {"api_key": KEY})
scenario(SLUG, "disabled since", NOW, lambda: [api_key(POLL - DAY, OLD, SOON), api_key(POLL, OLD, SOON, status="inactive")])
scenario(SLUG, "expired already", NOW, lambda: listed(expires=at("2026-09-10"), status="expired"))
scenario(SLUG, "no longer listed", NOW, lambda: [api_key(POLL - HOUR * 60, OLD, SOON), *listed(key=OTHER_KEY)])
scenario(SLUG, "listed yesterday, unchanged", NOW, lambda: [api_key(POLL - HOUR * 26, OLD, SOON)], {"api_key": KEY})
scenario(SLUG, "a name with our separators", NOW, lambda: listed(expires=SOON, key=OTHER_KEY), {"name": NAMES[OTHER_KEY]})
scenario(SLUG, "the same key of two organizations", NOW,
         lambda: listed(expires=SOON, organization=OTHER_ORGANIZATION) + listed(expires=at("2027-01-01")), {"organization": OTHER_ORGANIZATION})
scenario(SLUG, "no documents", NOW, list)
MUTANTS += [
    Mutant(SLUG, "a warning of a day", "in four days", rules.setting("warning_days", 1)),
    Mutant(SLUG, "a warning of a year", "its end was moved", rules.setting("warning_days", 400)),
    Mutant(SLUG, "the oldest state counts", "its end was moved", rules.function("max", "min", "state@1")),
    Mutant(SLUG, "gone keys count", "no longer listed", rules.setting("listed_hours", 500)),
    Mutant(SLUG, "any state of a key counts", "disabled since", lambda query: query.replace('status == "active" AND ', "")),
    Mutant(SLUG, "a window of a day", "listed yesterday, unchanged", None, "24h"),
]


# ---- Without use ---------------------------------------------------------------------------------
SLUG = "api-key-unused"
scenario(SLUG, "one of two", NOW, lambda: listed() + listed(key=OTHER_KEY) + daily(40), {"api_key": KEY, "name": NAMES[KEY], "last_use": None})
scenario(SLUG, "last used 31 days ago", NOW, lambda: listed() + daily(40) + [used(DAY * 31)], {"api_key": KEY, "last_use": "2026-08-16T10:00:00.000Z"})
scenario(SLUG, "last used 29 days ago", NOW, lambda: listed() + daily(40) + [used(DAY * 29)])
scenario(SLUG, "exactly 30 days", NOW, lambda: listed() + daily(40) + [usage(at(NOW) - DAY * 30, output=1, key=KEY, group_by=BY_KEY, width="1m")],
         {"api_key": KEY})
scenario(SLUG, "used by the analytics report", NOW, lambda: listed() + daily(40) + [analytics_usage(POLL - DAY)])
scenario(SLUG, "all of it from the analytics report", NOW,
         lambda: listed() + [analytics_usage(POLL - DAY * n, key=OTHER_KEY) for n in range(40)], {"api_key": KEY})
scenario(SLUG, "made 29 days ago", NOW, lambda: listed(POLL - DAY * 29) + daily(40))
scenario(SLUG, "usage by key is known for 20 days", NOW, lambda: listed() + daily(20))
scenario(SLUG, "usage is not split by key", NOW, lambda: listed() + [usage(POLL - DAY * n, output=1) for n in range(40)])
scenario(SLUG, "no usage arrives since a week", NOW, lambda: listed() + daily(44, first=7))
scenario(SLUG, "disabled", NOW, lambda: listed(status="inactive") + daily(40))
scenario(SLUG, "enabled again", NOW, lambda: [api_key(POLL - DAY, OLD, status="inactive"), api_key(POLL, OLD)] + daily(40), {"api_key": KEY})
scenario(SLUG, "no longer listed", NOW, lambda: [api_key(POLL - DAY * 3, OLD)] + listed(key=OTHER_KEY) + daily(40))
scenario(SLUG, "the same key of two organizations", NOW,
         lambda: listed() + daily(40, KEY) + listed(organization=OTHER_ORGANIZATION) + daily(40, organization=OTHER_ORGANIZATION),
         {"organization": OTHER_ORGANIZATION, "api_key": KEY})
scenario(SLUG, "no documents", NOW, list)
MUTANTS += [
    Mutant(SLUG, "ten days are enough", "last used 29 days ago", rules.setting("unused_days", 10)),
    Mutant(SLUG, "forty-four days", "last used 31 days ago", rules.setting("unused_days", 44)),
    Mutant(SLUG, "silence is no use", "no usage arrives since a week", rules.setting("stale_days", 44)),
    Mutant(SLUG, "gone keys count", "no longer listed", rules.setting("listed_hours", 500)),
    Mutant(SLUG, "the first use counts", "used by the analytics report",
           lambda query: query.replace("anthropic.usage.api_key_id, anthropic.analytics_usage.api_key_id, ", "anthropic.usage.api_key_id, ")),
    Mutant(SLUG, "the oldest state counts", "enabled again", rules.function("max", "min", "state@1")),
    Mutant(SLUG, "a window of 20 days", "one of two", None, "20d"),
]


# ---- New and in use ------------------------------------------------------------------------------
SLUG = "new-key-in-use"
NEW = POLL - DAY * 3
scenario(SLUG, "made three days ago, used since this morning", NOW, lambda: listed(NEW) + [used(HOUR * 3), used(HOUR)],
         {"api_key": KEY, "name": NAMES[KEY], "first_use": "2026-09-16T07:00:00.000Z", "created_at": "2026-09-13T10:00:00.000Z"})
scenario(SLUG, "seen by the analytics report alone", NOW, lambda: listed(NEW) + [analytics_usage(POLL - HOUR * 5)], {"first_use": "2026-09-16T05:00:00.000Z"})
scenario(SLUG, "both reports see it", NOW, lambda: listed(NEW) + [analytics_usage(POLL - HOUR * 5), used(HOUR * 4)], {"first_use": "2026-09-16T05:00:00.000Z"})
scenario(SLUG, "made, and not used", NOW, lambda: listed(NEW) + daily(9))
scenario(SLUG, "an old key", NOW, lambda: listed() + [used(HOUR)])
scenario(SLUG, "made eight days ago", NOW, lambda: listed(POLL - DAY * 8) + [used(HOUR)])
scenario(SLUG, "made exactly seven days ago", NOW, lambda: listed(at(NOW) - DAY * 7) + [used(HOUR)], {"api_key": KEY})
scenario(SLUG, "used for three days", NOW, lambda: listed(POLL - DAY * 4) + [used(DAY * n) for n in range(4)])
scenario(SLUG, "a key that nobody lists", NOW, lambda: daily(5) + [used(HOUR)])
scenario(SLUG, "usage is not split by key", NOW, lambda: listed(NEW) + [usage(POLL, output=1)])
scenario(SLUG, "one organization of two", NOW,
         lambda: listed(NEW) + listed(organization=OTHER_ORGANIZATION) + [used(HOUR), used(HOUR, organization=OTHER_ORGANIZATION)],
         {"api_key": KEY})
scenario(SLUG, "no documents", NOW, list)
MUTANTS += [
    Mutant(SLUG, "nothing is new", "made three days ago, used since this morning", rules.setting("new_days", 0)),
    Mutant(SLUG, "everything is new", "an old key", rules.setting("new_days", 4000)),
    Mutant(SLUG, "any use is a first", "used for three days", rules.function("min", "max", "first_use@1")),
    Mutant(SLUG, "a first use is told for a week", "used for three days", rules.setting("recent_hours", 168)),
    Mutant(SLUG, "a window of an hour", "made three days ago, used since this morning", None, "1h"),
]
