# SPDX-License-Identifier: Apache-2.0
"""What a stock Agent's cel input sends, in a real engine: its rows become documents with an id, whatever is sent again is
there already, sums are those of the API, and its errors can be seen."""

import collections
import decimal
import json
import unittest

import engine
import gotools
import installed
import stock_agent
import tree

ENGINE = engine.opensearch
COUNTERS = ["uncached_input_tokens", "cached_input_tokens", "cache_creation_5m_input_tokens", "cache_creation_1h_input_tokens",
            "output_tokens", "web_search_requests"]


def sent(events):
    """Events as an Agent sends them, with what it adds by itself."""
    return [{"@timestamp": "2026-11-20T12:00:00.000Z", "tags": ["forwarded"], "input": {"type": "cel"},
             "agent": {"id": "a", "type": "filebeat"}, "ecs": {"version": "8.0.0"}, **event} for event in events]


class Collected(tree.TreeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        try:
            gotools.go_build(stock_agent.RUNNER, "cel-runner", ".")
            cls.streams = stock_agent.streams()
        except gotools.Skip as reason:
            raise unittest.SkipTest(str(reason)) from None
        cls.node = installed.node()

    def store(self, index, events):
        """How often each status was answered."""
        return collections.Counter(item["status"] for item in self.node.create(index, sent(events))) if events else {}

    def measured(self, index, stream, names):
        return self.node.sums(index, [f"anthropic.{stream}.{name}" for name in names])

    def test_usage_of_two_days_over_stops_amid_pages(self):
        entry, index, statuses = self.streams["usage"], installed.data_stream("usage"), collections.Counter()
        asked = "'limit': [string(grain.most)]"
        self.assertIn(asked, entry["program"])
        entry = dict(entry, program=entry["program"].replace(asked, "'limit': ['3']"))
        with stock_agent.organization("--groups", "4", "--late-rate", "0", "--restate-rate", "0", "--vanish-rate", "0") as owner:
            with stock_agent.running(entry, owner.url) as agent:
                for hour in range(24):
                    events, errors = agent.run(owner.now, executions=0 if hour % 4 else 2)
                    self.assertEqual(errors, [])
                    statuses.update(self.store(index, events))
                    if hour % 4 == 0:
                        agent.restart()
                    owner.advance(2)
                statuses.update(self.store(index, agent.run(owner.now)[0]))
                end = agent.cursor["end"]
            whole = owner.truth("usage", "2026-11-19T06:00:00Z", end, entry["state"]["group_by"], bucket_width="1h")
            identity = owner._call("GET", "/_simulator/state")["organization_id"]
        self.assertEqual(set(statuses), {201, 409})
        self.assertEqual(statuses[201], len(whole))
        stored = self.node.hits(index)
        self.assertEqual(len(stored), len(whole))
        wanted = {name: 0 for name in COUNTERS}
        for row in whole:
            wanted["uncached_input_tokens"] += row["uncached_input_tokens"]
            wanted["cached_input_tokens"] += row["cache_read_input_tokens"]
            wanted["cache_creation_5m_input_tokens"] += row["cache_creation"]["ephemeral_5m_input_tokens"]
            wanted["cache_creation_1h_input_tokens"] += row["cache_creation"]["ephemeral_1h_input_tokens"]
            wanted["output_tokens"] += row["output_tokens"]
            wanted["web_search_requests"] += row["server_tool_use"]["web_search_requests"]
        self.assertEqual(self.measured(index, "usage", COUNTERS),
                         {f"anthropic.usage.{name}": value for name, value in wanted.items()})
        for key, document in stored.items():
            self.assertEqual((document["event"]["id"], document["event"]["kind"], document["organization"]),
                             (key, "metric", {"id": identity}))
            self.assertEqual(document["anthropic"]["usage"]["group_by"], entry["state"]["group_by"])
            self.assertEqual(document["anthropic"]["usage"]["bucket_width"], "1h")
            self.assertNotIn("message", document)

    def test_cost_and_limits(self):
        for name in ("cost", "rate_limit"):
            index = installed.data_stream(name)
            with stock_agent.organization("--groups", "4") as owner, stock_agent.running(self.streams[name], owner.url) as agent:
                events, errors = agent.run(owner.now)
                self.assertEqual((errors, set(self.store(index, events))), ([], {201}))
                again = agent.restart() or agent.run(owner.now)[0]
                self.store(index, events)
            stored = self.node.hits(index)
            self.assertEqual({document["event"]["kind"] for document in stored.values()}, {"metric"})
            if name == "cost":
                self.assertEqual((len(stored), again), (len(events), []))
                exact = sum(decimal.Decimal(row["amount"]) for row in stock_agent.rows(events))
                self.assertEqual(sum(decimal.Decimal(document["anthropic"]["cost"]["amount_exact"])
                                     for document in stored.values()), exact)
            else:
                self.assertTrue(all(document["anthropic"]["rate_limit"]["limits"] for document in stored.values()))

    def test_an_error_stays_visible_with_its_remedy(self):
        for name in self.streams:
            index = installed.data_stream(name)
            with stock_agent.organization("--groups", "4") as owner, stock_agent.running(self.streams[name], owner.url) as agent:
                for status in (401, 403, 429):
                    owner.faults({"contains": "/v1/", "count": 0, "kind": "status", "status": status})
                    (event,) = agent.tell(run=stock_agent.stamp(owner.now), executions=0)[0]["events"]
                    (item,) = self.node.create(index, sent([event]))
                    self.assertEqual(item["status"], 201)
            stored = self.node.hits(index).values()
            self.assertEqual(sorted(document["error"]["message"][:8] for document in stored), ["HTTP 401", "HTTP 403", "HTTP 429"])
            for document in stored:
                self.assertEqual((document["event"]["kind"], document["event"]["type"]), ("event", ["error"]))
                self.assertNotIn("anthropic", document)
                self.assertNotIn(stock_agent.KEY, json.dumps(document))


if __name__ == "__main__":
    unittest.main()
