# SPDX-License-Identifier: Apache-2.0
"""Workspaces and keys stand on the boards by their newest names; nothing is lost or joined where names change, repeat or lack."""

import unittest

import elastic
from panels import midnight, rows, spend, usage
from world import DAY, HOUR, NOW

ENGINE = elastic.engine.esql
AT = NOW.replace(minute=0, second=0, microsecond=0) - 3 * HOUR
AMOUNT = 1000


def called(document, workspace=None, key=None):
    for kind, name in (("workspace", workspace), ("api_key", key)):
        if name:
            document["anthropic"][kind] = {"name": name}
    return document


def used(place, name=None, ago=0, tokens=AMOUNT, **more):
    return called(usage(AT - ago * HOUR, HOUR, tokens, workspace_id=place, **more), name)


def billed(place, name=None, ago=1, cents=AMOUNT):
    return called(spend(midnight(NOW) - ago * DAY, cents, workspace_id=place), name)


class Tokens(unittest.TestCase):
    def by_workspace(self, *documents):
        return {row["workspace"]: row["tokens"] for row in rows("token-usage", "by-workspace", elastic.Store(documents))}

    def test_the_newest_name_stands_for_all_of_it(self):
        self.assertEqual(self.by_workspace(used("wrkspc_1", "old name", 5), used("wrkspc_1", "new name", 1), used("wrkspc_1", None, 2)),
                         {"new name": 3 * AMOUNT})

    def test_a_rename_back_is_no_second_workspace(self):
        self.assertEqual(self.by_workspace(used("wrkspc_1", "a", 5), used("wrkspc_1", "b", 3), used("wrkspc_1", "a", 1)), {"a": 3 * AMOUNT})

    def test_two_of_one_name_are_told_apart(self):
        self.assertEqual(self.by_workspace(used("wrkspc_1", "same"), used("wrkspc_2", "same", tokens=5), used("wrkspc_3", "other name")),
                         {"same (wrkspc_1)": AMOUNT, "same (wrkspc_2)": 5, "other name": AMOUNT})

    def test_ids_stand_where_no_name_is_known(self):
        self.assertEqual(self.by_workspace(used("wrkspc_1"), used("wrkspc_2", "named"), usage(AT, HOUR, 7)),
                         {"wrkspc_1": AMOUNT, "named": AMOUNT, "not split by workspace": 7})

    def test_names_may_hold_whatever_people_write(self):
        names = ["a|b", "c;d", "e#f", "g|h;i#j", " ", "(k)", "\u00e4\U0001f600"]
        self.assertEqual(self.by_workspace(*[used(f"wrkspc_{n}", name) for n, name in enumerate(names)]), dict.fromkeys(names, AMOUNT))

    def test_of_many_the_greatest_and_the_rest(self):
        found = self.by_workspace(*[used(f"wrkspc_{n:02}", f"name {n:02}", tokens=1000 + n) for n in range(30)])
        self.assertEqual(len(found), 13)
        self.assertEqual(sum(found.values()), sum(1000 + n for n in range(30)))
        self.assertEqual(found["other"], sum(1000 + n for n in range(18)))

    def test_corrections_are_added_as_ever(self):
        self.assertEqual(self.by_workspace(used("wrkspc_1", "a", tokens=100), used("wrkspc_1", "b", tokens=-30, revision=1)), {"b": 70})

    def test_keys_too_and_the_console_has_none(self):
        documents = [called(usage(AT, HOUR, AMOUNT, api_key_id="apikey_1"), key="checkout"), usage(AT, HOUR, 5, api_key_id="apikey_2"),
                     usage(AT, HOUR, 6, api_key_source="console"), usage(AT, HOUR, 7)]
        found = {row["key"]: row["tokens"] for row in rows("token-usage", "by-api-key", elastic.Store(documents))}
        self.assertEqual(found, {"checkout": AMOUNT, "apikey_2": 5, "Console": 6, "not split by key": 7})

    def test_the_table_has_name_and_id(self):
        documents = [used("wrkspc_1", "old", 5, model="m|1"), used("wrkspc_1", "new", 1, model="n"), used("wrkspc_2", None, 1, model="n")]
        found = {(row["workspace"], row["id"], row["model"]): row["tokens"] for row in rows("token-usage", "usage-table", elastic.Store(documents))}
        self.assertEqual(found, {("new", "wrkspc_1", "m|1"): AMOUNT, ("new", "wrkspc_1", "n"): AMOUNT, ("wrkspc_2", "wrkspc_2", "n"): AMOUNT})


class Spend(unittest.TestCase):
    DOCUMENTS = (billed("wrkspc_1", "old", 3), billed("wrkspc_1", "new", 1), billed("wrkspc_2", "same", 1, 300), billed("wrkspc_3", "same", 1, 200),
                 billed("wrkspc_4", None, 1, 100))
    NAMES = {"new": 20.0, "same (wrkspc_2)": 3.0, "same (wrkspc_3)": 2.0, "wrkspc_4": 1.0}

    def test_shares_and_stacks(self):
        store = elastic.Store(self.DOCUMENTS)
        self.assertEqual({row["workspace"]: row["spend"] for row in rows("cost-billing", "by-workspace", store)}, self.NAMES)
        for slug, name, column in (("cost-billing", "spend-over-time", "part"), ("overview", "spend-per-day", "workspace")):
            found = {}
            for row in rows(slug, name, store):
                found[row[column]] = found.get(row[column], 0) + row["spend"]
            self.assertEqual(found, self.NAMES, name)

    def test_line_items(self):
        found = {(row["workspace"], row["id"]): (row["spend"], row["days"]) for row in rows("cost-billing", "line-items", elastic.Store(self.DOCUMENTS))}
        self.assertEqual(found, {("new", "wrkspc_1"): (20.0, 2), ("same", "wrkspc_2"): (3.0, 1), ("same", "wrkspc_3"): (2.0, 1),
                                 ("wrkspc_4", "wrkspc_4"): (1.0, 1)})


if __name__ == "__main__":
    unittest.main()
