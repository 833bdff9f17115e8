# SPDX-License-Identifier: Apache-2.0
"""The rules with arithmetic beside plain Python, on histories made at random: the same alerts with the same figures.

AM_SEED=<n> replays one history, AM_ESQL_HISTORIES=<n> makes more of them.
"""

import collections
import datetime
import math
import os
import random
import unittest

import elastic
import oracles
import rules
from simulated import MODELS, OTHER_ORGANIZATION, ORGANIZATION, WORKSPACES, at, cost, limit, stamp, usage

ENGINE = elastic.engine.esql
RULES = rules.load()
HISTORIES = int(os.environ.get("AM_ESQL_HISTORIES", "40"))
DAY, HOUR, MINUTE = datetime.timedelta(days=1), datetime.timedelta(hours=1), datetime.timedelta(minutes=1)
MOMENTS = (
    "2026-09-16T10:20",
    "2026-09-01T02:30",
    "2026-10-03T23:50",
    "2026-08-31T23:55",
    "2028-02-29T12:00",
    "2026-01-01T05:00",
)
# rule: the figure of an alert that the oracle knows, too, and how far rounding may take them apart.
FIGURES = {
    "monthly-budget": ("spent_cents", 0.0002),
    "projected-overspend": ("estimated_month_cents", 0.0002),
    "daily-cost-baseline": ("baseline_cents", 0.0002),
    "token-surge": ("baseline_tokens", 0),
    "cache-hit-rate": ("fell_by", 0.000002),
    "headroom": ("headroom_percent", 0.051),
}


def corrected(chance, make, value, **more):
    """One row, or two: what was first reported, and the signed difference."""
    if chance.random() < 0.8:
        return [make(value, **more)]
    first = round(value * chance.uniform(0, 2), 4) if isinstance(value, float) else int(value * chance.uniform(0, 2))
    rest = round(value - first, 4) if isinstance(value, float) else value - first
    return [make(first, **more), make(rest, revision=1, **more)]


def costs(chance, now):
    """Bills of up to two organizations, in up to two currencies, with gaps, peaks, corrections, a second grain."""
    out = []
    for organization in (ORGANIZATION, OTHER_ORGANIZATION)[: chance.choice((1, 2))]:
        newest = oracles.midnight(now) - DAY * chance.choice((1, 1, 1, 2, 5))
        oldest = chance.choice((3, 9, 20, 34, 34))
        for currency in ("USD", "EUR")[: chance.choice((1, 1, 2))]:
            for workspace in WORKSPACES[: chance.choice((1, 2))]:
                base, rests = chance.uniform(500, 6000), chance.choice((0, 0, 0.3, 0.7))
                for ago in range(oldest):
                    if chance.random() < rests:
                        continue
                    value = base * chance.uniform(0.7, 1.3) * (chance.uniform(1, 6) if ago == 0 else 1)
                    value = chance.choice((round(value, 4), round(value, -2)))
                    shared = dict(currency=currency, workspace=workspace, organization=organization)
                    rows = corrected(chance, lambda cents, **more: cost(newest - DAY * ago, cents, **more), value, **shared)
                    out += rows
        if chance.random() < 0.3:  # a second collector, that began later
            out += [
                row
                for document in out
                if document["organization"]["id"] == organization and document["@timestamp"] >= stamp(newest - DAY * 9)
                for row in [second_namespace(document)]
            ]
    return out


def second_namespace(document):
    return {**document, "data_stream": {**document["data_stream"], "namespace": "second"}}


def hours(chance, now):
    """Hours of use with a rhythm of the day, rests, and a newest hour that may be far from it."""
    out = []
    newest = now.replace(minute=0, second=0) - HOUR * chance.choice((2, 2, 2, 4, 9))
    days = chance.choice((5, 8, 16, 17))
    for organization in (ORGANIZATION, OTHER_ORGANIZATION)[: chance.choice((1, 1, 2))]:
        for model in MODELS[: chance.choice((1, 2))]:
            base, rests = chance.uniform(100_000, 900_000), chance.choice((0, 0.2, 0.6))
            rate, fall = chance.uniform(0.2, 0.9), chance.choice((0, 0, 0.15, 0.3, 0.6))
            peak = chance.choice((1, 1, 2, 4, 8))
            for ago in range(days * 24):
                if ago and (chance.random() < rests or ago % 24 in (7, 8, 9, 10, 11, 12, 13, 14) and ago % 3):
                    continue
                tokens = base * (1 + math.sin(ago / 24 * 2 * math.pi) / 2) * chance.uniform(0.8, 1.2) * (1 if ago else peak)
                hit = max(0.0, rate - (fall if ago < 6 else 0))
                made = dict(cached=int(tokens * hit), uncached=int(tokens * (1 - hit)), output=int(tokens / 20))
                shared = dict(model=model, workspace=WORKSPACES[0], organization=organization)
                when = newest - HOUR * ago
                if chance.random() < 0.1:
                    part = {name: int(value * chance.uniform(0, 2)) for name, value in made.items()}
                    out.append(usage(when, **part, **shared))
                    out.append(usage(when, **{n: made[n] - part[n] for n in made}, revision=1, **shared))
                else:
                    out.append(usage(when, **made, **shared))
    if chance.random() < 0.2:
        out += [second_namespace(document) for document in out]
    return out


