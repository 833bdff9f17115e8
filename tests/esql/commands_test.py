# SPDX-License-Identifier: Apache-2.0
"""The evaluator's commands and aggregations, and what it refuses as Elasticsearch does."""

import unittest

import engine
import syntax

NOW = "2026-09-30T12:00:00Z"
INDEX = "metrics-anthropic_metrics.usage-*"


def usage(when, model, output, namespace="default", **more):
    fields = {"output_tokens": output, "bucket_width": "1h", "revision": 0, **more}
    if model:
        fields["model"] = model
    return {
        "@timestamp": when,
        "anthropic": {"usage": fields},
        "event": {"id": f"{when}-{model}-{output}"},
        "data_stream": {"type": "metrics", "dataset": "anthropic_metrics.usage", "namespace": namespace},
        "tags": ["b", "a", "b"],
    }


def limit(when, models, value):
    return {
        "@timestamp": when,
        "anthropic": {"rate_limit": {"models": models, "requests_per_minute": value}},
        "data_stream": {"type": "metrics", "dataset": "anthropic_metrics.rate_limit", "namespace": "default"},
    }


DOCUMENTS = [
    usage("2026-09-29T10:00:00Z", "m1", 10),
    usage("2026-09-29T11:00:00Z", "m1", 30),
    usage("2026-09-30T10:00:00Z", "m2", 5, group_by=["model", "workspace_id"]),
    usage("2026-09-30T11:00:00Z", None, None, namespace="other"),
    usage("2026-09-30T11:00:00Z", "m1", -4, revision=1),
]
LIMITS = [limit("2026-09-30T11:15:00Z", ["m2", "m1"], 50), limit("2026-09-30T11:15:00Z", None, 7)]


def rows(query, documents=DOCUMENTS, **parameters):
    return engine.run(query, documents, NOW, parameters).rows


def records(query, documents=DOCUMENTS):
    return engine.run(query, documents, NOW).records()


