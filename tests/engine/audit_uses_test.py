# SPDX-License-Identifier: Apache-2.0
"""What uses the comparison besides the command, on a real store: the audit that a running host makes by itself, and the files that
finance gets."""

import collections
import csv
import datetime
import decimal
import io
import os
import random
import time
import unittest

import audit_stores

import audited
import proof_model
import spoiling

ENGINE = audit_stores.OpenSearchStores.START
SEED = int(os.environ.get("AM_SEED") or time.time())
REPAIRS = "audit: {every: 1s, repair: true}"


class Uses(audit_stores.OpenSearchStores, unittest.TestCase):
    maxDiff = None

    def filled(self, name, **settings):
        """Of an organization that was never quiet for a day: finance's commands say that there is nothing to compare of one, and
        nothing of it can be spoiled."""
        for seed in range(SEED, SEED + 5000, 1000):
            print(f"\nAM_SEED={SEED}: organization {seed} on {self.node.name}", flush=True)
            store = self.enterContext(self.store(f"u{name}{seed}x{type(self).__name__.lower()}", seed, **settings))
            store.collect()
            if not store.quiet():
                return store
        self.fail("five organizations, and each was quiet for a day")

    def spoil_newest_day(self, store):
        """Some rows of it are deleted, and some copied into a further backing index; how many rows differ then. Hours of the day
        that has just begun are left alone: no host audits a day before it is over."""
        chance, count = random.Random(SEED), 0
        end = store.end("cost")
        day = proof_model.stamp(proof_model.parsed(end) - datetime.timedelta(days=1))
        for stream in store.grains:
            hands = spoiling.Hands(store, stream)
            rows = {row: held for row, held in hands.rows().items() if day <= row.start < end}
            lost, *twice = spoiling.some(chance, rows, 4)
            hands.delete(*rows[lost])
            if twice:
                store.engine.roll(hands.name)
                hands.created([(one.id, one.source) for row in twice for one in rows[row]])
            count += len(store.expected(stream).differences)
        return count

    def test_a_running_host_repairs_what_was_spoiled(self):
        store = self.filled("r", input_settings=REPAIRS)
        store.later("2h")  # the day before is settled
        differed = self.spoil_newest_day(store)
        self.assertGreater(differed, 0)
        self.assertEqual(store.audit().code, audited.DIFFERENT)
        store.host.start()
        try:
            until = time.monotonic() + 120
            while time.monotonic() < until and any(store.expected(stream).differences for stream in store.grains):
                self.assertIsNone(store.host.process.poll(), store.host.log()[-3000:])
                time.sleep(0.5)
        finally:
            self.assertEqual(store.host.stop(), 0, store.host.log()[-3000:])
        said = store.audit()
        self.assertEqual(said.code, audited.EQUAL, f"{said}\n{store.host.log()[-3000:]}")
        self.assertIn("of them are corrected", store.host.log())
        store.later()  # the ledger was told: what comes late is a correction on top
        self.assertEqual(store.audit().code, audited.EQUAL)
        for stream in store.grains:
            self.assertEqual([], store.wrong_sums(stream)[:20])

    def export(self, store, kind, source):
        done = store.command("export", kind, "--source", source, "--from", store.start[:10], "--to", store.end("cost")[:10])
        self.assertEqual(done.returncode, 0, done.stderr)
        # Names are those of the day on which a document was written, and the report has none.
        return [{name: value for name, value in line.items() if not name.endswith(("_name", "Name", "Tags"))}
                for line in csv.DictReader(io.StringIO(done.stdout, newline=""))]

    def test_line_items_of_the_store_add_up_to_what_was_billed(self):
        store = self.filled("f")
        store.later()  # with corrections
        billed = collections.Counter()
        for row, sums in store.truth("cost").items():
            billed[dict(row.dimensions).get("workspace_id", "Default")] += sums["amount"]
        lines = self.export(store, "csv", "store")
        self.assertEqual(lines, self.export(store, "csv", "api"))
        found = collections.Counter()
        for line in lines:
            found[line["workspace_id"]] += decimal.Decimal(line["amount_cents"])
        self.assertEqual({name: cents for name, cents in found.items() if cents}, {name: cents for name, cents in billed.items() if cents})
        focus = self.export(store, "focus", "store")
        self.assertEqual(focus, self.export(store, "focus", "api"))
        self.assertEqual(sum(decimal.Decimal(line["BilledCost"]) for line in focus), sum(billed.values()) / 100)

    def page(self, store, words, code):
        done = store.command(*words)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def test_a_page_says_whether_store_and_service_agree(self):
        store = self.filled("p")
        words = ["reconcile", "--from", store.start[:10], "--to", store.end("cost")[:10]]
        self.page(store, words, 0)
        hands = spoiling.Hands(store, "cost")
        rows = hands.rows()
        dearest = max(rows, key=lambda row: sum(proof_model.measured(one.source, "cost")["amount"] for one in rows[row]))
        hands.delete(*rows[dearest])
        self.assertIn(dearest.start[:10], self.page(store, words, 2))
        self.assertEqual(store.audit("--stream", "cost", "--repair", "--yes").code, audited.EQUAL)
        self.page(store, words, 0)
