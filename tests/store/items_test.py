# SPDX-License-Identifier: Apache-2.0
"""Items that are refused: what passes is sent again, and only that; what does not becomes a dead letter; nothing is lost."""

import json
import unittest

import shipped
import store_faults
import store_model

USAGE = "metrics-anthropic_metrics.usage-default"


def once_in(number):
    """A fault for every so many-th document of usage, at its first try."""
    seen = {}

    def faults(kind):
        class Some(store_faults.Script):
            def item(self, action):
                if action.index != USAGE or action.id in seen:
                    return None
                seen[action.id] = len(seen)
                return kind if seen[action.id] % number == 0 else None

        return Some()

    return faults, seen


class Items(shipped.Shipping):
    def test_what_passes_is_sent_again_alone(self):
        for kind in store_faults.PASSING_ITEMS:
            with self.subTest(kind):
                faults, seen = once_in(7)
                with self.world(faults=faults(kind)) as world:
                    self.assertEqual(world.host.once(), 0, world.host.log())
                    self.assert_exact(world)
                    spoiled = {found for found, number in seen.items() if number % 7 == 0}
                    self.assertGreater(len(spoiled), 5)
                    self.assertEqual({found for found, times in world.sent().items() if times > 1}, spoiled)
                    self.assertEqual(world.host.dead_letters(), [])

    def test_what_does_not_pass_becomes_a_dead_letter(self):
        for kind in (*store_faults.DEAD_ITEMS, "failure_store"):
            with self.subTest(kind):
                faults, seen = once_in(20)
                with self.world(faults=faults(kind)) as world:
                    self.assertEqual(world.host.once(), 0, world.host.log())
                    spoiled = {found for found, number in seen.items() if number % 20 == 0}
                    letters = world.host.dead_letters()
                    self.assertEqual(sorted(letter["id"] for letter in letters), sorted(spoiled))
                    self.assertEqual({found for found, times in world.sent().items() if times > 1}, set())
                    self.assert_exact(world, dead=letters)
                    status, name, _ = store_faults.ITEMS[kind]
                    for letter in letters:
                        self.assertEqual(letter["output"], "default")
                        self.assertEqual(letter["data_stream"], USAGE)
                        self.assertEqual(letter["document"]["event"]["id"], letter["id"])
                        if kind != "failure_store":
                            self.assertEqual((letter["status"], letter["type"]), (status, name))

    def test_a_document_that_is_there_already_is_done(self):
        model = store_model.Model()
        with self.world(model) as world:
            self.assertEqual(world.host.once(), 0, world.host.log())
        before = {name: held for name, held in model.holdings().items() if "health" not in name}
        with self.world(model) as world:  # with a state of its own
            self.assertEqual(world.host.once(), 0, world.host.log())
            self.assertEqual({name: held for name, held in model.holdings().items() if name in before}, before)
            self.assertEqual(world.host.dead_letters(), [])
            self.assert_exact(world)

    def test_another_document_under_the_id_is_named(self):
        model = store_model.Model()
        with self.world(model) as world:
            self.assertEqual(world.host.once(), 0, world.host.log())
        found = next(iter(model.streams[USAGE].write.documents))
        other = json.loads(model.streams[USAGE].write.documents[found])
        other["anthropic"]["usage"]["output_tokens"] += 1
        model.replace(found, json.dumps(other).encode())
        with self.world(model) as world:
            self.assertEqual(world.host.once(), 0, world.host.log())
            self.assertEqual([letter["id"] for letter in world.host.dead_letters()], [found])
            self.assertIn(found, world.host.log())


if __name__ == "__main__":
    unittest.main()
