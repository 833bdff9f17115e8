# SPDX-License-Identifier: Apache-2.0
"""What the cel input of a stock Agent collects: its programs, as the package renders them, run by Elastic's own library
against a simulated organization over virtual days. Skipped where Go, Node or their registries are missing."""

import collections
import copy
import datetime
import decimal
import functools
import sys
import unittest

import cel_input
import gotools
import stock_agent
import tree
from stock_agent import organization, rows, running

GROUPS = ("--groups", "4")


@functools.lru_cache(maxsize=None)
def _streams():
    return stock_agent.streams()


def stream(name, **state):
    """A stream's settings, with others for some of its state."""
    made = copy.deepcopy(_streams()[name])
    made["state"].update(state)
    return made


def tokens(row):
    created = row["cache_creation"]
    return (int(row["uncached_input_tokens"]) + int(row["cache_read_input_tokens"]) + int(row["output_tokens"])
            + int(created["ephemeral_5m_input_tokens"]) + int(created["ephemeral_1h_input_tokens"]))


def cents(row):
    return decimal.Decimal(row["amount"])


def key(row):
    """Bucket and texts of a row, as the pipeline tells rows apart; amounts are text too."""
    return (row["bucket_start_time"], *sorted((name, value) for name, value in row.items()
                                              if isinstance(value, str) and name not in ("amount", "bucket_end_time", "organization_id")))


class Kept:
    """A store: of rows with one identity the first counts."""

    def __init__(self):
        self.rows, self.repeated = {}, 0

    def take(self, events):
        for row in rows(events):
            self.repeated += key(row) in self.rows
            self.rows.setdefault(key(row), row)

    def total(self, measure):
        return sum(map(measure, self.rows.values()))


