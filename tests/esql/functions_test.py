# SPDX-License-Identifier: Apache-2.0
"""The evaluator's functions and operators against the values that Elasticsearch's documentation gives."""

import unittest

import engine

NOW = "2026-09-30T12:34:56.789Z"
WAVE = "2026-03-31T23:30:00Z"

# (expression, value): what the reference of the function says, or follows from its rules.
CASES = {
    "arithmetic": [
        ("5 / 2", 2),
        ("-5 / 2", -2),
        ("5 / 2.0", 2.5),
        ("5 * 1.0 / 2", 2.5),
        ("5 % 3", 2),
        ("-5 % 3", -2),
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("1 / 0", None),
        ("1.0 / 0", None),
        ("5 % 0", None),
        ("1 + null", None),
        ("-(1 + 1)", -2),
        ("2147483647 + 1", None),
        ("2147483648 + 1", 2147483649),
        ("9223372036854775807 + 1", None),
        ("1e308 * 10", None),
        ("TO_LONG(2147483647) + 1", 2147483648),
        ("0.1 + 0.2", 0.1 + 0.2),
    ],
    "null and logic": [
        ("null == 1", None),
        ("null AND false", False),
        ("null AND true", None),
        ("null OR true", True),
        ("null OR false", None),
        ("NOT null::boolean", None),
        ("null IS NULL", True),
        ("1 IS NOT NULL", True),
        ("1 IN (1, 2)", True),
        ("3 IN (1, null)", None),
        ("1 IN (1, null)", True),
        ("null IN (1)", None),
        ("NOT 3 IN (1, 2)", True),
        ("3 NOT IN (1, 2)", True),
        ('"claude-x" LIKE "claude-*"', True),
        ('"claude-x" LIKE "claude-?"', True),
        ('"a[b" LIKE "a[*"', True),
        ('"abc" RLIKE "a.*"', True),
        ('"abc" RLIKE "b"', False),
        ("[1, 2] == 1", None),
        ("[1, 2] IS NULL", False),
        ("1 == 1.0", True),
    ],
    "choosing": [
        ("COALESCE(null, 2)", 2),
        ("COALESCE(null, null)", None),
        ("COALESCE(TO_DOUBLE(null), 0)", 0.0),
        ("CASE(true, 1, 2)", 1),
        ("CASE(false, 1)", None),
        ("CASE(null, 1, 2)", 2),
        ("CASE(false, 1, true, 2, 3)", 2),
        ("GREATEST(1, 3, 2)", 3),
        ("LEAST(1.5, 0.5)", 0.5),
        ("GREATEST(1, null)", None),
        ("GREATEST([1, 9], 3)", 9),
        ('GREATEST("a", "b")', "b"),
    ],
    "numbers": [
        ("ROUND(2.5)", 3.0),
        ("ROUND(-2.5)", -3.0),
        ("ROUND(-5.53, 1)", -5.5),
        ("ROUND(27)", 27),
        ("ROUND(12345, -2)", 12300),
        ("CEIL(1.2)", 2.0),
        ("FLOOR(-1.2)", -2.0),
        ("ABS(-3)", 3),
        ("POW(2, 3)", 8.0),
        ("SQRT(16)", 4.0),
        ("SQRT(-1)", None),
        ("LOG10(1000)", 3.0),
        ("SIGNUM(-4)", -1.0),
    ],
    "texts": [
        ('CONCAT("a", "b", "c")', "abc"),
        ('CONCAT("a", null)', None),
        ('LENGTH("abc")', 3),
        ('SUBSTRING("abcd", 2, 2)', "bc"),
        ('SUBSTRING("abcd", -2)', "cd"),
        ('LEFT("abc", 2)', "ab"),
        ('RIGHT("abc", 2)', "bc"),
        ('TO_UPPER("abc")', "ABC"),
        ('REPLACE("a-b-c", "-", "+")', "a+b+c"),
        ('SPLIT("a;b", ";")', ["a", "b"]),
        ('STARTS_WITH("abc", "ab")', True),
        ('LOCATE("hello", "ll")', 3),
        ('LOCATE("hello", "x")', 0),
        ('TRIM("  a ")', "a"),
        ('ENDS_WITH("abc", "bc")', True),
    ],
    "conversions": [
        ("TO_STRING(1)", "1"),
        ("TO_STRING(2.0)", "2.0"),
        ("TO_STRING(12345678.9)", "1.23456789E7"),
        ("TO_STRING(0.001)", "0.001"),
        ("TO_STRING(0.0001)", "1.0E-4"),
        ("TO_STRING(true)", "true"),
        ('TO_LONG("42")', 42),
        ('TO_LONG("2.7")', 3),
        ('TO_LONG("x")', None),
        ("TO_INTEGER(2.5)", 3),
        ("TO_DOUBLE(1)", 1.0),
        ('"3"::long', 3),
        ("1::string", "1"),
        ('TO_BOOLEAN("true")', True),
        ("TO_STRING([1, 2])", ["1", "2"]),
        ("TO_INTEGER(5000000000)", None),
        ('TO_DATETIME("2026-02-28")', "2026-02-28T00:00:00.000Z"),
        ('TO_LONG(TO_DATETIME("1970-01-01T00:00:01Z"))', 1000),
        ("TO_STRING(100000.0)", "100000.0"),
        ("TO_STRING(10000000.0)", "1.0E7"),
        ("TO_STRING(-0.5)", "-0.5"),
        ("TO_STRING(0.0)", "0.0"),
    ],
    "dates": [
        ("NOW()", "2026-09-30T12:34:56.789Z"),
        ("DATE_TRUNC(1 day, NOW())", "2026-09-30T00:00:00.000Z"),
        ("DATE_TRUNC(1 week, NOW())", "2026-09-28T00:00:00.000Z"),
        ("DATE_TRUNC(1 month, NOW())", "2026-09-01T00:00:00.000Z"),
        ("DATE_TRUNC(1 quarter, NOW())", "2026-07-01T00:00:00.000Z"),
        ("DATE_TRUNC(1 year, NOW())", "2026-01-01T00:00:00.000Z"),
        ("DATE_TRUNC(15 minutes, NOW())", "2026-09-30T12:30:00.000Z"),
        ("DATE_TRUNC(1 hour, NOW())", "2026-09-30T12:00:00.000Z"),
        ("NOW() - 1 hour", "2026-09-30T11:34:56.789Z"),
        ("NOW() + 1 month", "2026-10-30T12:34:56.789Z"),
        (f'TO_DATETIME("{WAVE}") + 1 month', "2026-04-30T23:30:00.000Z"),
        ('"2024-02-29"::date + 1 year', "2025-02-28T00:00:00.000Z"),
        (f'TO_DATETIME("{WAVE}") - 1 month', "2026-02-28T23:30:00.000Z"),
        ("7 days + NOW()", "2026-10-07T12:34:56.789Z"),
        ('DATE_DIFF("day", "2026-01-01"::date, "2026-03-01"::date)', 59),
        ('DATE_DIFF("hour", "2026-01-01T00:00:00Z"::date, "2026-01-01T01:59:59Z"::date)', 1),
        ('DATE_DIFF("month", "2026-01-31"::date, "2026-02-28"::date)', 0),
        ('DATE_DIFF("year", "2023-12-11"::date, "2024-12-10"::date)', 0),
        ('DATE_DIFF("days", "2026-01-03"::date, "2026-01-01"::date)', -2),
        ('DATE_EXTRACT("hour_of_day", NOW())', 12),
        ('DATE_EXTRACT("day_of_month", NOW())', 30),
        ('DATE_EXTRACT("day_of_week", NOW())', 3),
        ('DATE_EXTRACT("month_of_year", NOW())', 9),
        ('DATE_FORMAT("yyyy-MM", NOW())', "2026-09"),
        ("DATE_FORMAT(NOW())", "2026-09-30T12:34:56.789Z"),
        ("DATE_FORMAT(\"yyyy-MM-dd'T'HH:mm:ss'Z'\", NOW())", "2026-09-30T12:34:56Z"),
        ('DATE_PARSE("yyyy-MM-dd", "2026-05-06")', "2026-05-06T00:00:00.000Z"),
        ('NOW() > "2026-09-01"', True),
        ('"2026-10-01" < NOW()', False),
        ('TO_DATETIME("never")', None),
    ],
    "several values": [
        ("MV_COUNT([1, 2, 2])", 3),
        ("MV_DEDUPE([2, 1, 2])", [2, 1]),
        ('MV_CONCAT(["a", "b"], ", ")', "a, b"),
        ("MV_MAX([1, 3])", 3),
        ("MV_MIN([1, 3])", 1),
        ("MV_SUM([1, 3])", 4),
        ("MV_AVG([1, 4])", 2.5),
        ("MV_MEDIAN([1, 2, 9])", 2),
        ("MV_MEDIAN([1, 2])", 1),
        ("MV_SORT([3, 1, 2])", [1, 2, 3]),
        ('MV_SORT([3, 1, 2], "DESC")', [3, 2, 1]),
        ("MV_FIRST([3, 1])", 3),
        ("MV_LAST([3, 1])", 1),
        ("MV_SLICE([1, 2, 3, 4], 1, 2)", [2, 3]),
        ("MV_SLICE([1, 2, 3], -1)", 3),
        ("MV_SLICE([1, 2, 3], -9, -2)", [1, 2]),
        ("MV_SLICE([1, 2, 3], 1, 9)", [2, 3]),
        ("MV_SLICE([1, 2, 3], 3)", None),
        ("MV_SLICE(7, 0)", 7),
        ("MV_SLICE([1, 2, 3], 2, 1)", None),
        ("MV_SLICE([1, 2, 3], -1, 1)", None),
        ("MV_APPEND([1], 2)", [1, 2]),
        ("MV_APPEND(null, null)", None),
        ("MV_COUNT(null)", None),
        ("[1, 2] + 1", None),
        ('MV_LAST(SPLIT("t|5", "|"))', "5"),
    ],
}