class Commands(unittest.TestCase):
    def test_where_keeps_only_true(self):
        self.assertEqual(len(rows(f"FROM {INDEX} | WHERE anthropic.usage.output_tokens > 5")), 2)
        self.assertEqual(len(rows(f"FROM {INDEX} | WHERE NOT anthropic.usage.output_tokens > 5")), 2, "null is neither")
        self.assertEqual(len(rows(f"FROM {INDEX} | WHERE anthropic.usage.model IS NULL")), 1)

    def test_eval_replaces_and_moves_to_the_end(self):
        result = engine.run("ROW a = 1, b = 2 | EVAL a = a + b, c = a * 10", (), NOW)
        self.assertEqual(result.columns, [("b", "integer"), ("a", "integer"), ("c", "integer")])
        self.assertEqual(result.rows, [[2, 3, 30]])

    def test_keep_drop_rename(self):
        wide = "ROW ab = 1, ac = 2, b = 3"
        self.assertEqual([c for c, _ in engine.check(wide + " | KEEP b, a*")], ["b", "ab", "ac"])
        self.assertEqual([c for c, _ in engine.check(wide + " | KEEP a*, ab")], ["ac", "ab"], "the exact name decides")
        self.assertEqual([c for c, _ in engine.check(wide + " | DROP a*")], ["b"])
        self.assertEqual([c for c, _ in engine.check(wide + " | RENAME ab AS x, x AS y")], ["y", "ac", "b"])

    def test_sort_and_its_nulls(self):
        tokens = f"FROM {INDEX} | KEEP anthropic.usage.output_tokens | SORT anthropic.usage.output_tokens"
        self.assertEqual(rows(tokens), [[-4], [5], [10], [30], [None]])
        self.assertEqual(rows(tokens + " DESC"), [[None], [30], [10], [5], [-4]])
        self.assertEqual(rows(tokens + " DESC NULLS LAST"), [[30], [10], [5], [-4], [None]])
        self.assertEqual(rows(tokens + " NULLS FIRST | LIMIT 2"), [[None], [-4]])

    def test_mv_expand(self):
        self.assertEqual(rows('ROW a = [3, 1], b = "x" | MV_EXPAND a'), [[3, "x"], [1, "x"]])
        self.assertEqual(
            rows(
                "FROM metrics-anthropic_metrics.rate_limit-* | MV_EXPAND anthropic.rate_limit.models "
                "| KEEP anthropic.rate_limit.models",
                LIMITS,
            ),
            [["m1"], ["m2"], [None]],
        )

    def test_a_query_without_limit_is_cut(self):
        many = [usage("2026-09-30T10:00:00Z", "m", n) for n in range(1200)]
        self.assertEqual(len(rows(f"FROM {INDEX}", many)), 1000)
        self.assertEqual(len(rows(f"FROM {INDEX} | LIMIT 1100", many)), 1100)

    def test_from(self):
        self.assertEqual(len(rows("FROM metrics-anthropic_metrics.usage-other")), 1)
        self.assertEqual(len(rows("FROM metrics-anthropic_metrics.*", DOCUMENTS + LIMITS)), 7)
        both = (
            f"FROM {INDEX}, metrics-anthropic_metrics.rate_limit-* METADATA _index, _id "
            "| STATS n = COUNT(*) BY _index | SORT _index"
        )
        self.assertEqual(
            rows(both, DOCUMENTS + LIMITS),
            [
                [2, "metrics-anthropic_metrics.rate_limit-default"],
                [4, "metrics-anthropic_metrics.usage-default"],
                [1, "metrics-anthropic_metrics.usage-other"],
            ],
        )

    def test_a_data_stream_without_documents_does_not_exist(self):
        store = engine.Store(DOCUMENTS, streams={"usage"})
        both = f"FROM {INDEX}, metrics-anthropic_metrics.rate_limit-* | STATS n = COUNT(*)"
        self.assertEqual(engine.run(both, store, NOW).rows, [[5]])
        with self.assertRaisesRegex(syntax.VerificationFault, "Unknown column"):
            engine.run(both + " BY anthropic.rate_limit.type", store, NOW)
        with self.assertRaisesRegex(syntax.VerificationFault, "Unknown index"):
            engine.run("FROM metrics-anthropic_metrics.rate_limit-*", store, NOW)

    def test_values_are_as_a_store_gives_them_back(self):
        first = records(f"FROM {INDEX} | LIMIT 1")[0]
        self.assertEqual(first["tags"], ["a", "b"], "keywords are sorted and each is there once")
        self.assertEqual(first["event.dataset"], "anthropic_metrics.usage", "a constant is there without being sent")
        self.assertEqual(first["@timestamp"], "2026-09-29T10:00:00.000Z")
        with self.assertRaises(ValueError):
            engine.Store([usage("2026-09-29T10:00:00Z", "m1", "ten")])

    def test_window(self):
        store = engine.Store(DOCUMENTS)
        after, until = engine.instant("2026-09-29T10:00:00Z"), engine.instant("2026-09-30T10:00:00Z")
        self.assertEqual(len(store.window("@timestamp", after, until).records), 2, "the start is outside, the end within")


