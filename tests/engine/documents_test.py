# SPDX-License-Identifier: Apache-2.0
"""Documents of our collector: stored under their ids, once, unchanged, and their sums are right."""

import decimal
import json
import re

import engine
import installed
import tree

ENGINE = engine.opensearch


def measures(stream):
    """Names of the numbers that add up: not the totals of corrections, nor the revision."""
    own = f"anthropic.{stream}."
    return sorted(name for name, field in tree.declared_fields(stream).items() if name.startswith(own)
                  and field["type"] in ("long", "double") and ".total." not in name and not name.endswith(".revision"))


def value(document, name):
    for part in name.split("."):
        document = document.get(part) if isinstance(document, dict) else None
    return document or 0


class Golden(tree.TreeTest):
    def setUp(self):
        self.node = installed.node()

    def test_each_is_stored_under_its_own_id_whatever_the_shipper_says(self):
        for stream in installed.STREAMS:
            with self.subTest(stream):
                index, documents = installed.data_stream(stream), installed.golden(stream)
                items = self.node.create(index, documents, ids=[f"shipper-{n}" if n % 2 else None for n in range(len(documents))])
                self.assertEqual([item["status"] for item in items], [201] * len(documents), items)
                self.assertEqual([item["_id"] for item in items], [document["event"]["id"] for document in documents])

    def test_an_id_that_the_shipper_moved_to_the_action_is_put_back(self):
        for stream in installed.STREAMS:
            with self.subTest(stream):
                index, documents = installed.data_stream(stream), installed.golden(stream)
                ids = [document["event"].pop("id") for document in documents]  # as Beats do with document_id
                self.assertEqual([item["_id"] for item in self.node.create(index, documents, ids=ids)], ids)
                for identity, document in self.node.hits(index).items():
                    self.assertEqual(document["event"]["id"], identity)
                self.assertEqual({item["status"] for item in self.node.create(index, installed.golden(stream))}, {409})

    def test_nothing_is_changed_but_the_time_of_arrival(self):
        for stream in installed.STREAMS:
            with self.subTest(stream):
                index, documents = installed.data_stream(stream), installed.golden(stream)
                self.node.create(index, documents)
                stored = self.node.hits(index)
                for document in documents:
                    kept = stored[document["event"]["id"]]
                    self.assertRegex(kept["event"].pop("ingested"), r"^\d{4}-\d\d-\d\dT[\d:.]+Z$")
                    self.assertEqual(kept, document)

    def test_sent_again_they_are_refused_and_sums_stay(self):
        for stream in installed.STREAMS:
            with self.subTest(stream):
                index, documents = installed.data_stream(stream), installed.golden(stream)
                self.node.create(index, documents)
                before = self.node.sums(index, measures(stream))
                again = self.node.create(index, documents)
                self.assertEqual([item["status"] for item in again], [409] * len(documents))
                self.assertEqual(self.node.sums(index, measures(stream)), before)
                self.assertEqual(self.node.count(index), len(documents))

    def test_sums_are_those_of_the_documents(self):
        for stream in ("usage", "cost", "health"):
            for case in sorted({path.parts[3] for path, _, _ in tree.golden_documents() if path.parts[2] == stream}):
                with self.subTest(f"{stream}/{case}"):
                    index, documents = installed.data_stream(stream), installed.golden(stream, case)
                    if not documents:
                        continue
                    self.node.create(index, documents)
                    for name, found in self.node.sums(index, measures(stream)).items():
                        exact = sum(decimal.Decimal(str(value(document, name))) for document in documents)
                        # The engine adds in binary floating point: exact for whole numbers up to 2**53.
                        if exact == int(exact) and abs(exact) < 2**53:
                            self.assertEqual(found, int(exact), name)
                        else:
                            self.assertAlmostEqual(found / float(exact), 1, delta=1e-14, msg=name)

    def test_corrections_add_up_to_the_totals_they_state(self):
        index = installed.data_stream("usage")
        documents = installed.golden("usage", "restated")
        self.assertTrue(any(document["anthropic"]["usage"]["revision"] for document in documents))
        self.node.create(index, documents)
        self.assertEqual(self.check_totals(index, documents, "usage"), len(self.rows(documents, "usage")))

    def rows(self, documents, stream):
        """{what makes a row: its documents}"""
        out = {}
        for document in documents:
            row = document["anthropic"][stream]
            dimensions = [n.rpartition(".")[2] for n, f in tree.declared_fields(stream).items() if f.get("dimension")]
            key = json.dumps([row["bucket_start_time"]] + [row.get(n) for n in dimensions])
            out.setdefault(key, []).append(document)
        return out

    def check_totals(self, index, documents, stream):
        checked = 0
        for several in self.rows(documents, stream).values():
            newest = max(several, key=lambda document: document["anthropic"][stream]["revision"])
            query = {"terms": {"event.id": [document["event"]["id"] for document in several]}}
            sums = self.node.sums(index, measures(stream), query)
            total = newest["anthropic"][stream].get("total") or newest["anthropic"][stream]
            for name, found in sums.items():
                self.assertEqual(found, total[name.rpartition(".")[2]], name)
            checked += 1
        return checked

    def test_corrections_of_money_add_up(self):
        index = installed.data_stream("cost")
        documents = installed.golden("cost", "restated")
        self.node.create(index, documents)
        corrected = 0
        for several in self.rows(documents, "cost").values():
            newest = max(several, key=lambda document: document["anthropic"]["cost"]["revision"])["anthropic"]["cost"]
            query = {"terms": {"event.id": [document["event"]["id"] for document in several]}}
            found = self.node.sums(index, ["anthropic.cost.amount"], query)["anthropic.cost.amount"]
            exact = float(newest.get("total_exact", newest["amount_exact"]))
            self.assertAlmostEqual(found, exact, delta=max(abs(exact), 1) * 1e-12)
            corrected += newest["revision"] > 0
        self.assertGreater(corrected, 0)

    def test_after_a_rollover_a_repeat_is_stored_again_and_can_be_found(self):
        # The limit that README.md of the artefact states, with the query it gives.
        index, documents = installed.data_stream("usage"), installed.golden("usage", "grouped-hours")
        self.node.create(index, documents)
        self.node.ok("POST", f"/{index}/_rollover")
        self.assertEqual(self.node.create(index, documents[:1])[0]["status"], 201)
        page = installed.artefact.files()["README.md"].decode("utf-8")
        query = json.loads(re.search(r"```json\n(.*?)```", page, re.DOTALL).group(1))
        buckets = self.node.ok("POST", f"/{index}/_search", query)["aggregations"]["twice"]["buckets"]
        self.assertEqual([(b["key"], b["doc_count"]) for b in buckets], [(documents[0]["event"]["id"], 2)])

    def test_the_original_is_kept_only_when_asked_for(self):
        index = installed.data_stream("usage")
        plain, asked = (json.loads(json.dumps(installed.golden("usage")[0])) for _ in range(2))
        for number, document in enumerate((plain, asked)):
            document["event"].update(original='{"the": "row"}', id=f"document-{number}")
        plain["tags"] = ["forwarded"]
        asked["tags"] = ["forwarded", "preserve_original_event"]
        self.node.create(index, [plain, asked])
        stored = self.node.hits(index)
        self.assertNotIn("original", stored["document-0"]["event"])
        self.assertEqual(stored["document-1"]["event"]["original"], '{"the": "row"}')


