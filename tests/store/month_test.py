# SPDX-License-Identifier: Apache-2.0
"""Half a month of late, restated and vanishing numbers into a store in trouble, by seed; a run can be replayed with
AM_SEED=number. AM_MONTHS=20 runs so many, each with another organization."""

import os
import random
import time
import unittest

import shipped
import store_model
import trouble

SEED = int(os.environ.get("AM_SEED") or time.time())
ORGANIZATION = {"late_rate": 0.1, "restate_rate": 0.05, "vanish_rate": 0.03, "groups": 4}


class Month(shipped.Shipping):
    def test_by_seed(self):
        for seed in range(SEED, SEED + int(os.environ.get("AM_MONTHS", "1"))):
            print(f"AM_SEED={seed}", flush=True)
            with self.subTest(seed=seed), shipped.organization(seed=seed, **ORGANIZATION) as type(self).organization:
                choose = random.Random(seed).choice
                output = {"worker": choose((1, 4)), "bulk_max_size": choose((30, 1600)), "compression_level": choose((0, 1))}
                backend = store_model.Model(choose(list(store_model.VERSIONS)))
                faults = trouble.Trouble(seed, requests=0.15, items=0.05, kills=0.15, dead=0.01)
                with self.world(backend, faults, host={"interval": "360h", "max_documents": 100}, timeout="3s", **output) as world:
                    starts = trouble.live(self.organization, world, faults, rounds=8, step="36h")
                    letters = world.host.dead_letters()
                    self.assert_exact(world, dead=letters)
                    self.assertEqual({letter["id"] for letter in letters},
                                     {found for found in world.sent() if faults.is_dead(found)})
                    print(f"{output} {world.backend.count()} documents and {len(letters)} dead letters in {len(world.front.asked())} bulks, "
                          f"{starts} starts, killed {len(faults.killed)} times, {faults.rolled} rollovers", flush=True)
                    self.assertTrue(faults.killed and faults.rolled)


if __name__ == "__main__":
    unittest.main()
