# SPDX-License-Identifier: Apache-2.0
"""Whatever happens to whole requests, the store ends with every document, each once."""

import time
import unittest

import shipped
import store_faults

# Carried out, perhaps, and the shipper cannot know it.
UNCERTAIN = ("lost", "lost_reset", "cut", "garbled", "empty", "short")


def roll(front):
    front.backend.roll()


class Requests(shipped.Shipping):
    def test_nothing_goes_wrong(self):
        with self.world() as world:
            self.assertEqual(world.host.once(), 0, world.host.log())
            self.assert_exact(world)
            self.assertEqual(set(world.sent().values()), {1})
            self.assertEqual(world.host.dead_letters(), [])

    def test_faults_that_pass_cost_nothing(self):
        for kind, status in store_faults.PASSING:
            with self.subTest(f"{kind} {status}"):
                faults = store_faults.Script().on(kind, nth=2, count=3, status=status)
                with self.world(faults=faults, host={"max_documents": 50}) as world:
                    self.assertEqual(world.host.once(), 0, world.host.log())
                    self.assertEqual(sum(asked.fault is not None for asked in world.front.asked()), 3)
                    self.assert_exact(world)
                    self.assertEqual(world.host.dead_letters(), [])

    def test_a_store_that_asks_for_time_gets_it_up_to_the_limit(self):
        # An hour, cut by the limit: the round ends at all.
        for asked, longest, least in ((1, "10s", 1.0), (3600, "100ms", 0.0)):
            with self.subTest(longest):
                faults, times = store_faults.Script().on("status", status=429, retry_after=asked), []
                with self.world(faults=faults, **{"backoff.max": longest}) as world:
                    original = faults.request

                    def noting(method, path):
                        if path.endswith("/_bulk"):
                            times.append(time.monotonic())
                        return original(method, path)

                    faults.request = noting
                    self.assertEqual(world.host.once(), 0, world.host.log())
                    self.assert_exact(world)
                self.assertGreaterEqual(times[1] - times[0], least)

    def test_every_kind_of_request_may_fail_first(self):
        for kind, status in store_faults.PASSING:
            with self.subTest(f"{kind} {status}"), self.world() as world:
                seen = set()
                original = world.front.faults.request

                def first_of_its_kind(method, path):
                    what = (method, path)
                    if what not in seen:
                        seen.add(what)
                        return store_faults.Fault(kind, status=status)
                    return original(method, path)

                world.front.faults.request = first_of_its_kind
                self.assertEqual(world.host.once(), 0, world.host.log())
                self.assert_exact(world)

    def test_a_rollover_between_a_lost_answer_and_the_resend_doubles_nothing(self):
        for kind in UNCERTAIN:
            with self.subTest(kind):
                faults = store_faults.Script().on(kind, nth=1, count=4, after=roll)
                with self.world(faults=faults) as world:
                    self.assertEqual(world.host.once(), 0, world.host.log())
                    self.assertGreater(max(len(stream.indices) for stream in world.backend.streams.values()), 1)
                    self.assert_exact(world)

    def test_a_store_that_does_not_answer_is_given_up_after_the_timeout(self):
        for kind in ("hang", "lost_hang"):
            with self.subTest(kind):
                faults = store_faults.Script().on(kind, nth=2, count=1, after=roll)
                with self.world(faults=faults, timeout="1s") as world:
                    self.assertEqual(world.host.once(), 0, world.host.log())
                    self.assert_exact(world)

    def test_a_request_that_is_too_large_is_halved(self):
        with self.world(host={"max_documents": 1000}) as world:
            refused = []

            carry_out = world.front.carry_out

            def at_most_50(asked):
                if asked.path.endswith("/_bulk") and asked.body.count(b"\n") > 100:
                    refused.append(asked.body.count(b"\n") // 2)
                    return 413, {"error": "too large"}
                return carry_out(asked)

            world.front.carry_out = at_most_50
            self.assertEqual(world.host.once(), 0, world.host.log())
            self.assertTrue(refused)
            self.assert_exact(world)
            self.assertEqual(set(world.sent().values()), {1})


if __name__ == "__main__":
    unittest.main()
