# SPDX-License-Identifier: Apache-2.0
"""Rows of the API in message, as other collectors leave them, become what our collector would have made of them."""

import json

import engine
import installed
import tree

ENGINE = engine.opensearch
TIME = "2026-09-12T08:00:00.000Z"


def arriving(row, **more):
    """A document of another collector."""
    return {"@timestamp": TIME, "message": json.dumps(row), "tags": ["forwarded"], "input": {"type": "cel"},
            "agent": {"id": "a", "type": "filebeat"}, **more}


def key(stream, part):
    """What tells a row from others of its report."""
    names = [name.rpartition(".")[2] for name, field in tree.declared_fields(stream).items() if field.get("dimension")]
    return json.dumps([part.get("bucket_start_time")] + [part.get(name) for name in names])


class RawRows(tree.TreeTest):
    def setUp(self):
        self.node = installed.node()

    def shaped(self, stream, rows, **more):
        """What is stored for the rows."""
        index = installed.data_stream(stream)
        items = self.node.create(index, [arriving(row, **more) for row in rows])
        self.assertEqual({item["status"] for item in items} | {201}, {201}, items)
        return list(self.node.hits(index).values())

    def expected(self, stream, case):
        """{key: golden document} of first emissions."""
        return {key(stream, d["anthropic"][stream]): d for d in installed.golden(stream, case)
                if not d["anthropic"][stream].get("revision")}

    def compare(self, noted):
        """Number of rows that became what the goldens hold; `noted`: the collector noted group_by."""
        compared = 0
        for stream in ("usage", "cost"):
            for case in installed.cases(stream):
                rows, expected = installed.raw_rows(stream, case), self.expected(stream, case)
                if not rows:
                    continue
                group_by = next(iter(expected.values()))["anthropic"][stream]["group_by"]
                if noted:
                    rows = [dict(row, group_by=group_by) for row in rows]
                stored = self.shaped(stream, rows)
                self.assertEqual(len(stored), len(rows))
                for document in stored:
                    with self.subTest(f"{stream}/{case}: {key(stream, document['anthropic'][stream])}"):
                        golden = self.golden_without_note(expected, document, stream, noted)
                        self.assertEqual(document["anthropic"], golden["anthropic"])
                        self.assertEqual(installed.without_fraction(document["@timestamp"]), golden["@timestamp"])
                        for name in ("category", "dataset", "kind", "module", "type"):
                            self.assertEqual(document["event"][name], golden["event"][name], name)
                        self.assertEqual(document["ecs"], golden["ecs"])
                        self.assertNotIn("message", document)
                        self.assertNotIn("original", document["event"])
                        compared += 1
        return compared

    def golden_without_note(self, expected, document, stream, noted):
        part = dict(document["anthropic"][stream])
        if noted:
            return expected[key(stream, part)]
        for golden in expected.values():  # what follows from group_by alone is not known without it
            wanted = json.loads(json.dumps(golden))
            wanted["anthropic"][stream].pop("group_by")
            wanted["anthropic"][stream].pop("api_key_source", None)
            if key(stream, wanted["anthropic"][stream]) == key(stream, part):
                return wanted
        self.fail(f"no expected document is like {part}")

    def test_they_become_the_fields_of_our_documents(self):
        self.assertGreater(self.compare(noted=True), 10)

    def test_also_without_the_note_of_what_they_were_split_by(self):
        self.assertGreater(self.compare(noted=False), 10)

    def test_entries_of_the_rate_limit_report_too(self):
        rows = installed.raw_rows("rate_limit", "organization")
        stored = self.shaped("rate_limit", rows)
        expected = installed.golden("rate_limit", "organization")
        self.assertEqual(len(stored), len(expected))

        def order(document):
            return json.dumps(document["anthropic"], sort_keys=True)

        for document, golden in zip(sorted(stored, key=order), sorted(expected, key=order)):
            self.assertEqual(document["anthropic"], golden["anthropic"])
            self.assertEqual(document["@timestamp"], TIME)
            self.assertEqual(document["event"]["kind"], "metric")

    def test_an_entry_of_a_later_poll_is_another_document(self):
        index = installed.data_stream("rate_limit")
        row = installed.raw_rows("rate_limit", "organization")[0]
        for _ in range(2):
            self.assertEqual(self.node.create(index, [arriving(row)])[0]["status"], 201)
        self.assertEqual(self.node.count(index), 2)

    def test_a_row_sent_twice_counts_once(self):
        for stream in ("usage", "cost"):
            index, rows = installed.data_stream(stream), installed.raw_rows(stream, installed.cases(stream)[0])
            self.assertEqual({item["status"] for item in self.node.create(index, [arriving(row) for row in rows])}, {201})
            again = self.node.create(index, [arriving(row, agent={"id": "another"}) for row in rows])
            self.assertEqual({item["status"] for item in again}, {409})
            for identity, document in self.node.hits(index).items():
                self.assertEqual(document["event"]["id"], identity)

    def test_a_row_that_grew_has_the_id_it_had(self):
        """The store refuses it (409) and keeps the first reading: of two readings, the sum would be wrong."""
        for stream, grown in (("usage", {"output_tokens": 999_999, "server_tool_use": None}), ("cost", {"amount": "123456.789"})):
            index, row = installed.data_stream(stream), installed.raw_rows(stream, installed.cases(stream)[0])[0]
            again = [dict(row, **grown), dict(reversed(row.items())), {k: v for k, v in row.items() if v is not None or k == "workspace_id"},
                     dict(row, bucket_start_time=row["bucket_start_time"].replace("Z", "+00:00"))]
            self.assertEqual([i["status"] for i in self.node.create(index, [arriving(row)] + [arriving(r) for r in again])],
                             [201, 409, 409, 409, 409], stream)
            (stored,) = self.node.hits(index).values()
            (first,) = self.shaped(stream, [row])
            self.assertEqual(stored["anthropic"], first["anthropic"])

    def test_rows_that_differ_in_bucket_grouping_or_dimension_are_others(self):
        for stream in ("usage", "cost"):
            index, row = installed.data_stream(stream), installed.raw_rows(stream, installed.cases(stream)[0])[0]
            others = [row, dict(row, bucket_start_time="2026-01-01T00:00:00Z", bucket_end_time="2026-01-01T01:00:00Z"),
                      dict(row, model="another"), dict(row, model=""), dict(row, region_class="alpine"),
                      dict(row, model="a workspace_id", workspace_id="b"), dict(row, model="a", workspace_id="workspace_id b"),
                      dict(row, group_by=["model"]), dict(row, group_by=["model", "workspace_id"])]
            items = self.node.create(index, [arriving(other) for other in others])
            self.assertEqual({i["status"] for i in items}, {201}, [i["status"] for i in items])
            swapped = dict(row, group_by=["workspace_id", "model"])
            self.assertEqual(self.node.create(index, [arriving(swapped)])[0]["status"], 409)

    def test_equal_rows_of_two_organizations_are_two(self):
        index, row = installed.data_stream("usage"), installed.raw_rows("usage", "grouped-hours")[0]
        documents = [arriving(row, organization={"id": name}) for name in ("one", "two")]
        self.assertEqual([item["status"] for item in self.node.create(index, documents)], [201, 201])

    def test_an_organization_that_the_collector_noted_in_the_row_is_the_documents(self):
        for stream in ("usage", "cost", "rate_limit"):
            row = installed.raw_rows(stream, installed.cases(stream)[0])[0]
            noted = dict(row, organization_id="one")
            (stored,) = self.shaped(stream, [noted])
            self.assertEqual(stored["organization"], {"id": "one"})
            self.assertNotIn("organization_id", stored["anthropic"][stream])
            if stream != "rate_limit":
                (said,) = self.shaped(stream, [row], organization={"id": "one"})
                self.assertEqual((said["event"]["id"], said["anthropic"]), (stored["event"]["id"], stored["anthropic"]))
            (other,) = self.shaped(stream, [noted], organization={"id": "two"})
            self.assertEqual(other["organization"], {"id": "two"})
            (labelled,) = self.shaped(stream, [noted], organization="o", division="d", team="t")
            self.assertEqual(labelled["organization"], {"id": "one"})

    def test_an_id_that_the_collector_gave_is_kept(self):
        index, row = installed.data_stream("usage"), installed.raw_rows("usage", "grouped-hours")[0]
        (item,) = self.node.create(index, [arriving(row, event={"id": "given"})])
        self.assertEqual((item["status"], item["_id"]), (201, "given"))

    def test_no_default_workspace_where_rows_were_not_split_by_workspace(self):
        row = dict(installed.raw_rows("usage", "grouped-hours")[0], workspace_id=None)
        for group_by, expected in ((["model"], None), (["model", "workspace_id"], "Default"), ([], None)):
            (stored,) = self.shaped("usage", [dict(row, group_by=group_by)])
            self.assertEqual(stored["anthropic"]["usage"].get("workspace_id"), expected, group_by)

    def test_counters_that_are_null_are_zero(self):
        row = dict(installed.raw_rows("usage", "grouped-hours")[0], uncached_input_tokens=None, output_tokens=7,
                   cache_creation={"ephemeral_5m_input_tokens": None, "ephemeral_1h_input_tokens": 11}, server_tool_use=None)
        (stored,) = self.shaped("usage", [row])
        usage = stored["anthropic"]["usage"]
        self.assertEqual((usage["uncached_input_tokens"], usage["cache_creation_5m_input_tokens"],
                          usage["cache_creation_1h_input_tokens"], usage["cache_creation_input_tokens"],
                          usage["output_tokens"], usage["web_search_requests"]), (0, 0, 11, 11, 7, 0))

    def test_a_dimension_that_nobody_knows_yet_is_kept(self):
        for stream in ("usage", "cost"):
            row = installed.raw_rows(stream, installed.cases(stream)[0])[0]
            (without,) = self.shaped(stream, [dict(row, region_class="alpine")])
            (noted,) = self.shaped(stream, [dict(row, region_class="alpine", group_by=["model", "region_class"])])
            self.assertEqual(without["anthropic"][stream]["region_class"], "alpine")
            self.assertEqual(noted["anthropic"][stream]["region_class"], "alpine")

    def test_starting_at_of_the_api_is_understood(self):
        row = installed.raw_rows("usage", "grouped-hours")[0]
        start, end = row.pop("bucket_start_time"), row.pop("bucket_end_time")
        (stored,) = self.shaped("usage", [dict(row, starting_at=start, ending_at=end)])
        self.assertEqual(stored["anthropic"]["usage"]["bucket_start_time"], start)
        self.assertEqual(installed.without_fraction(stored["@timestamp"]), start)

    def test_an_amount_as_a_number_is_understood(self):
        row = installed.raw_rows("cost", "by-description-and-workspace")[0]
        for amount, exact in ((12, "12"), (12.5, "12.5"), ("0.00", "0"), ("1e2", "100"), ("-3.50", "-3.5")):
            (stored,) = self.shaped("cost", [dict(row, amount=amount)])
            self.assertEqual(stored["anthropic"]["cost"]["amount_exact"], exact)
            self.assertEqual(stored["anthropic"]["cost"]["amount"], float(exact))

    def test_the_original_is_kept_when_asked_for(self):
        row = installed.raw_rows("usage", "grouped-hours")[0]
        (stored,) = self.shaped("usage", [row], tags=["preserve_original_event"])
        self.assertEqual(json.loads(stored["event"]["original"]), row)

    def test_labels_of_agentless_deployments_go(self):
        row = installed.raw_rows("usage", "grouped-hours")[0]
        (stored,) = self.shaped("usage", [row], organization="o", division="d", team="t")
        self.assertEqual(stored.keys() & {"organization", "division", "team"}, set())