def minutes(chance, now):
    """Minutes, or hours, of models in groups, and limits of which the newest count."""
    out = []
    for organization in (ORGANIZATION, OTHER_ORGANIZATION)[: chance.choice((1, 2))]:
        groups = chance.choice(([["a", "b"], ["c"]], [["a"], ["b", "c"]], [["a", "b", "c"]], [["b"]]))
        for poll in range(chance.choice((1, 4, 20))):
            for number, models in enumerate(groups):
                out.append(
                    limit(
                        now - MINUTE * (5 + 15 * poll),
                        f"group-{number}",
                        models,
                        organization=organization,
                        aware=chance.choice((None, 900_000, 2_000_000)),
                        plain=1_500_000,
                        output=chance.choice((None, 100_000, 400_000)),
                        name=f"Group {number}",
                    )
                )
        width = chance.choice(("1m", "1m", "1h"))
        step, scale = (MINUTE, 1) if width == "1m" else (HOUR, 60)
        first = now.replace(minute=0, second=0) - step * 3
        for ago in range(chance.choice((3, 30))):
            for model in ("a", "b", "c"):
                size = chance.uniform(0, 500_000) * scale * chance.choice((1, 1, 3))
                out.append(
                    usage(
                        first - step * ago,
                        int(size),
                        int(size * chance.uniform(0, 2)),
                        int(size / 5),
                        int(size / 8),
                        width,
                        model,
                        organization=organization,
                        tier=chance.choice(("standard", "batch")),
                    )
                )
        if chance.random() < 0.3:
            out += [usage(first, 700_000 * scale, width=width, model="a", organization=organization, group_by=("model",))]
    return out


KINDS = {
    "monthly-budget": costs,
    "projected-overspend": costs,
    "daily-cost-baseline": costs,
    "token-surge": hours,
    "cache-hit-rate": hours,
    "headroom": minutes,
}
SEEN = collections.defaultdict(collections.Counter)


class Oracles(unittest.TestCase):
    def history(self, slug, seed):
        """(now, the alerts that the oracle expects, the documents in a store)"""
        chance = random.Random(f"{slug} {seed}")
        now = at(chance.choice(MOMENTS))
        documents = KINDS[slug](chance, now)
        return now, getattr(oracles, slug.replace("-", "_"))(documents, now), elastic.Store(documents)

    def check(self, slug):
        only = os.environ.get("AM_SEED")
        histories = [(seed, *self.history(slug, seed)) for seed in ([int(only)] if only else range(HISTORIES))]
        for seed, now, expected, store in histories:
            result = rules.run(RULES[slug], store, stamp(now))
            names = rules.identity(RULES[slug]["query"], [column for column, _ in result.columns])
            found = {tuple(row[name] for name in names): row for row in result.records()}
            SEEN[slug]["fired" if expected else "quiet"] += 1
            SEEN[slug]["alerts"] += len(expected)
            SEEN[slug]["other"] += set(found) != set(expected)
            with self.subTest(seed=seed):
                self.assertEqual(set(found), set(expected), f"AM_SEED={seed} replays it")
                self.assertEqual(result.warnings, [])
                name, apart = FIGURES[slug]
                for identity, figure in expected.items():
                    shown = found[identity][name]
                    self.assertLessEqual(abs(shown - figure), apart, f"{name} of {identity}; AM_SEED={seed} replays it")
        if not only:
            self.assertGreaterEqual(min(SEEN[slug]["fired"], SEEN[slug]["quiet"]), HISTORIES // 8, "both have to occur")


def add(slug):
    setattr(Oracles, "test_" + slug.replace("-", "_"), lambda self: self.check(slug))


for each_slug in KINDS:
    add(each_slug)


def tearDownModule():
    for slug, seen in SEEN.items():
        histories = seen["fired"] + seen["quiet"]
        print(
            f"oracles: {slug}: {histories} histories, {seen['fired']} with {seen['alerts']} alerts, {seen['other']} differ"
        )


if __name__ == "__main__":
    unittest.main()
