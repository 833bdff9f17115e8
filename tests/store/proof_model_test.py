# SPDX-License-Identifier: Apache-2.0
"""The model that audits are held beside sees what is wrong with a store of few documents."""

import copy
import decimal
import unittest

import proof_model

GRAIN = proof_model.Grain.of("1h", ["model", "workspace_id"])
START, END = "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"
NOTHING = dict.fromkeys(proof_model.measures("usage"), decimal.Decimal(0))


def document(hour=0, revision=0, tokens=10, width="1h", group_by=GRAIN.group_by, **texts):
    start = proof_model.parsed(START).replace(hour=hour)
    body = {"bucket_start_time": proof_model.stamp(start), "bucket_end_time": proof_model.stamp(start + proof_model.WIDTHS[width]),
            "bucket_width": width, "group_by": list(group_by), "revision": revision, "output_tokens": tokens,
            **({"model": "a", "workspace_id": "Default"} | texts)}
    return {"@timestamp": body["bucket_start_time"], "event": {"kind": "metric"}, "organization": {"id": "o"},
            "input": {"type": "anthropic_metrics"}, "anthropic": {"usage": body}}


def row(hour=0, grain=GRAIN, **texts):
    return proof_model.Row.of(document(hour)["@timestamp"], grain, {"model": "a", **texts})


class ProofModel(unittest.TestCase):
    def expected(self, documents, told, indices=("x",)):
        """documents: [source], with ids by their place, or [(index, id, source)]. told: {grain: {row: tokens}}."""
        stored = [one if isinstance(one, tuple) else (indices[0], str(number), one) for number, one in enumerate(documents)]
        rows = {grain: {one: {**NOTHING, "output_tokens": decimal.Decimal(value)} for one, value in values.items()}
                for grain, values in told.items()}
        return proof_model.Expected("usage", GRAIN, START, END, [proof_model.Stored(*one) for one in stored],
                                    lambda grain: rows.get(grain, {}))

    def kinds(self, found):
        return {key: (kind, *fields["output_tokens"]) for key, (kind, fields) in found.differences.items()}

    def test_equal_rows_are_no_difference(self):
        found = self.expected([document(), document(revision=1, tokens=-3)], {GRAIN: {row(): 7}})
        self.assertEqual((found.differences, found.findings), ({}, {}))

    def test_each_kind_of_difference(self):
        found = self.expected([document(0), document(1, tokens=0), document(2, model="b")], {GRAIN: {row(0): 11, row(1): 5, row(3): 1}})
        self.assertEqual(self.kinds(found), {row(0): ("different", 11, 10), row(1): ("different", 5, 0),
                                             row(2, model="b"): ("extra", 0, 10), row(3): ("missing", 1, 0)})

    def test_rows_of_another_grain(self):
        day = proof_model.Grain.of("1d", ["model"])
        older = self.expected([document(width="1d", group_by=["model"])], {GRAIN: {row(5): 10}, day: {row(0, day): 10}})
        self.assertEqual((older.differences, older.findings), ({}, {}))
        wrong = self.expected([document(width="1d", group_by=["model"])], {GRAIN: {row(5): 10}, day: {row(0, day): 12}})
        self.assertEqual(self.kinds(wrong), {row(0, day): ("different", 12, 10)})
        both = self.expected([document(5), document(width="1d", group_by=["model"])], {GRAIN: {row(5): 10}})
        self.assertEqual((self.kinds(both), both.findings), ({row(0, day): ("overlap", 0, 10)}, {"overlap": 1}))

    def test_findings(self):
        theirs = copy.deepcopy(document())
        for name in ("organization", "input"):
            del theirs[name]
        for name in ("group_by", "revision", "bucket_width"):
            del theirs["anthropic"]["usage"][name]
        error = document()
        error["event"]["kind"] = "pipeline_error"
        found = self.expected([("x", "1", document(1)), ("y", "1", document(1)), ("x", "2", document(2, revision=1)),
                               ("x", "3", theirs), ("x", "4", error)], {GRAIN: {row(0): 10, row(1): 20, row(2): 10}})
        self.assertEqual(found.differences, {})
        self.assertEqual(found.findings, {"duplicate_id": 1, "revision_hole": 1, "other_collector": 1, "pipeline_error": 1})

    def test_what_stands_outside_the_window_is_not_looked_at(self):
        late = document()
        late["anthropic"]["usage"].update(bucket_start_time=END, bucket_end_time="2026-11-02T01:00:00Z")
        self.assertEqual(self.expected([late], {}).differences, {})


if __name__ == "__main__":
    unittest.main()
