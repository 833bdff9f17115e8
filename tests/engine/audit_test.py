# SPDX-License-Identifier: Apache-2.0
"""Stores that are spoiled by seed in a real engine: an audit finds everything and nothing else, a repair makes the engine's own sums
what the organization used, and collecting goes on with late data and stays exact.

AM_STORES says how many (200 are the proof, a few the default), AM_SEED which is the first: AM_SEED=7 AM_STORES=1 replays one.
"""

import collections
import concurrent.futures
import os
import threading
import time
import traceback
import unittest

import audit_stores

import seeded_stores

ENGINE = audit_stores.OpenSearchStores.START
SEED = int(os.environ.get("AM_SEED") or time.time())
STORES = int(os.environ.get("AM_STORES") or 10)
AT_ONCE = int(os.environ.get("AM_AT_ONCE") or 3)  # a store's tests wait for processes and the engine in turn


class Audits(audit_stores.OpenSearchStores, unittest.TestCase):
    maxDiff = None

    def trial(self, seed):
        trial = seeded_stores.Trial(seed)
        begun = time.monotonic()
        try:
            with self.store(f"s{seed}", seed) as store:
                trial.run(store)
        except Exception:  # whatever it was, the seed must be told
            trial.fault("ended by", traceback.format_exc())
        self.forget(f"s{seed}")
        with self.lock:
            print(f"{trial}: {trial.differences} rows differed; {'FAULTS' if trial.faults else 'exact'} "
                  f"({time.monotonic() - begun:.1f} s)", flush=True)
        return trial

    def test_seeded_stores(self):
        self.lock = threading.Lock()
        print(f"\nAM_SEED={SEED} AM_STORES={STORES} on {self.node.name}", flush=True)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            trials = list(pool.map(self.trial, range(SEED, SEED + STORES)))
        bad = [trial for trial in trials if trial.faults]
        found = sum(trial.differences for trial in trials)
        kinds = collections.Counter(one for trial in trials for one in trial.planted.done)
        print(f"{STORES} stores on {self.node.name}: {found} different rows; planted were {dict(sorted(kinds.items()))}", flush=True)
        self.assertFalse(bad, "".join(f"\n{trial}\n  " + "\n  ".join(trial.faults[:20]) for trial in bad))
        if STORES > 4:
            self.assertGreater(found, 0, "nothing was spoiled; this test shows nothing")
