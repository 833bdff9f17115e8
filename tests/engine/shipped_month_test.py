# SPDX-License-Identifier: Apache-2.0
"""A month of late, restated and vanishing numbers, shipped by the host into a real engine behind a front that fails, with
kills amid writes and rollovers: the engine's sums by every dimension of the dashboards are what the organization used."""

import os
import time

import engine

import setup_run
import shipped
import store_engine
import trouble
import truth

ENGINE = engine.opensearch
SEED = int(os.environ.get("AM_SEED") or time.time())
ORGANIZATION = {"late_rate": 0.05, "restate_rate": 0.02, "vanish_rate": 0.02, "groups": 6}
ROUNDS, STEP = 11, "36h"  # after half a month of history


class ShippedMonth(shipped.Shipping):
    ORGANIZATION = {**ORGANIZATION, "seed": SEED}

    @classmethod
    def backend(cls):
        """The engine's name, and what the front stands before."""
        node = engine.node(ENGINE)
        done = setup_run.setup(node.url)
        if done.returncode:
            raise AssertionError(f"setup failed: {done.stdout}{done.stderr}")
        return node.name, store_engine.Engine(node.url)

    def test_sums_by_every_dimension_are_the_truth(self):
        print(f"AM_SEED={SEED}", flush=True)
        engine_name, backend = self.backend()
        faults = trouble.Trouble(SEED, requests=0.1, items=0.02, kills=0.15, rolls=0.1)
        begun = time.monotonic()
        with self.world(backend, faults, host={"interval": "360h", "max_documents": 500}, timeout="5s") as world:
            starts = trouble.live(self.organization, world, faults, ROUNDS, STEP)
            took = time.monotonic() - begun
            self.assertEqual(world.host.dead_letters(), [])
            self.assert_exact(world)
            rows = 0
            for stream in truth.MEASURES:
                rows += self.assert_sums(backend, stream)
            counts = {name: (len(indices), sum(map(len, indices.values()))) for name, indices in backend.holdings().items()}
        print(f"{engine_name}: (backing indices, documents) {counts}; {starts} starts, killed {len(faults.killed)} times "
              f"({', '.join(faults.killed)}), {faults.rolled} rollovers, {len(world.front.asked())} bulks of which "
              f"{sum(one.fault is not None and one.fault.kind != 'pass' for one in world.front.asked())} failed; "
              f"{rows} sums equal the truth; shipped in {took:.0f} s", flush=True)
        self.assertTrue(faults.killed and faults.rolled)

    def assert_sums(self, backend, stream):
        name = f"metrics-anthropic_metrics.{stream}-default"
        bounds = backend.ask("POST", f"/{name}/_search", {"size": 0, "aggs": {
            "first": {"min": {"field": "@timestamp"}}, "last": {"max": {"field": f"anthropic.{stream}.bucket_end_time"}}}})
        start, end = (bounds["aggregations"][key]["value_as_string"] for key in ("first", "last"))
        expected = truth.of_organization(self.organization.url, stream, start, end)
        found = truth.of_store(backend.ask("POST", f"/{name}/_search", truth.question(stream)))
        self.assertEqual(found.keys(), expected.keys())
        compared = 0
        for dimension, values in expected.items():
            self.assertEqual(found[dimension].keys(), values.keys(), dimension)
            for value, sums in values.items():
                for measure, amount in sums.items():
                    compared += 1
                    there = found[dimension][value].get(measure, 0)
                    if stream == "usage":
                        self.assertEqual(there, amount, (dimension, value, measure))
                    else:
                        self.assertAlmostEqual(there, float(amount), delta=1e-9 * max(1, abs(float(amount))), msg=(dimension, value))
        return compared
