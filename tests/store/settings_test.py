# SPDX-License-Identifier: Apache-2.0
"""What the output's settings do to what travels."""

import json
import unittest

import shipped
import store_model


class Settings(shipped.Shipping):
    def shipped(self, world):
        self.assertEqual(world.host.once(), 0, world.host.log())
        self.assert_exact(world)
        return world.front.asked()

    def test_as_it_comes(self):
        for engine in store_model.VERSIONS:
            with self.subTest(engine), self.world(store_model.Model(engine)) as world:
                bulks = self.shipped(world)
                self.assertEqual({asked.headers.get("Content-Encoding") for asked in bulks}, {"gzip"})
                self.assertEqual({asked.headers.get("Content-Type") for asked in bulks}, {"application/x-ndjson"})
                for asked in bulks:
                    for action, _, status in asked.items:
                        document = json.loads(action.source)
                        stream = document["data_stream"]
                        self.assertEqual((action.kind, action.id, status), ("create", document["event"]["id"], 201))
                        self.assertEqual(action.index, f"metrics-{stream['dataset']}-{stream['namespace']}")
                self.assertLessEqual(world.front.connections, 3)  # they are kept

    def test_documents_and_octets_of_a_request_are_bounded(self):
        with self.world(bulk_max_size=30, host={"max_documents": 1000}) as world:
            bulks = self.shipped(world)
            self.assertLessEqual(max(len(asked.items) for asked in bulks), 30)
        with self.world(bulk_max_bytes=20_000, host={"max_documents": 1000}) as world:
            bulks = self.shipped(world)
            self.assertLessEqual(max(len(asked.body) for asked in bulks), 20_000)
            self.assertGreater(max(len(asked.body) for asked in bulks), 10_000)

    def test_without_compression(self):
        with self.world(compression_level=0) as world:
            self.assertEqual({asked.headers.get("Content-Encoding") for asked in self.shipped(world)}, {None})

    def test_headers_and_a_path_before_everything(self):
        with self.world(front={"prefix": "/behind/gateway"}, headers={"X-Tenant": "seven"}) as world:
            self.shipped(world)
            self.assertEqual({asked.headers.get("X-Tenant") for asked in world.front.asked("")}, {"seven"})

    def test_several_workers_ship_the_same(self):
        with self.world(worker=4, bulk_max_size=20, host={"max_documents": 1000}) as world:
            self.shipped(world)
            self.assertGreater(world.front.connections, 1)

    def test_a_login(self):
        for settings, sent in (({"username": "u", "password": "p"}, "Basic dTpw"), ({"bearer_token": "tokentokentoken"}, "Bearer tokentokentoken")):
            with self.subTest(sent), self.world(store_model.Model(authorization=sent), **settings) as world:
                self.shipped(world)


if __name__ == "__main__":
    unittest.main()
