# SPDX-License-Identifier: Apache-2.0
"""Limits in force in the organization and in each workspace, and requests against them, on documents made by hand."""

import unittest

import elastic
from panels import limit, rows
from world import DAY, HOUR, MINUTE, NOW, document, text

ENGINE = elastic.engine.esql
AT = NOW.replace(minute=0, second=0, microsecond=0) - 3 * HOUR


def own(moment, place, name="Shop", source="workspace", group_id="rlg_1", **limits):
    """What is in force in a workspace."""
    made = limit(moment, ["m-1"], scope="workspace", workspace_id=place, **limits)
    made["anthropic"]["rate_limit"].update(group_id=group_id, limits=[{"type": t, "value": v, "source": source} for t, v in limits.items()])
    if name:
        made["anthropic"]["workspace"] = {"name": name}
    return made


def requests(start, count, place="wrkspc_1", model="m-1", width=MINUTE, **more):
    return document("analytics_usage", start, {
        "bucket_start_time": text(start), "bucket_end_time": text(start + width), "bucket_width": {MINUTE: "1m", HOUR: "1h", DAY: "1d"}[width],
        "group_by": ["model", "workspace_id"], "revision": 0, "requests": count, "model": model, "workspace_id": place, **more})


class Limits(unittest.TestCase):
    def test_the_newest_state_of_each_workspace_and_group(self):
        store = elastic.Store([own(AT, "wrkspc_1", "old", requests_per_minute=50), own(AT + HOUR, "wrkspc_1", "new", requests_per_minute=40),
                               own(AT, "wrkspc_2", None, "organization", requests_per_minute=90), limit(AT, ["m-1"], requests_per_minute=100)])
        found = [(row["workspace"], row["place"], row["origin"], row["requests"], row["input"]) for row in rows("rate-limits", "workspace-limits", store)]
        self.assertEqual(found, [("new", "wrkspc_1", "workspace", 40, None), ("wrkspc_2", "wrkspc_2", "organization", 90, None)])

    def test_the_organizations_panels_know_nothing_of_workspaces(self):
        ours = [limit(AT, ["m-1"], requests_per_minute=100, input_tokens_per_minute=1000), limit(AT + HOUR, ["m-1"], scope="organization",
                                                                                               requests_per_minute=100, input_tokens_per_minute=1000)]
        theirs = [own(AT + n * HOUR / 4, "wrkspc_1", requests_per_minute=n + 1, input_tokens_per_minute=10) for n in range(6)]
        alone, together = elastic.Store(ours), elastic.Store(ours + theirs)
        for name in ("limits-now", "input-limits-over-time", "changed-limits"):
            self.assertEqual(rows("rate-limits", name, together), rows("rate-limits", name, alone), name)
        self.assertEqual(len(rows("rate-limits", "limits-now", together)), 1)


class Requests(unittest.TestCase):
    LIMITS = (limit(AT, ["m-1", "m-2"], requests_per_minute=100), own(AT, "wrkspc_1", requests_per_minute=40))

    def peaks(self, *documents):
        store = elastic.Store([*self.LIMITS, *documents])
        return {(row["scope"], row["buckets"]): (row["peak"], row["request_limit"], row["headroom"], row["seen"])
                for row in rows("rate-limits", "request-peak", store)}

    def test_each_counts_for_its_workspace_and_for_the_organization(self):
        found = self.peaks(requests(AT, 20), requests(AT, 30, "wrkspc_2"), requests(AT + MINUTE, 30))
        self.assertEqual(found, {("Organization", "minutes"): (50.0, 100, 0.5, 2), ("Shop", "minutes"): (30.0, 40, 0.25, 2)})

    def test_models_of_a_group_share_its_limit(self):
        self.assertEqual(self.peaks(requests(AT, 20), requests(AT, 30, model="m-2", place=None))["Organization", "minutes"], (50.0, 100, 0.5, 1))

    def test_hours_are_averages_and_stand_apart(self):
        found = self.peaks(requests(AT, 20), requests(AT - HOUR, 600, width=HOUR))
        self.assertEqual(found["Organization", "hours"][:3], (10.0, 100, 0.9))
        self.assertEqual(found["Organization", "minutes"][:3], (20.0, 100, 0.8))

    def test_batches_and_models_without_a_limit_are_left_out(self):
        self.assertEqual(self.peaks(requests(AT, 90, service_tier="batch"), requests(AT, 90, model="m-9")), {})

    def test_corrections_and_the_newest_limit(self):
        found = self.peaks(requests(AT, 90), requests(AT, -60, revision=1), limit(AT + HOUR, ["m-1"], requests_per_minute=60))
        self.assertEqual(found["Organization", "minutes"][:3], (30.0, 60, 0.5))


if __name__ == "__main__":
    unittest.main()