class UnknownFields(tree.TreeTest):
    def test_they_are_stored_and_mapped_by_what_they_are(self):
        node, index = installed.node(), installed.data_stream("usage")
        document = installed.golden("usage", "grouped-hours")[0]
        document["anthropic"]["usage"].update(new_text="x", looks_like_a_date="2026-01-01", new_number=3, new_share=0.25,
                                              new_object={"inner": "y"}, new_list=["a", "b"], new_flag=True)
        document["event"]["id"] = "unknown-1"
        document["from_an_agent"] = {"version": "9.9.9"}
        self.assertEqual(node.create(index, [document])[0]["status"], 201)
        (mapped,) = node.ok("GET", f"/{index}/_mapping").values()
        usage = mapped["mappings"]["properties"]["anthropic"]["properties"]["usage"]["properties"]
        kinds = {name: entry.get("type", "object") for name, entry in usage.items()}
        self.assertEqual({name: kinds[name] for name in ("new_text", "looks_like_a_date", "new_number", "new_object",
                                                         "new_list", "new_flag")},
                         {"new_text": "keyword", "looks_like_a_date": "keyword", "new_number": "long", "new_object": "object",
                          "new_list": "keyword", "new_flag": "boolean"})
        self.assertIn(kinds["new_share"], ("float", "double"))

    def test_one_that_changes_its_type_does_not_cost_the_document(self):
        node, index = installed.node(), installed.data_stream("usage")
        first, second = (json.loads(json.dumps(installed.golden("usage", "grouped-hours")[0])) for _ in range(2))
        first["anthropic"]["usage"]["new_number"], first["event"]["id"] = 3, "first"
        second["anthropic"]["usage"]["new_number"], second["event"]["id"] = "three", "second"
        self.assertEqual([item["status"] for item in node.create(index, [first, second])], [201, 201])
        self.assertEqual(node.count(index, {"term": {"anthropic.usage.model": first["anthropic"]["usage"]["model"]}}), 2)

    def test_text_that_is_too_long_to_index_does_not_cost_the_document(self):
        node, index = installed.node(), installed.data_stream("usage")
        document = installed.golden("usage", "grouped-hours")[0]
        document["anthropic"]["usage"].update(model="m" * 40000, new_text="n" * 40000)
        self.assertEqual([item["status"] for item in node.create(index, [document])], [201])
        name = "anthropic.usage.output_tokens"
        self.assertEqual(node.sums(index, [name])[name], document["anthropic"]["usage"]["output_tokens"])
