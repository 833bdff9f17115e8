# SPDX-License-Identifier: Apache-2.0
"""Cost by key, person and product, list prices and requests of the analytics reports, on documents made by hand."""

import unittest

import elastic
import world_analytics
from panels import midnight, rows, spend
from world import DAY, HOUR, MINUTE, NOW, document, text

ENGINE = elastic.engine.esql
AT = NOW.replace(minute=0, second=0, microsecond=0) - 3 * HOUR


def requests(start, count, place="wrkspc_1", model="m-1", width=MINUTE, **more):
    return document("analytics_usage", start, {
        "bucket_start_time": text(start), "bucket_end_time": text(start + width), "bucket_width": {MINUTE: "1m", HOUR: "1h", DAY: "1d"}[width],
        "group_by": ["model", "workspace_id"], "revision": 0, "requests": count, "model": model, "workspace_id": place, **more})


def charged(ago, cents, list_cents, currency="USD", names=None, **fields):
    made = world_analytics.cost_document(midnight(NOW) - ago * DAY, cents, list_cents, fields, currency=currency)
    made["anthropic"].update(names or {})
    return made


class Analytics(unittest.TestCase):
    STORE = (charged(1, 1000.0, 1250.0, api_key_id="apikey_1", product="chat", names={"api_key": {"name": "shop"}}),
             charged(2, 500.0, 500.0, api_key_id="apikey_1", product="messages_api"),
             charged(2, -100.0, -250.0, api_key_id="apikey_1", product="messages_api", revision=1),
             charged(1, 300.0, 400.0, product="chat", actor_type="user_actor", actor_id="user_1", actor_email="ann@example.org"),
             charged(3, 200.0, 200.0, product="chat", actor_type="user_actor", actor_id="user_1"),
             charged(1, 90000.0, 90000.0, "EUR", api_key_id="apikey_1", product="chat"))

    def test_billed_beside_list_price_by_currency(self):
        store = elastic.Store(self.STORE)
        self.assertEqual({row["currency"]: (row["spend"], row["list"]) for row in rows("cost-billing", "analytics-spend", store)},
                         {"USD": (19.0, 21.0), "EUR": (900.0, 900.0)})
        (row,) = rows("cost-billing", "analytics-discount", store)
        self.assertAlmostEqual(row["discount"], 1 - 1900 / 2100, 12)
        found = {row["product"]: (row["spend"], row["list"]) for row in rows("cost-billing", "list-against-billed", store)}
        self.assertEqual(found, {"chat": (15.0, 18.5), "messages_api": (4.0, 2.5)})

    def test_by_key_person_and_product(self):
        store = elastic.Store(self.STORE)
        self.assertEqual({row["key"]: row["spend"] for row in rows("cost-billing", "by-key", store)}, {"shop": 14.0, "without a key": 5.0})
        self.assertEqual({row["person"]: row["spend"] for row in rows("cost-billing", "by-person", store)},
                         {"ann@example.org": 5.0, "not split by person": 14.0})
        self.assertEqual({row["product"]: row["spend"] for row in rows("cost-billing", "by-product", store)}, {"chat": 15.0, "messages_api": 4.0})
        self.assertEqual(sum(row["spend"] for row in rows("cost-billing", "analytics-spend-over-time", store)), 19.0)

    def test_legacy_cost_is_in_none_of_it(self):
        both = elastic.Store([*self.STORE, *(spend(midnight(NOW) - n * DAY, 7777.0) for n in range(1, 20))])
        alone = elastic.Store(self.STORE)
        for name in ("analytics-spend", "analytics-discount", "by-key", "by-person", "by-product", "list-against-billed"):
            self.assertEqual(rows("cost-billing", name, both), rows("cost-billing", name, alone), name)
        for name in ("spend-in-range", "month-to-date", "by-workspace", "line-items"):
            only = elastic.Store([spend(midnight(NOW) - n * DAY, 7777.0) for n in range(1, 20)])
            self.assertEqual(rows("cost-billing", name, both), rows("cost-billing", name, only), name)

    def test_requests_by_key(self):
        made = requests(AT, 30, api_key_id="apikey_1", total_tokens=900)
        made["anthropic"]["api_key"] = {"name": "shop"}
        store = elastic.Store([made, requests(AT, -10, api_key_id="apikey_1", total_tokens=-300, revision=1)])
        (row,) = rows("cost-billing", "requests-by-key", store)
        self.assertEqual((row["key"], row["id"], row["requests"], row["tokens"], row["per_request"]), ("shop", "apikey_1", 20, 600, 30.0))


if __name__ == "__main__":
    unittest.main()