class Statistics(unittest.TestCase):
    def test_without_rows(self):
        none = (
            f"FROM {INDEX} | WHERE false | STATS n = COUNT(*), d = COUNT_DISTINCT(anthropic.usage.model), "
            "s = SUM(anthropic.usage.output_tokens), a = AVG(anthropic.usage.output_tokens), "
            "v = VALUES(anthropic.usage.model)"
        )
        self.assertEqual(rows(none), [[0, 0, None, None, None]])
        self.assertEqual(rows(none + " BY anthropic.usage.model"), [])

    def test_each(self):
        found = records(
            f"""FROM {INDEX} | STATS n = COUNT(*), c = COUNT(anthropic.usage.output_tokens),
            s = SUM(anthropic.usage.output_tokens), a = AVG(anthropic.usage.output_tokens),
            lo = MIN(anthropic.usage.output_tokens),
            hi = MAX(anthropic.usage.output_tokens), m = MEDIAN(anthropic.usage.output_tokens),
            p = PERCENTILE(anthropic.usage.output_tokens, 100), d = COUNT_DISTINCT(anthropic.usage.model),
            t = TOP(anthropic.usage.output_tokens, 2, "desc"), begin = MIN(@timestamp), name = MAX(anthropic.usage.model),
            v = MEDIAN_ABSOLUTE_DEVIATION(anthropic.usage.output_tokens), x = STD_DEV(anthropic.usage.output_tokens)
            | LIMIT 1"""
        )[0]
        self.assertAlmostEqual(found.pop("x"), 155.1875**0.5)
        self.assertEqual(
            found,
            {
                "n": 5,
                "c": 4,
                "s": 41,
                "a": 10.25,
                "lo": -4,
                "hi": 30,
                "m": 7.5,
                "p": 30.0,
                "d": 2,
                "t": [30, 10],
                "begin": "2026-09-29T10:00:00.000Z",
                "name": "m2",
                "v": 7.0,
            },
        )

    def test_conditions_groups_and_expressions(self):
        query = f"""FROM {INDEX} | STATS late = SUM(anthropic.usage.output_tokens) WHERE @timestamp >= "2026-09-30",
            ratio = SUM(anthropic.usage.output_tokens) * 1.0 / COUNT(*) BY anthropic.usage.model
            | SORT anthropic.usage.model"""
        self.assertEqual(rows(query), [[-4, 12.0, "m1"], [5, 5.0, "m2"], [None, None, None]])

    def test_a_condition_holds_for_every_aggregation_of_its_expression(self):
        query = f"""FROM {INDEX} | STATS span = MAX(anthropic.usage.output_tokens) - MIN(anthropic.usage.output_tokens)
            WHERE anthropic.usage.output_tokens > 0"""
        self.assertEqual(rows(query), [[25]])
        self.assertEqual(rows("ROW x = null, a = 1, b = [2, 3] | STATS c = MAX(a) WHERE x BY b"), [[None, 2], [None, 3]])

    def test_groups_without_an_aggregation(self):
        self.assertEqual(
            rows(f"FROM {INDEX} | STATS BY anthropic.usage.model | SORT anthropic.usage.model"), [["m1"], ["m2"], [None]]
        )
        self.assertEqual(rows("ROW y = 11 | STATS BY y + 1"), [[12]])

    def test_grouping_by_expressions(self):
        day = f"FROM {INDEX} | STATS n = COUNT(*) BY day = BUCKET(@timestamp, 1 day) | SORT day"
        self.assertEqual([r["n"] for r in records(day)], [2, 3])
        for count, buckets, why in (
            (40, 3, "36 hours fit into 40 buckets"),
            (30, 2, "30 are too few, so they are of 3 hours"),
        ):
            human = (
                f'FROM {INDEX} | WHERE @timestamp > "2026-09-29T10:00:00Z" '
                f"| STATS n = COUNT(*) BY t = BUCKET(@timestamp, {count}, ?_tstart, ?_tend)"
            )
            self.assertEqual(len(rows(human, _tstart="2026-09-29T00:00:00Z", _tend="2026-09-30T12:00:00Z")), buckets, why)
        self.assertEqual(
            rows(
                "FROM metrics-* | STATS COUNT(*) BY BUCKET(anthropic.usage.output_tokens, 20) | SORT `COUNT(*)` DESC "
                "| LIMIT 1"
            ),
            [[2, 0.0]],
        )

    def test_several_values_make_several_groups(self):
        query = f"FROM {INDEX} | STATS n = COUNT(*) BY anthropic.usage.group_by | SORT anthropic.usage.group_by"
        self.assertEqual(rows(query), [[1, "model"], [1, "workspace_id"], [4, None]])

    def test_a_sum_beyond_a_long_is_null_and_told(self):
        huge = [usage("2026-09-30T10:00:00Z", "m", 2**62), usage("2026-09-30T10:00:00Z", "m", 2**62)]
        result = engine.run(f"FROM {INDEX} | STATS s = SUM(anthropic.usage.output_tokens)", huge, NOW)
        self.assertEqual((result.rows, len(result.warnings)), ([[None]], 1))


