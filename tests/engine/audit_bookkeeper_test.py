# SPDX-License-Identifier: Apache-2.0
"""A store that another collector fills, by the rules of the public integration, and that an audit without any state of its own
repairs every night: each morning the engine's sums are what the organization used."""

import datetime
import os
import time
import unittest

import audit_stores

import audited
import other_collector
import proof_model
import spoiling

ENGINE = audit_stores.OpenSearchStores.START
SEED = int(os.environ.get("AM_SEED") or time.time())
NIGHTS = int(os.environ.get("AM_NIGHTS") or 2)
STEP = datetime.timedelta(minutes=35)  # cuts through hours at another place each time


class Bookkeeper(audit_stores.OpenSearchStores, unittest.TestCase):
    def nights(self, number, reading, raw=False):
        """reading: see other_collector.Collector. raw: the rows pass our pipelines, else they are stored as the integration's own
        pipeline shapes them. How many rows differed each night."""
        for attempt in range(5):
            differed = self.nights_of(SEED + number + 1000 * attempt, reading, raw)
            if differed is not None:
                return differed
        self.fail("five organizations, and each was quiet for a day")

    def nights_of(self, seed, reading, raw):
        """None: a stream brought no row on the first day, so that it has no data stream to audit, or it was quiet for a day, of which
        nothing differs."""
        print(f"\nAM_SEED={SEED}: organization {seed}, reading {reading}{', raw' if raw else ''} on {self.node.name}", flush=True)
        serve = ["--open-bucket"] if reading == 1 else []
        with self.store(f"b{seed}", seed, hours=24, tls=True, serve=serve) as store:
            organization = store.organization
            collector = other_collector.Collector(organization.url, audited.KEY, organization.authority, reading)
            collector.initial = dict.fromkeys(collector.initial, datetime.timedelta(hours=24))
            now, came, differed = proof_model.parsed(organization.now()), set(), []
            for _ in range(NIGHTS):
                now = self.day(store, collector, now, raw, came)
                if came < set(store.grains) or store.quiet():
                    return None
                differed.append(self.night(store))
            return differed

    def day(self, store, collector, now, raw, came):
        """Polls until half past midnight; the time it is then. came: receives the streams of which there are rows."""
        night = (now + datetime.timedelta(days=1)).replace(hour=0, minute=30)
        found = {stream: [] for stream in store.grains}
        while now < night:
            for stream in found:
                found[stream] += collector.poll(stream, now)
            step = min(STEP, night - now)
            store.organization.advance(f"{int(step.total_seconds())}s")
            now += step
        came.update(stream for stream, rows in found.items() if rows)
        for stream, rows in found.items():
            if rows and raw:
                items = spoiling.Hands(store, stream).create([(None, other_collector.raw(row)) for row in rows], pipeline=None)
                self.assertLessEqual({item["status"] for item in items}, {201, 409})
            elif rows:
                spoiling.Hands(store, stream).created([
                    (None, other_collector.document(stream, row, f"anthropic_metrics.{stream}", store.engine.namespace)) for row in rows])
        return now

    def night(self, store):
        """One repair; the number of rows that differed before."""
        count = 0
        for stream in store.grains:
            expected, said = store.expected(stream), store.audit("--stream", stream)
            self.assertEqual(said.code, audited.DIFFERENT if expected.differences else audited.EQUAL, str(said))
            found = proof_model.reported(said.stream(stream), store.grains[stream])
            self.assertEqual([], proof_model.unequal(expected.differences, found)[:20])
            count += len(found)
        done = store.audit("--repair", "--yes")
        self.assertEqual(done.code, audited.EQUAL, str(done))
        self.assertFalse((store.host.data / "state").exists(), "a bookkeeper leaves no state")
        again = store.audit()
        self.assertEqual(again.code, audited.EQUAL, str(again))
        self.assertTrue(again.said["equal"] and again.said["complete"], str(again))
        for stream in store.grains:
            self.assertEqual([], store.wrong_sums(stream)[:20])
        return count

    def test_open_buckets_are_stored_again_and_again(self):
        self.assertTrue(all(self.nights(0, reading=1)))

    def test_buckets_are_read_once_and_never_corrected(self):
        self.assertTrue(any(self.nights(1, reading=2)))

    def test_hours_that_no_poll_contains_are_lost(self):
        self.assertTrue(all(self.nights(2, reading=3)))

    def test_rows_that_pass_our_pipelines(self):
        if not self.PIPELINES:
            self.skipTest("this engine has no pipelines")
        self.assertTrue(all(self.nights(3, reading=1, raw=True)))
