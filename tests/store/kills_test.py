# SPDX-License-Identifier: Apache-2.0
"""The host is killed amid a write, the store rolls over before it is back: what is uncertain is not doubled, nothing is lost."""

import signal
import unittest

import shipped
import store_faults
import trouble


class Kills(shipped.Shipping):
    def strike(self, world, kind, rolling, nth):
        """The nth bulk is the one at which the host dies; where in it, trouble.KILLS says."""
        def kill(front):
            self.assertTrue(world.host.kill())
            if rolling:
                front.backend.roll()

        world.front.faults.on(kind, nth=nth, **{"after" if kind == "lost" else "before": kill})

    def test_a_kill_at_every_point_of_a_write(self):
        for kind in trouble.KILLS:
            for rolling in (False, True):
                for nth in (1, 2, 4):
                    with self.subTest(f"{kind}, {'rolling over' if rolling else 'same index'}, request {nth}"), self.world(
                            host={"max_documents": 100}) as world:
                        self.strike(world, kind, rolling, nth)
                        self.assertEqual(world.host.once(), -signal.SIGKILL)
                        self.assertEqual(world.host.once(), 0, world.host.log())
                        self.assert_exact(world)
                        self.assertEqual(world.host.dead_letters(), [])

    def test_killed_again_and_again(self):
        with self.world(host={"max_documents": 50}) as world:
            killed = 0
            while True:
                world.front.faults.clear()
                self.strike(world, trouble.KILLS[killed % 3], rolling=killed % 2 == 0, nth=1 + killed % 3)
                code = world.host.once()
                if code == 0:
                    break
                self.assertEqual(code, -signal.SIGKILL)
                killed += 1
                self.assertLess(killed, 200, "it does not get on")
            self.assertGreater(killed, 3)
            self.assert_exact(world)
            self.assertEqual(world.host.dead_letters(), [])

    def test_the_store_rolls_over_just_before_the_resend_is_carried_out(self):
        with self.world(host={"max_documents": 50}) as world:
            self.strike(world, "lost", rolling=False, nth=2)
            self.assertEqual(world.host.once(), -signal.SIGKILL)
            world.front.faults.clear()
            world.front.faults.on("pass", nth=1, count=3, before=lambda front: front.backend.roll())
            self.assertEqual(world.host.once(), 0, world.host.log())
            self.assert_exact(world)

    def test_killed_between_a_lost_answer_and_the_resend(self):
        # The first answer is lost; while the host finds out what became of it, it is killed, and the store rolls over.
        for roll_first in (True, False):
            with self.subTest(roll_first=roll_first), self.world() as world:
                state = {"lost": False, "killed": False}

                def request(method, path):
                    if path.endswith("/_bulk") and not state["lost"]:
                        state["lost"] = True
                        return store_faults.Fault("lost", after=lambda front: front.backend.roll() if roll_first else None)
                    if state["lost"] and not state["killed"]:
                        state["killed"] = True

                        def kill(front):
                            world.host.kill()
                            if not roll_first:
                                front.backend.roll()

                        return store_faults.Fault("close", before=kill)
                    return None

                world.front.faults.request = request
                self.assertEqual(world.host.once(), -signal.SIGKILL)
                self.assertEqual(world.host.once(), 0, world.host.log())
                self.assert_exact(world)


if __name__ == "__main__":
    unittest.main()
