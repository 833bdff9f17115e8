# SPDX-License-Identifier: Apache-2.0
"""An audit that cannot compare says why in a sentence, ends with 3, and repairs nothing."""

import unittest
import urllib.parse

import audit_stores

import audited
import proof_model
import spoiling
import store_faults

ENGINE = audit_stores.OpenSearchStores.START
NO_PRIVILEGE = {"error": {"type": "security_exception", "reason": "action [indices:data/read/search] is unauthorized for user [shipper]"},
                "status": 403}


class Refusals(audit_stores.OpenSearchStores, unittest.TestCase):
    number = 0

    def world(self, filled=True, **settings):
        """A store behind a front; filled by one round."""
        type(self).number += 1
        store = self.enterContext(self.store(f"r{self.number}x{type(self).__name__.lower()}", self.number, front=True, **settings))
        if filled:
            store.collect()
        return store

    def refuses(self, store, *words, repair=True):
        """Both, the audit and its repair, end with 3 and say the words; nothing is written."""
        for arguments in ([], ["--repair"], ["--repair", "--yes"])[:3 if repair else 1]:
            with self.subTest(arguments=arguments):
                before = len(store.front.asked())
                done = store.audit(*arguments)
                self.assertEqual(done.code, audited.INCOMPLETE, str(done))
                told = " ".join((done.said or {}).get("problems", [])) + done.error
                for word in words:
                    self.assertIn(word, told, str(done))
                self.assertNotIn(audited.KEY, told)
                self.assertEqual(len(store.front.asked()), before, "an incomplete comparison was repaired")
                if done.said:
                    self.assertFalse(done.said["complete"], str(done))

    def spoiled(self, store):
        hands = spoiling.Hands(store, "usage")
        rows = hands.rows()
        hands.delete(*rows[min(rows, key=str)])

    def test_a_data_stream_that_is_not_there(self):
        store = self.world(filled=False)
        self.refuses(store, store.name("usage"))

    def test_a_store_without_setup(self):
        store = self.world(filled=False, dataset="other_metrics")
        self.refuses(store, "other_metrics.usage", "setup")

    def test_no_privilege_to_search(self):
        store = self.world()
        self.spoiled(store)
        for path in ("/_search", "/_search/scroll", "/_pit", "/_search/point_in_time"):
            store.front.faults.on("status", path=path, count=0, status=403, body=NO_PRIVILEGE)
        self.refuses(store, "403", "read")
        store.front.faults.clear()
        self.assertEqual(store.audit().code, audited.DIFFERENT)

    def test_a_store_that_breaks_off(self):
        store = self.world()
        self.spoiled(store)
        faults = Second("/_search", "/_search/scroll")
        store.front.faults = faults
        self.refuses(store)
        self.assertGreater(faults.refused, 0, "the store was asked less than twice; this test shows nothing")

    def test_a_report_that_the_service_refuses(self):
        store = self.world()
        self.spoiled(store)
        store.organization.control("faults", "POST", {"faults": [{"contains": "/usage_report", "count": 0, "kind": "status", "status": 403}]})
        self.refuses(store, "403")
        store.organization.control("faults", "DELETE")
        self.assertEqual(store.audit().code, audited.DIFFERENT)

    def test_rows_of_the_api_that_nobody_can_read(self):
        store = self.world()
        self.spoiled(store)
        store.organization.control("faults", "POST", {"faults": [{"contains": "/usage_report", "count": 0, "kind": "wrong_types"}]})
        self.refuses(store, "rows of the API cannot be read")
        found = {one["kind"]: one["count"] for one in store.audit().stream("usage")["findings"]}
        self.assertGreater(found.get("gap", 0), 0, str(found))
        store.organization.control("faults", "DELETE")
        self.assertEqual(store.audit("--repair", "--yes").code, audited.EQUAL)
        self.assertEqual(store.audit().code, audited.EQUAL)

    def test_documents_of_others_in_the_data_stream(self):
        store = self.world()
        hands = spoiling.Hands(store, "usage")
        hands.created([(None, {"@timestamp": store.start, "message": "a log line", "event": {"kind": "event"}}),
                       (None, {"@timestamp": store.start, "anthropic": {"usage": {"output_tokens": 5}}, "event": {"kind": "metric"}})])
        self.refuses(store, "2 documents")

    def test_a_month_in_the_future(self):
        store = self.world()
        done = store.audit(start="2099-01-01", end="2099-02-01")
        self.assertNotIn(done.code, (audited.EQUAL, audited.DIFFERENT), str(done))
        self.assertIn("future", done.error + " ".join((done.said or {}).get("problems", [])), str(done))

    def test_history_that_the_service_no_longer_has(self):
        store = self.world(serve=["--kept", "24h"], interval="12h")
        self.refuses(store, "2026-11-0")

    def test_what_is_on_its_way_is_no_difference(self):
        store = self.world()
        hours = len(store.truth("usage"))
        store.organization.advance("2h")
        end = proof_model.stamp(proof_model.parsed(store.organization.now()))
        done = store.audit("--stream", "usage", end=end)
        self.assertIn(done.code, (audited.EQUAL, audited.DIFFERENT), str(done))
        said = done.stream("usage")
        newest = [one for one in said["differences"] if one["bucket_start_time"] >= "2026-11-03T01:00:00Z"]
        self.assertEqual(newest, [], "the newest hour may still come")
        self.assertGreater(said["on_their_way"], 0, f"{hours} rows before; it {done}")

    def test_a_running_host_is_told_to_repair_by_itself(self):
        store = self.world()
        self.spoiled(store)
        store.host.start()
        try:
            store.wait_for_host()
            done = store.audit()
            self.assertEqual(done.code, audited.DIFFERENT, str(done))
            done = store.audit("--repair", "--yes")
            self.assertNotIn(done.code, (audited.EQUAL, audited.DIFFERENT), str(done))
            self.assertIn("audit", done.error + " ".join((done.said or {}).get("problems", [])))
            self.assertIn("stop", done.error + " ".join((done.said or {}).get("problems", [])))
        finally:
            store.host.stop()
        self.assertEqual(store.audit("--repair", "--yes").code, audited.EQUAL)
        self.assertEqual(store.audit().code, audited.EQUAL)


class Second(store_faults.Script):
    """Every search of a data stream but the first is answered 503."""

    def __init__(self, *paths):
        super().__init__()
        self.paths, self.asked, self.refused = paths, 0, 0

    def request(self, method, path):
        if not urllib.parse.unquote(path).endswith(self.paths):
            return None
        self.asked += 1
        if self.asked == 1:
            return None
        self.refused += 1
        return store_faults.Fault("status", status=503, body={"error": {"type": "x", "reason": "no shard"}, "status": 503})
