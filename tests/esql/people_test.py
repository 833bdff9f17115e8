# SPDX-License-Identifier: Apache-2.0
"""People and Claude Code: each kind of document counts once and the newest state of each, on documents made by hand."""

import unittest

import elastic
from panels import midnight, rows
from world import DAY, HOUR, NOW, document, text

ENGINE = elastic.engine.esql


class People(unittest.TestCase):
    DAY = midnight(NOW) - 2 * DAY

    def code(self, **fields):
        return document("claude_code", self.DAY, {"bucket_start_time": text(self.DAY), "revision": 0, **fields})

    def test_activity_and_models_are_counted_once(self):
        store = elastic.Store([self.code(kind="activity", actor="ann@example.org", terminal_type="vscode", sessions=3, lines_added=120, tools_accepted=9,
                                         tools_rejected=1),
                               self.code(kind="activity", actor_type="user_actor", terminal_type="tmux", sessions=2, lines_added=7),
                               self.code(kind="model", model="m-1", output_tokens=400, estimated_amount=41.5, currency="USD"),
                               self.code(kind="model", model="m-1", output_tokens=100, estimated_amount=-1.5, currency="USD", revision=1)])
        self.assertEqual(rows("people-claude-code", "sessions", store), [{"sessions": 5}])
        self.assertEqual(rows("people-claude-code", "acceptance", store), [{"accepted": 0.9}])
        self.assertEqual({row["person"]: row["added"] for row in rows("people-claude-code", "lines-by-person", store)},
                         {"ann@example.org": 120, "not kept, user_actor": 7})
        (cost,) = rows("people-claude-code", "code-cost-over-time", store)
        self.assertAlmostEqual(cost["cost"], 0.4, 12)
        (model,) = rows("people-claude-code", "code-models", store)
        self.assertEqual((model["model"], model["output"]), ("m-1", 500))

    def summary(self, ago, revision, daily):
        day = midnight(NOW) - ago * DAY
        return document("analytics_summary", day, {"bucket_start_time": text(day), "revision": revision, "daily_active_users": daily,
                                                   "monthly_active_users": 50 + revision, "assigned_seats": 60 + ago + revision, "pending_invites": 1})

    def test_a_summary_is_never_added_and_its_newest_state_counts(self):
        store = elastic.Store([self.summary(3, 0, 30), self.summary(3, 1, 31), self.summary(2, 0, 9), self.summary(3, 10, 33), self.summary(3, 9, 32)])
        found = [(row["daily"], row["monthly"]) for row in rows("people-claude-code", "active-users", store)]
        self.assertEqual(found, [(33, 60), (9, 50)])
        (row,) = rows("people-claude-code", "seats", store)
        self.assertEqual((row["seats"], row["invites"]), (62, 1))

    def test_people_of_a_product_are_counted_once_a_day(self):
        def used(who, product, metric, value, revision=0):
            return document("analytics_user", self.DAY, {"user_id": who, "product": product, "metric": metric, "value": value, "revision": revision})

        store = elastic.Store([used("user_1", "chat", "message_count", 5), used("user_1", "chat", "distinct_conversation_count", 2),
                               used("user_2", "chat", "message_count", 4), used("user_2", "chat", "message_count", -4, 1), used("user_1", "cowork", "x", 1)])
        self.assertEqual({row["product"]: row["people"] for row in rows("people-claude-code", "users-by-product", store)}, {"chat": 1, "cowork": 1})

    def test_members_in_their_newest_state(self):
        def member(who, role, ago):
            return document("user", NOW - ago * HOUR, {"id": who, "role": role})

        store = elastic.Store([member("user_1", "admin", 30), member("user_1", "developer", 6), member("user_2", "developer", 6), member("user_3", "admin", 90)])
        self.assertEqual(rows("people-claude-code", "members-by-role", store), [{"role": "developer", "members": 2}])
        self.assertEqual(len(rows("people-claude-code", "members", store)), 3)

    def test_members_and_service_accounts_stand_in_one_table(self):
        store = elastic.Store([document("user", NOW - HOUR, {"id": "user_1", "role": "admin", "email": "ann@example.org", "state": "live"}),
                               document("user", NOW - HOUR, {"id": "user_2"}),
                               document("service_account", NOW - HOUR, {"id": "svac_1", "role": "developer", "name": "deploy", "state": "live"})])
        self.assertEqual([(row["id"], row["kind"], row["role"], row["name"]) for row in rows("people-claude-code", "members", store)],
                         [("user_2", "member", "unknown", "not kept"), ("user_1", "member, live", "admin", "ann@example.org"),
                          ("svac_1", "service account, live", "developer", "deploy")])


if __name__ == "__main__":
    unittest.main()