class Functions(unittest.TestCase):
    maxDiff = None

    def check(self, family):
        cases = CASES[family]
        query = "ROW " + ", ".join(f"c{number} = {text}" for number, (text, _) in enumerate(cases))
        row = engine.run(query, (), NOW).records()[0]
        for number, (text, expected) in enumerate(cases):
            with self.subTest(text):
                found = row[f"c{number}"]
                self.assertEqual((found, type(found)), (expected, type(expected)))


def add(family):
    setattr(Functions, "test_" + family.replace(" ", "_"), lambda self: self.check(family))


for each_family in CASES:
    add(each_family)


class Warned(unittest.TestCase):
    """What becomes null is told."""

    def test_each_failure_is_named_once(self):
        result = engine.run('ROW a = 1 / 0, b = 2147483647 * 2, c = [1, 2] + 1, d = TO_LONG("x")', (), NOW)
        self.assertEqual(result.rows, [[None, None, None, None]])
        for fact in ("/ by zero", "integer overflow", "multi-value", '[TO_LONG("x")]'):
            self.assertTrue(any(fact in warning for warning in result.warnings), (fact, result.warnings))
        self.assertEqual(len(result.warnings), 4)


def tearDownModule():
    print(f"functions: {sum(map(len, CASES.values()))} expressions in {len(CASES)} families")


if __name__ == "__main__":
    unittest.main()
