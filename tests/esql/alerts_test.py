# SPDX-License-Identifier: Apache-2.0
"""Every alert rule fires when it has to and stays quiet otherwise, on simulated documents, run as Kibana runs it.

And the tests notice: each rule is made wrong in several ways, and a scenario has to see each.
"""

import collections
import functools
import importlib
import math
import pathlib
import re
import unittest

import elastic
import queries
import rules

SCENARIO_FILES = (pathlib.Path(__file__).resolve().parent / "scenarios").glob("*.py")
ENGINE = elastic.engine.esql
RULES = rules.load()
PARTS = [importlib.import_module(f"scenarios.{path.stem}") for path in sorted(SCENARIO_FILES)]
SCENARIOS = [s for part in PARTS for s in part.SCENARIOS]
MUTANTS = [m for part in PARTS for m in part.MUTANTS]
NAMED = {(s.slug, s.name): s for s in SCENARIOS}


@functools.lru_cache(maxsize=None)
def store(slug, name):
    return elastic.Store(NAMED[slug, name].documents())


def same(expected, found):
    if isinstance(expected, float) and isinstance(found, (int, float)):
        return math.isclose(expected, found, rel_tol=1e-9, abs_tol=1e-9)
    return expected == found


def faults(scenario, query=None, window=None):
    """What is wrong with the rule's answer to a scenario; an empty list if nothing is."""
    rule = RULES[scenario.slug]
    result = rules.run(rule, store(scenario.slug, scenario.name), scenario.now + ":00Z", query, window)
    found = result.records()
    wrong = [f"warned: {warning}" for warning in result.warnings]
    names = rules.identity(rule["query"], [column for column, _ in result.columns])
    kinds = dict(result.columns)
    wrong += [
        f"{name} is a {kinds[name]}, and would make another alert of every run" for name in names if kinds[name] != "keyword"
    ]
    alerts = [tuple(row[name] for name in names) for row in found]
    wrong += [f"no alert is named for {row}" for row, alert in zip(found, alerts) if any(part is None for part in alert)]
    if len(set(alerts)) != len(alerts):
        wrong.append(f"two rows are one alert: {alerts}")
    if len(found) != len(scenario.fires):
        wrong.append(f"{len(found)} alerts, {len(scenario.fires)} expected: {found}")
    for expected in scenario.fires:
        if not any(all(name in row and same(value, row[name]) for name, value in expected.items()) for row in found):
            wrong.append(f"no alert says {expected}: {found}")
    return wrong


def setUpModule():
    """All documents wait before the first query sends them, in one go."""
    for scenario in SCENARIOS:
        store(scenario.slug, scenario.name)


class Rules(unittest.TestCase):
    maxDiff = None

    def check(self, slug):
        for scenario in SCENARIOS:
            if scenario.slug == slug:
                with self.subTest(scenario.name):
                    self.assertEqual(faults(scenario), [])

    def test_each_rule_has_scenarios_of_both_kinds(self):
        fire = collections.Counter(s.slug for s in SCENARIOS if s.fires)
        quiet = collections.Counter(s.slug for s in SCENARIOS if not s.fires)
        broken = collections.Counter(m.slug for m in MUTANTS)
        for slug in RULES:
            self.assertTrue(fire[slug] >= 2 and quiet[slug] >= 2 and broken[slug] >= 2, slug)
        self.assertEqual({s.slug for s in SCENARIOS}, set(RULES))
        self.assertEqual(len(NAMED), len(SCENARIOS), "two scenarios of one rule have the same name")


class Broken(unittest.TestCase):
    def check(self, slug):
        for mutant in MUTANTS:
            if mutant.slug == slug:
                with self.subTest(mutant.name):
                    query = mutant.change(RULES[slug]["query"]) if mutant.change else None
                    self.assertNotEqual(
                        faults(NAMED[slug, mutant.scenario], query, mutant.window),
                        [],
                        f"'{mutant.scenario}' does not notice",
                    )


class Guides(unittest.TestCase):
    def test_their_queries_run(self):
        """Whoever is woken copies them: names and types have to be right, and the zone that of the rule."""
        for slug, rule in RULES.items():
            found = re.findall(r"```esql\n(.*?)```", rule["guide"], re.DOTALL)
            self.assertTrue(found, f"{slug}: the guide has no query to check with")
            for query in found:
                with self.subTest(slug):
                    self.assertIn(queries.HEAD, query)
                    elastic.check(query)


def add(slug):
    name = "test_" + slug.replace("-", "_")
    setattr(Rules, name, lambda self: self.check(slug))
    setattr(Broken, name, lambda self: self.check(slug))


for each_slug in RULES:
    add(each_slug)


def tearDownModule():
    fire = sum(1 for s in SCENARIOS if s.fires)
    documents = sum(len(store(s.slug, s.name).documents) for s in SCENARIOS)
    print(
        f"alerts: {len(RULES)} rules, {fire} scenarios that fire, {len(SCENARIOS) - fire} that stay quiet, "
        f"{documents} documents, {len(MUTANTS)} broken rules noticed"
    )


if __name__ == "__main__":
    unittest.main()
