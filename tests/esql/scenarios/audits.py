# SPDX-License-Identifier: Apache-2.0
"""What the rule about audits has to do."""

import datetime

import rules
from rules import Mutant, Scenario
from simulated import OTHER_ORGANIZATION, at, audit, health, stamp

SCENARIOS, MUTANTS = [], []
HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
NOW = "2026-09-16T10:20"
TIME = at(NOW)
SLUG = "sums-differ"
DIFFER, INEXACT = "rows differ and were not corrected", "no time was exact for days"


def scenario(name, documents, *fires):
    SCENARIOS.append(Scenario(SLUG, name, NOW, documents, fires))


def nights(stream="usage", **last):
    """A week of audits that found nothing, and what differs in the newest one."""
    return [audit(TIME - DAY * ago, stream, **(last if ago == 0 else {})) for ago in range(7)]


scenario(
    "rows were deleted and nobody repairs",
    lambda: nights(differences=14, exact=TIME - DAY),
    {"stream": "usage", "reason": DIFFER, "differences": 14, "repaired": 0},
)
scenario(
    "a part of the rows was corrected",
    lambda: nights(differences=14, repaired=13, exact=TIME - DAY),
    {"reason": DIFFER, "differences": 14, "repaired": 13},
)
scenario("all of the rows were corrected", lambda: nights(differences=14, repaired=14))
scenario("every night equal", lambda: nights() + nights("cost"))
scenario(
    "it differed, and was repaired the night after",
    lambda: [audit(TIME - DAY, differences=3, exact=TIME - DAY * 2), audit(TIME - HOUR)],
)
scenario(
    "audits stopped five days ago",
    lambda: [audit(TIME - DAY * ago) for ago in range(5, 9)],
    {"stream": "usage", "reason": INEXACT, "differences": 0},
)
scenario("exact three days ago, and no audit since", lambda: [audit(TIME - DAY * 3)])
scenario(
    "four days and a stream that was never exact",
    lambda: [audit(TIME - DAY * ago, "cost", exact=False) for ago in range(6)],
    {"stream": "cost", "reason": INEXACT, "last_exact_to": None},
)
scenario(
    "one organization of two",
    lambda: nights() + [audit(TIME - HOUR, differences=2, organization=OTHER_ORGANIZATION)],
    {"organization": OTHER_ORGANIZATION, "differences": 2, "audited": stamp(TIME - HOUR).replace("Z", ".000Z")},
)
scenario("health without audits", lambda: [health(TIME - DAY * ago) for ago in range(7)])
scenario("no documents", list)
MUTANTS += [
    Mutant(SLUG, "a thousand rows may differ", "rows were deleted and nobody repairs", rules.setting("accepted_rows", 1000)),
    Mutant(SLUG, "no row may be equal", "every night equal", rules.setting("accepted_rows", -1)),
    Mutant(SLUG, "years may be inexact", "audits stopped five days ago", rules.setting("inexact_hours", 9600)),
    Mutant(SLUG, "a day must be exact at once", "exact three days ago, and no audit since", rules.setting("inexact_hours", 24)),
    Mutant(SLUG, "documents without an audit", "health without audits", rules.without("WHERE", 2)),
    Mutant(SLUG, "every row", "every night equal", rules.without("WHERE", 3)),
    Mutant(SLUG, "a window of three days", "audits stopped five days ago", None, "3d"),
]
