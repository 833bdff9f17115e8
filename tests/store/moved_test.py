# SPDX-License-Identifier: Apache-2.0
"""A policy whose data set and namespace change while rows are still corrected: the host ships each document into the data
stream that it names, so that the sums of the former one stay true and the present one has its own rows alone."""

import collections
import json
import unittest

import shipped

FORMER, PRESENT = ("anthropic_metrics", "default"), ("claude_metrics", "moved")


class Moved(shipped.Shipping):
    ORGANIZATION = {"groups": 4, "late_rate": 0.3, "restate_rate": 0.2}

    def once(self, world):
        self.assertEqual(world.host.once(), 0, world.host.log()[-3000:])

    def move(self, world):
        for former, present in zip(FORMER, PRESENT):
            if former != "default":
                world.host.inputs = world.host.inputs.replace(f"data_stream.dataset: {former}.", f"data_stream.dataset: {present}.")
            else:
                world.host.inputs = world.host.inputs.replace("    streams:", f"    data_stream.namespace: {present}\n    streams:")
        world.host.set_output()

    def test_each_document_goes_where_its_row_began(self):
        with self.world() as world:
            self.once(world)
            self.organization.advance("6h")
            self.once(world)
            before = len(world.front.asked())
            self.move(world)
            for by in ("12h", "12h", "25h"):
                self.organization.advance(by)
                self.once(world)
            self.assertEqual(world.host.dead_letters(), [])
            self.assert_exact(world)
            places, corrections = collections.defaultdict(set), collections.Counter()
            for number, asked in enumerate(world.front.asked()):
                for action, _, _ in asked.items:
                    document = json.loads(action.source)
                    stream = document["data_stream"]
                    self.assertEqual(action.index, f"metrics-{stream['dataset']}-{stream['namespace']}")
                    name, _, kind = stream["dataset"].rpartition(".")
                    body = document["anthropic"][kind]
                    if kind in ("usage", "cost"):
                        row = kind, body["bucket_start_time"], str(sorted((k, v) for k, v in body.items() if isinstance(v, str) and
                                                                          not k.startswith(("amount", "total"))))
                        places[row].add((name, stream["namespace"]))
                        corrections[name, number >= before, body["revision"] > 0] += 1
            self.assertEqual({len(where) for where in places.values()}, {1}, "a row in two data streams is in two sums")
            self.assertTrue(corrections[FORMER[0], True, True], "nothing was corrected after the change; take another seed")
            self.assertEqual(corrections[FORMER[0], True, False], 0, "new rows go to the present data stream")
            self.assertTrue(corrections[PRESENT[0], True, False])
            self.assertTrue(any("data stream changed: rows go to metrics-claude_metrics.usage-moved from" in line
                                for line in world.host.messages()))


if __name__ == "__main__":
    unittest.main()