class Stock(tree.TreeTest):
    def collect(self, entry, owner, steps, hours):
        """The store after so many steps of so many hours, each followed by an interval."""
        kept = Kept()
        with running(entry, owner.url) as agent:
            for _ in range(steps):
                events, errors = agent.run(owner.now)
                self.assertEqual(errors, [])
                kept.take(events)
                owner.advance(hours)
        return kept, agent.cursor["end"]

    def test_usage_six_hours_late_is_all_but_the_bill(self):
        with organization(*GROUPS) as owner:
            entry, start = stream("usage"), "2026-11-19T06:00:00Z"
            kept, end = self.collect(entry, owner, 110, 1)
            self.assertEqual((min(first for first, *_ in kept.rows), kept.repeated), (start, 0))
            owner.advance(96)
            bill = sum(map(tokens, owner.truth("usage", start, end, entry["state"]["group_by"], bucket_width="1h")))
            ratio = kept.total(tokens) / bill
            print(f"usage: {len(kept.rows)} rows, stored over billed {ratio:.5f}")
            self.assertGreater(ratio, 0.999)
            self.assertLess(ratio, 1.001)
            self.assertNotEqual(kept.total(tokens), bill, "nothing is restated here, so the test shows nothing")

    def test_usage_at_once_is_not(self):
        """What the default of settle is for."""
        with organization(*GROUPS) as owner:
            entry = stream("usage", settle="5m")
            kept, end = self.collect(entry, owner, 60, 1)
            owner.advance(96)
            bill = sum(map(tokens, owner.truth("usage", "2026-11-19T11:00:00Z", end, entry["state"]["group_by"], bucket_width="1h")))
            self.assertLess(kept.total(tokens) / bill, 0.995)

    def test_cost_two_days_late_is_all_but_the_bill(self):
        with organization(*GROUPS) as owner:
            entry = stream("cost")
            kept, end = self.collect(entry, owner, 10, 24)
            first = min(first for first, *_ in kept.rows)
            owner.advance(24 * 20)
            bill = sum(map(cents, owner.truth("cost", first, end, entry["state"]["group_by"])))
            ratio = kept.total(cents) / bill
            print(f"cost: {len(kept.rows)} rows, stored over billed {ratio:.5f}")
            self.assertTrue(decimal.Decimal("0.999") < ratio < decimal.Decimal("1.001"), ratio)

    def test_history_comes_window_by_window_in_one_interval(self):
        with organization(*GROUPS) as owner, running(stream("usage", initial_interval="720h"), owner.url) as agent:
            events, errors = agent.run(owner.now)
            self.assertEqual((errors, agent.cursor), ([], {"end": "2026-11-20T06:00:00Z"}))
            asked = [request["target"] for request in owner.requests() if "usage_report" in request["target"]]
            self.assertEqual(len(asked), -(-720 // 168))
            starts = {row["bucket_start_time"] for row in rows(events)}
            self.assertEqual(min(starts), "2026-10-21T06:00:00Z")

    def test_nothing_is_asked_while_no_bucket_has_settled(self):
        with organization(*GROUPS) as owner, running(stream("usage"), owner.url) as agent:
            agent.run(owner.now)
            before = len(owner.requests())
            for _ in range(3):
                owner.advance(0.25)
                self.assertEqual(agent.run(owner.now), ([], []))
            self.assertEqual(len(owner.requests()), before)

    def paged(self, buckets):
        """A stream whose API answers fewer buckets at once than were asked for."""
        entry = stream("usage", initial_interval="48h")
        asked = "'limit': [string(grain.most)]"
        self.assertIn(asked, entry["program"])
        entry["program"] = entry["program"].replace(asked, f"'limit': ['{buckets}']")
        return entry

    def test_pages_are_followed_and_the_cursor_waits_for_the_last(self):
        with organization(*GROUPS) as owner:
            kept = Kept()
            with running(self.paged(7), owner.url) as agent:
                for _ in range(3):
                    events, errors = agent.run(owner.now, executions=1)
                    self.assertEqual((errors, agent.cursor or None), ([], None))
                    kept.take(events)
                events, errors = agent.run(owner.now)
                kept.take(events)
                self.assertEqual((errors, agent.cursor), ([], {"end": "2026-11-20T06:00:00Z"}))
            whole = owner.truth("usage", "2026-11-18T06:00:00Z", "2026-11-20T06:00:00Z", self.paged(7)["state"]["group_by"], bucket_width="1h")
            self.assertEqual((len(kept.rows), kept.repeated, kept.total(tokens)), (len(whole), 0, sum(map(tokens, whole))))

    def test_a_stop_amid_pages_loses_nothing_and_what_comes_again_is_the_same(self):
        with organization(*GROUPS) as owner:
            kept = Kept()
            with running(self.paged(7), owner.url) as agent:
                for executions in (1, 4, 6):
                    kept.take(agent.run(owner.now, executions=executions)[0])
                    agent.restart()
                    owner.advance(1 / 60)
                first = dict(kept.rows)
                kept.take(agent.run(owner.now)[0])
                self.assertEqual(agent.cursor, {"end": "2026-11-20T06:00:00Z"})
                agent.restart()
                self.assertEqual(agent.run(owner.now), ([], []))
            whole = owner.truth("usage", "2026-11-18T06:00:00Z", "2026-11-20T06:00:00Z", self.paged(7)["state"]["group_by"], bucket_width="1h")
            self.assertEqual((len(kept.rows), kept.total(tokens)), (len(whole), sum(map(tokens, whole))))
            self.assertGreater(kept.repeated, len(first))

    def test_each_failure_is_an_error_with_its_remedy_and_heals(self):
        reports = {"contains": "_report", "count": 0, "kind": "status"}
        cases = [
            (401, "check that it is valid and is an Admin key"), (403, "organization admin permission"), (404, "check URL"),
            (429, "too many requests"), (500, "the server failed"), (529, "the server failed"), (400, "check the settings")]
        for name in ("usage", "cost"):
            with organization(*GROUPS) as owner, running(stream(name), owner.url) as agent:
                for status, remedy in cases:
                    owner.faults(dict(reports, status=status, message=f"no, {stock_agent.KEY} is not known"))
                    events, (error,) = agent.run(owner.now)
                    self.assertEqual((len(events), agent.cursor, agent.evaluations), (0, None, 1))
                    self.assertTrue(error.startswith(f"HTTP {status}: "), error)
                    self.assertIn(remedy, error)
                    self.assertIn("(no, ... is not known)", error, "the API's own words are there, without a key in them")
                owner.faults()
                events, errors = agent.run(owner.now)
                self.assertEqual(errors, [])
                self.assertTrue(events)

    def test_failures_before_and_after_a_good_interval_move_no_cursor(self):
        with organization(*GROUPS) as owner:
            kept = Kept()
            with running(stream("usage"), owner.url) as agent:
                for hour in range(12):
                    owner.faults(*[{"contains": "usage_report", "kind": "status", "status": 503, "count": 0}] * (hour % 3 != 0))
                    kept.take(agent.run(owner.now)[0])
                    owner.advance(1)
                owner.faults()
                kept.take(agent.run(owner.now)[0])
            ends = collections.Counter(first for first, *_ in kept.rows)
            self.assertEqual((len(ends), kept.repeated), (36, 0))

    def test_what_is_no_answer_of_the_api_is_an_error(self):
        faults = [({"kind": "html", "status": 200}, "not as documented"), ({"kind": "malformed"}, "not as documented"),
                  ({"kind": "reset"}, "cannot be reached"),
                  ({"kind": "truncate"}, ""), ({"kind": "missing_bucket"}, "buckets are missing or repeated"),
                  ({"kind": "repeated_bucket"}, "buckets are missing or repeated")]
        with organization(*GROUPS) as owner, running(stream("usage"), owner.url) as agent:
            for fault, part in faults:
                owner.faults(dict(fault, contains="usage_report", count=0))
                with self.subTest(fault["kind"]):
                    events, errors = agent.run(owner.now)
                    self.assertEqual((len(events), len(errors), agent.cursor), (0, 1, None), errors)
                    self.assertIn(part, errors[0])
            owner.faults()
            self.assertEqual(agent.run(owner.now)[1], [])
            self.assertEqual(agent.cursor, {"end": "2026-11-20T06:00:00Z"})

    def test_pages_that_go_round_are_an_error_and_end(self):
        with organization(*GROUPS) as owner, running(self.paged(7), owner.url) as agent:
            owner.faults({"contains": "usage_report", "count": 0, "kind": "page_loop"})
            events, (error,) = agent.run(owner.now)
            self.assertIn("buckets are missing or repeated", error)
            self.assertIsNone(agent.cursor)
            self.assertLess(agent.evaluations, 5)

    def test_a_key_that_is_refused_and_one_that_never_came(self):
        with organization(*GROUPS) as owner:
            with running(stream("usage"), owner.url, key="sk-ant-admin01-another") as agent:
                self.assertIn("HTTP 401: the key is refused", agent.run(owner.now)[1][0])
            with running(stream("usage"), owner.url, key="") as agent:
                self.assertIn("an Agent before 9.2", agent.run(owner.now)[1][0])
        with running(stream("usage"), "http://127.0.0.1:9") as agent:
            self.assertIn("cannot be reached", agent.run(stock_agent.parsed(stock_agent.EPOCH))[1][0])

    def test_the_clock_of_the_api_decides(self):
        """A machine that is a day ahead reads nothing early, one that is behind nothing late."""
        for hours in (-25, 25):
            with organization(*GROUPS) as owner, running(stream("usage"), owner.url) as agent:
                wrong = owner.now + datetime.timedelta(hours=hours)
                events, errors = agent.run(wrong)
                self.assertEqual((errors, agent.cursor), ([], {"end": "2026-11-20T06:00:00Z"}))
                self.assertEqual(min(row["bucket_start_time"] for row in rows(events)), "2026-11-19T06:00:00Z")

    def test_quiet_times_are_passed_over(self):
        """The input ends an interval without events; the position is kept in its memory, and asked again after a stop."""
        with organization(*GROUPS, "--history-start", "2026-11-18T00:00:00Z") as owner, \
                running(stream("usage", initial_interval="720h"), owner.url) as agent:
            found, intervals = [], 0
            while not found and intervals < 10:
                found, errors = agent.run(owner.now)
                self.assertEqual(errors, [])
                intervals += 1
            self.assertEqual(min(row["bucket_start_time"] for row in rows(found))[:10], "2026-11-18")
            self.assertEqual(agent.cursor, {"end": "2026-11-20T06:00:00Z"})

    def test_other_widths_and_groupings(self):
        for width, seconds in (("1m", 60), ("1d", 86400)):
            entry = stream("usage", bucket_width=width, group_by=[], settle="6h", initial_interval="26h")
            with organization(*GROUPS) as owner, running(entry, owner.url) as agent:
                events, errors = agent.run(owner.now)
                self.assertEqual(errors, [])
                for row in rows(events):
                    length = stock_agent.parsed(row["bucket_end_time"]) - stock_agent.parsed(row["bucket_start_time"])
                    self.assertEqual((length.total_seconds(), row["group_by"]), (seconds, []))
                self.assertTrue(events)

    def test_a_width_that_is_changed_counts_no_time_twice(self):
        with organization(*GROUPS) as owner:
            with running(stream("usage"), owner.url) as agent:
                agent.run(owner.now)
                agent.tell(config={"program": stream("usage")["program"], "resource.url": owner.url,
                                   "state": stream("usage", bucket_width="1d")["state"], "secret_state": {"admin_api_key": stock_agent.KEY},
                                   "cursor": agent.cursor})
                owner.advance(48)
                events, errors = agent.run(owner.now)
            self.assertEqual((errors, {row["bucket_start_time"] for row in rows(events)}), ([], {"2026-11-21T00:00:00Z"}))

    def test_limits_in_force(self):
        with organization(*GROUPS) as owner, running(stream("rate_limit"), owner.url) as agent:
            for _ in range(2):
                events, errors = agent.run(owner.now)
                self.assertEqual(errors, [])
                self.assertGreater(len(events), 2)
                self.assertEqual({row["type"] for row in rows(events)}, {"rate_limit"})
            owner.faults({"contains": "rate_limits", "count": 0, "kind": "status", "status": 403})
            self.assertIn("HTTP 403", agent.run(owner.now)[1][0])

    def test_every_row_says_whose_it_is_and_how_it_was_asked(self):
        for name in cel_input.STREAMS:
            with organization(*GROUPS) as owner, running(stream(name), owner.url) as agent:
                events, _ = agent.run(owner.now)
                identity = owner._call("GET", "/_simulator/state")["organization_id"]
                for row in rows(events):
                    self.assertEqual(row["organization_id"], identity)
                    if name != "rate_limit":
                        self.assertEqual(row["group_by"], stream(name)["state"]["group_by"])

    def test_programs_hold_no_double_quote_and_no_variable_of_the_agent(self):
        for name in cel_input.STREAMS:
            program = cel_input.program(tree.ROOT, name)
            self.assertNotIn('"', program)
            self.assertNotIn("$", program)


def main():
    try:
        if not stock_agent.SIMULATOR.exists():
            raise gotools.Skip(f"{stock_agent.SIMULATOR} is not built")
        gotools.go_build(stock_agent.RUNNER, "cel-runner", ".")
        _streams()
    except gotools.Skip as reason:
        print(f"skipped: {reason}")
        return gotools.SKIPPED
    return 0 if unittest.main(exit=False, verbosity=2).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