REFUSED = [
    (syntax.SyntaxFault, "FROM", "mismatched input"),
    (syntax.SyntaxFault, "FROM a | WHERE (b", "no viable alternative"),
    (syntax.SyntaxFault, "FROM a | STAT b", "mismatched input"),
    (syntax.VerificationFault, "FROM nothing-*", "Unknown index"),
    (
        syntax.VerificationFault,
        f'FROM {INDEX} | WHERE anthropic.usage.modell == "x"',
        "did you mean [anthropic.usage.model]",
    ),
    (syntax.VerificationFault, f"FROM {INDEX} | KEEP nothing*", "No matches found"),
    (syntax.VerificationFault, f"FROM {INDEX} | WHERE anthropic.usage.model == 1", "but was [integer]"),
    (syntax.VerificationFault, f"FROM {INDEX} | WHERE anthropic.usage.output_tokens", "needs to be boolean"),
    (syntax.VerificationFault, f'FROM {INDEX} | WHERE @timestamp > "soon"', "Cannot convert"),
    (syntax.VerificationFault, f"FROM {INDEX} | EVAL d = NOW() - @timestamp", "incompatible types"),
    (syntax.VerificationFault, f"FROM {INDEX} | STATS s = SUM(anthropic.usage.model)", "must be one of"),
    (syntax.VerificationFault, f"FROM {INDEX} | STATS s = anthropic.usage.model", "must appear in the STATS BY clause"),
    (
        syntax.VerificationFault,
        f"FROM {INDEX} | STATS s = MAX(SUM(anthropic.usage.output_tokens))",
        "within another aggregate",
    ),
    (syntax.VerificationFault, f"FROM {INDEX} | WHERE SUM(anthropic.usage.output_tokens) > 1", "not allowed in WHERE"),
    (syntax.VerificationFault, f"FROM {INDEX} | EVAL b = BUCKET(@timestamp, 1 day)", "outside of a STATS"),
    (syntax.VerificationFault, f'FROM {INDEX} | STATS a = COUNT(*) | WHERE anthropic.usage.model == "x"', "Unknown column"),
    (syntax.VerificationFault, 'ROW a = CASE(true, 1, "x")', "must be [integer]"),
    (syntax.VerificationFault, "ROW a = COALESCE(1, 2.5)", "must be [integer]"),
    (syntax.VerificationFault, "ROW a = SUMM(1)", "Unknown function"),
    (syntax.VerificationFault, "ROW a = 1 fortnight", "time interval"),
    (syntax.VerificationFault, "ROW a = MV_SLICE([1, 2], 2147483648)", "must be one of [integer]"),
    (syntax.VerificationFault, "ROW a = ROUND()", "expects 1 to 2 arguments"),
    (syntax.VerificationFault, "ROW a = ?nobody", "Unknown query parameter"),
    (syntax.NotSupported, f"FROM {INDEX} | ENRICH policy", "not supported by this evaluator"),
    (syntax.NotSupported, 'ROW a = MD5("x")', "not supported by this evaluator"),
    (syntax.NotSupported, "ROW a = MV_APPEND([1, 2], null)", "some versions"),
    (syntax.NotSupported, 'ROW a = "1.1.1.1"::ip', "not supported by this evaluator"),
]


class Refused(unittest.TestCase):
    def test_each_with_its_place(self):
        for kind, query, fact in REFUSED:
            with self.subTest(query):
                with self.assertRaises(kind) as caught:
                    engine.check(query)
                self.assertIn(fact, str(caught.exception))
                self.assertRegex(str(caught.exception), r"^line \d+:\d+: ")


def tearDownModule():
    print(f"commands: {len(REFUSED)} refusals")


if __name__ == "__main__":
    unittest.main()
