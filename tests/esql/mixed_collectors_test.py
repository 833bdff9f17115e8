# SPDX-License-Identifier: Apache-2.0
"""Several collectors in one data stream: ours, a stock Agent's cel input with our program, and collectors that leave bare
rows. What our pipelines make of them on a real engine is given to the dashboards' queries on another: whatever counts twice
is shown as counted twice."""

import json
import unittest

import elastic
import engine
import installed
import java
from panels import rows

ENGINE = elastic.engine.esql
ORGANIZATION = "11111111-2222-4333-8444-555555555555"


class Mixed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            cls.pipelines = installed.node()
        except java.Unavailable as reason:
            raise unittest.SkipTest(f"no engine with our pipelines: {reason}") from None
        cls.case = next(case for case in installed.cases("usage") if installed.raw_rows("usage", case))

    def ours(self, stream, case):
        return [dict(document, input={"type": "anthropic_metrics"}, organization={"id": ORGANIZATION})
                for document in installed.golden(stream, case) if not document["anthropic"][stream].get("revision")]

    def from_a_stock_agent(self, stream, case):
        """As package/agent sends them."""
        group_by = self.ours(stream, case)[0]["anthropic"][stream]["group_by"]
        return [self.raw(stream, dict(row, group_by=group_by, organization_id=ORGANIZATION)) for row in installed.raw_rows(stream, case)]

    def bare(self, stream, case):
        """As other collectors send them: a row and its bucket."""
        return [self.raw(stream, row) for row in installed.raw_rows(stream, case)]

    def raw(self, stream, row):
        return {"@timestamp": "2026-09-12T08:00:00.000Z", "message": json.dumps(row), "input": {"type": "cel"}, "tags": ["forwarded"],
                "data_stream": {"type": "metrics", "dataset": f"anthropic_metrics.{stream}", "namespace": "default"}}

    def stored(self, stream, *collectors):
        """What is in one data stream after these have sent theirs; nothing is refused but what is there already."""
        index = installed.data_stream(stream)
        for documents in collectors:
            statuses = {item["status"] for item in self.pipelines.create(index, documents)}
            self.assertLessEqual(statuses, {201, 409})
        found = list(self.pipelines.hits(index).values())
        self.assertEqual({document["event"]["kind"] for document in found}, {"metric"})
        return found

    def shown(self, documents):
        """{bucket's start: hours counted twice}, as the panel of the collector's dashboard has them."""
        moments = sorted(document["@timestamp"] for document in documents)
        now = elastic.datetime.datetime.fromisoformat(moments[-1][:19] + "+00:00") + elastic.datetime.timedelta(hours=30)
        return rows("collector-health", "overlapping-grains", elastic.Store(documents), now)

    def doubled(self, stream, one, other):
        """Hours in which both have something: each of them counts twice."""
        first, second = self.stored(stream, one), self.stored(stream, other)
        return self.shown(self.stored(stream, one, other)), self.shown(first) + self.shown(second)

    def test_each_pair_is_shown_and_none_alone(self):
        for stream in ("usage", "cost"):
            case = next(case for case in installed.cases(stream) if self.ours(stream, case) and installed.raw_rows(stream, case))
            collectors = {"ours": self.ours(stream, case), "a stock Agent": self.from_a_stock_agent(stream, case),
                          "bare rows": self.bare(stream, case)}
            names = list(collectors)
            for number, one in enumerate(names):
                for other in names[number + 1:]:
                    with self.subTest(f"{stream}: {one} and {other}"):
                        together, alone = self.doubled(stream, collectors[one], collectors[other])
                        self.assertEqual(alone, [])
                        self.assertEqual({row["stream"] for row in together}, {f"anthropic_metrics.{stream}"})
                        self.assertGreater(sum(row["hours"] for row in together), 0)

    def test_the_same_collector_again_is_stored_once(self):
        for collector in (self.from_a_stock_agent, self.bare):
            documents = collector("usage", self.case)
            found = self.stored("usage", documents, documents)
            self.assertEqual(len(found), len(documents))
            self.assertEqual(self.shown(found), [])


if __name__ == "__main__":
    unittest.main()
