# SPDX-License-Identifier: Apache-2.0
"""The store that the other tests here ship into does what they rely on: it carries out or not, and answers or not, as told."""

import gzip
import http.client
import json
import threading
import unittest

import store_faults
import store_front
import store_model

NAME = "metrics-anthropic_metrics.usage-default"
# kind: (documents carried out of two, status and what the answer is, or None if there is none)
OUTCOMES = {
    "pass": (2, 200), "status": (0, 503), "reset": (0, None), "close": (0, None), "lost": (2, None), "lost_reset": (2, None),
    "cut": (2, None), "garbled": (2, "no JSON"), "html": (0, "no JSON"), "empty": (2, "no JSON"), "short": (2, "one item"),
    "order": (2, "b, a"),
}


def bulk(*ids, name=NAME):
    return "".join(f'{{"create":{{"_index":"{name}","_id":"{one}"}}}}\n{{"@timestamp":"2026-11-01T00:00:00Z","n":"{one}"}}\n'
                   for one in ids).encode()


class FrontTest(unittest.TestCase):
    def ask(self, front, method, path, body=b"", headers=None, connection=None):
        """(status, body) or None without an answer."""
        own = connection or http.client.HTTPConnection(front.url.removeprefix("http://"), timeout=10)
        try:
            own.request(method, path, body, headers or {})
            answer = own.getresponse()
            content = answer.read()
            if answer.headers.get("Content-Encoding") == "gzip":
                content = gzip.decompress(content)
            return answer.status, content
        except (http.client.HTTPException, ConnectionError):
            return None
        finally:
            if not connection:
                own.close()

    def what(self, answer):
        if answer is None:
            return None
        status, content = answer
        try:
            ids = [item["create"]["_id"] for item in json.loads(content)["items"]]
        except ValueError:
            return "no JSON"
        except KeyError:
            return status
        return {("a", "b"): status, ("a",): "one item", ("b", "a"): "b, a"}[tuple(ids)]

    def test_each_fault_is_what_it_says(self):
        self.assertEqual(set(OUTCOMES) | {"hang", "lost_hang"}, set(store_faults.REQUESTS))
        for kind, (carried_out, outcome) in OUTCOMES.items():
            with self.subTest(kind), store_front.Front(store_model.Model(), store_faults.Script().on(kind)) as front:
                self.assertEqual(self.what(self.ask(front, "POST", "/_bulk", bulk("a", "b"))), outcome)
                self.assertEqual(front.backend.count(), carried_out)
                # Only once.
                self.assertEqual(self.what(self.ask(front, "POST", "/_bulk", bulk("a", "b"))), 200)
                self.assertEqual(front.backend.count(), 2)
                self.assertEqual(front.errors(), [])

    def test_a_hanging_request_ends_with_its_client(self):
        for kind, carried_out in (("hang", 0), ("lost_hang", 1)):
            with self.subTest(kind), store_front.Front(store_model.Model(), store_faults.Script().on(kind)) as front:
                connection = http.client.HTTPConnection(front.url.removeprefix("http://"), timeout=0.2)
                connection.request("POST", "/_bulk", bulk("a"))
                with self.assertRaises(TimeoutError):
                    connection.getresponse()
                connection.close()
                self.assertEqual(front.backend.count(), carried_out)

    def test_items_are_spoiled_alone(self):
        for kind, (status, name, _) in store_faults.ITEMS.items():
            with self.subTest(kind):
                script = store_faults.Script().on_item(kind, contains=b'"n":"b"')
                with store_front.Front(store_model.Model(), script) as front:
                    status_of_request, content = self.ask(front, "POST", "/_bulk", bulk("a", "b", "c"))
                    items = [item["create"] for item in json.loads(content)["items"]]
                    self.assertEqual(status_of_request, 200)
                    self.assertEqual([item["status"] for item in items], [201, status, 201])
                    self.assertEqual(items[1].get("error", {}).get("type"), name)
                    self.assertEqual([found for documents in front.backend.holdings()[NAME].values() for found in documents], ["a", "c"])

    def test_keep_alive_gzip_and_many_clients(self):
        with store_front.Front(store_model.Model()) as front:
            connection = http.client.HTTPConnection(front.url.removeprefix("http://"), timeout=10)
            for number in range(5):
                body = gzip.compress(bulk(*(f"{number}-{i}" for i in range(50))))
                status, content = self.ask(front, "POST", "/_bulk", body, {"Content-Encoding": "gzip", "Accept-Encoding": "gzip"}, connection)
                self.assertEqual((status, json.loads(content)["errors"]), (200, False))
            connection.close()
            self.assertEqual(front.connections, 1)
            threads = [threading.Thread(target=self.ask, args=(front, "POST", "/_bulk", bulk(f"t{n}"))) for n in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(front.backend.count(), 258)
            self.assertEqual(front.errors(), [])

    def test_a_seed_decides_everything(self):
        class Sent:
            def __init__(self, found):
                self.id = found

        def faults(seed):
            made = store_faults.Seeded(seed, dead=0.2)
            return [str(made.request("POST", "/_bulk")) for _ in range(50)] + [made.item(Sent(f"i{n % 20}")) for n in range(100)]

        self.assertEqual(faults(1), faults(1))
        self.assertNotEqual(faults(1), faults(2))

    def test_a_credential_is_asked_for(self):
        with store_front.Front(store_model.Model(authorization="ApiKey abc")) as front:
            self.assertEqual(self.ask(front, "GET", "/")[0], 401)
            self.assertEqual(self.ask(front, "GET", "/", headers={"Authorization": "ApiKey abc"})[0], 200)


if __name__ == "__main__":
    unittest.main()
