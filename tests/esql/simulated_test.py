# SPDX-License-Identifier: Apache-2.0
"""The simulated documents are what the collector could have made: valid, declared, adding up, the same again."""

import collections
import datetime
import decimal
import unittest

import elastic
import simulated
import simulated_names
import tree

ENGINE = elastic.engine.esql
NOW = simulated.at("2026-09-16T10:20")
NAMED = {
    "api_key": lambda when: simulated_names.api_key(when, when, when),
    "workspace": simulated_names.workspace,
    "spend_limit": lambda when: simulated_names.spend_limit(when, 5, "workspace", "wrkspc_1"),
    "analytics_cost": lambda when: simulated_names.analytics_cost(when, 5.25),
    "analytics_usage": simulated_names.analytics_usage,
}


def everything(seed):
    world = simulated.World(seed, NOW, 4)
    return {
        "usage": world.usage() + simulated.World(seed, NOW, 0.05).usage("1m") + world.usage("1d"),
        "cost": world.cost(),
        "rate_limit": world.limits(3),
        "health": world.health(3),
        **{stream: [made(NOW - datetime.timedelta(hours=n)) for n in range(6)] for stream, made in NAMED.items()},
    }


class Documents(unittest.TestCase):
    def test_each_is_valid_against_its_schema(self):
        for stream, documents in everything(1).items():
            checker = tree.validator(f"{stream}.schema.json")
            self.assertGreater(len(documents), 5, stream)
            for document in documents:
                document["event"].pop("ingested")  # the pipeline adds it
                self.assertEqual(tree.faults(checker, document), [], document)

    def test_a_seed_gives_the_same_again(self):
        self.assertEqual(everything(3), everything(3))
        self.assertNotEqual(everything(3)["usage"], everything(4)["usage"])

    def test_corrections_add_up(self):
        world = simulated.World(5, NOW, 3)
        exact = collections.Counter()
        for _, _, model, measures in world.rows():
            exact[model] += measures["output"]
        found = collections.Counter()
        documents = world.usage(corrected=0.5)
        for document in documents:
            row = document["anthropic"]["usage"]
            found[row["model"]] += row["output_tokens"]
        self.assertGreater(sum(d["anthropic"]["usage"]["revision"] for d in documents), 10)
        self.assertEqual(found, exact)

    def test_only_what_has_closed_and_settled(self):
        for width, step in simulated.WIDTHS.items():
            for document in simulated.World(6, NOW, 2 if width != "1m" else 0.05).usage(width):
                begin = simulated.at(document["@timestamp"].rstrip("Z"))
                self.assertLessEqual(begin + step + datetime.timedelta(minutes=5), NOW)
        newest = max(document["@timestamp"] for document in simulated.World(6, simulated.at("2026-10-01T00:30"), 5).cost())
        self.assertEqual(newest, "2026-09-29T00:00:00Z", "a day is billed an hour after midnight")

    def test_money_is_exact_text_beside_the_number(self):
        for document in simulated.World(7, NOW, 9).cost(restated=0.5):
            row = document["anthropic"]["cost"]
            self.assertEqual(decimal.Decimal(row["amount_exact"]), decimal.Decimal(repr(row["amount"])))

    def test_the_store_takes_them(self):
        documents = [d for several in everything(8).values() for d in several]
        store = elastic.Store(documents)
        ((count,),) = elastic.run("FROM metrics-* | STATS COUNT(*)", store, simulated.stamp(NOW)).rows
        self.assertEqual(count, len(documents))


if __name__ == "__main__":
    unittest.main()
