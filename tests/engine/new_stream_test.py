# SPDX-License-Identifier: Apache-2.0
"""The pipeline of a stream that has only its fields and its part: what follows from them compiles and checks."""

import copy
import json
import unittest

import engine
import installed  # noqa: F401  (says where the following are)
import tree
import weather
from artefact import opensearch

ENGINE = engine.opensearch
BAD = [
    ({"place": {"a": 1}}, "anthropic.weather.place: expected text, got an object"),
    ({"seen_at": "today"}, "anthropic.weather.seen_at: expected a time such as 2026-01-31T00:00:00Z, got today"),
    ({"seen_at": None}, "anthropic.weather.seen_at: expected a time"),
    ({"drops": -1}, "anthropic.weather.drops: expected a whole number of 0 or more, got -1"),
    ({"drops": 0.5}, "anthropic.weather.drops: expected a whole number of 0 or more, got 0.5"),
    ({"degrees": "warm"}, "anthropic.weather.degrees: expected a number, got warm"),
    ({"winds": [{"from": {}}]}, "anthropic.weather.winds.from: expected text, got an object"),
    ({"winds": [{"speed": 1}, {"speed": "low"}]}, "anthropic.weather.winds.speed: expected a number, got low"),
]


class NewStream(unittest.TestCase):
    def stored(self, part, documents):
        """The documents after the stream's pipeline, of the part of that text."""
        with weather.added(part) as root:
            pipeline = tree.named(opensearch.pipeline.of_stream(root, "weather"))
        answer = engine.node(ENGINE).ok("POST", "/_ingest/pipeline/_simulate",
                                        {"pipeline": pipeline, "docs": [{"_source": document} for document in documents]})
        return [each["doc"]["_source"] for each in answer["docs"]]

    def said(self, reason, document):
        self.assertIn(reason, document["error"]["message"][0])

    def shaped(self, **changes):
        return {"@timestamp": "2026-01-31T00:00:00Z", "event": {"id": "a", "kind": "metric"},
                "anthropic": {"weather": {**copy.deepcopy(weather.GOOD), **changes}}}

    def test_good_documents_pass(self):
        for part in (weather.DESCRIPTION, weather.ROWS):
            document, = self.stored(part, [self.shaped()])
            self.assertEqual((document["anthropic"]["weather"], document["event"]["kind"]), (weather.GOOD, "metric"), document)
            self.assertEqual(document["event"]["dataset"], "anthropic_metrics.weather")

    def test_each_kind_of_field_is_checked(self):
        found = self.stored(weather.DESCRIPTION, [self.shaped(**change) for change, _ in BAD])
        for document, (change, reason) in zip(found, BAD):
            with self.subTest(change=change):
                self.assertEqual(document["event"]["kind"], "pipeline_error")
                self.said(reason, document)
                self.said("with tag 'check_types'", document)
                self.assertNotIn("anthropic", document)

    def test_raw_rows_are_shaped_where_the_part_says_how(self):
        raw = {"message": json.dumps(weather.GOOD)}
        document, refused = self.stored(weather.ROWS, [raw, {"message": '{"drops": -1}'}])
        self.assertEqual(document["anthropic"]["weather"], weather.GOOD)
        self.assertEqual((document["event"]["kind"], document["event"]["category"]), ("metric", ["process"]))
        self.assertIn("@timestamp", document)
        self.said("drops: expected a whole number of 0 or more, got -1", refused)
        unread, = self.stored(weather.DESCRIPTION, [raw])
        self.said("the document has no anthropic.weather", unread)


if __name__ == "__main__":
    unittest.main()
