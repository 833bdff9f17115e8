# SPDX-License-Identifier: Apache-2.0
"""The estimate of a month's end in ES|QL is the host's: on the same days, at any time, both say the same numbers, and both say
nothing for the same histories.

AM_SEED=<n> replays one history, AM_ESQL_HISTORIES=<n> makes more of them.
"""

import collections
import datetime
import http.server
import json
import os
import random
import subprocess
import threading
import unittest

import answers
import elastic
import tree
from panels import PANELS, midnight, rows, spend

ENGINE = elastic.engine.esql
HOST = tree.BINARY_DIR / "bin" / "anthropic-metrics"
HISTORIES = int(os.environ.get("AM_ESQL_HISTORIES", "60"))
DAY = datetime.timedelta(days=1)
MOMENTS = ("2026-09-16T10:20", "2026-09-01T02:30", "2026-10-31T23:50", "2028-02-29T12:00", "2026-03-01T00:00", "2026-01-02T05:00",
           "2026-11-07T18:00", "2027-02-14T09:00")


def history(seed):
    """(now, documents): days of up to two currencies with a cycle of the week, rests, peaks, credits and corrections."""
    chance = random.Random(f"month-end {seed}")
    now = datetime.datetime.fromisoformat(chance.choice(MOMENTS)).replace(tzinfo=datetime.timezone.utc)
    newest, known = chance.choice((1, 1, 1, 2, 3, 5, 6, 0)), chance.choice((2, 6, 7, 8, 13, 20, 27, 28, 40, 56, 57, 80))
    rests, weekend, swing = chance.choice((0, 0, 0.2, 0.7)), chance.choice((0, 0.3, 1)), chance.choice((0.02, 0.4))
    documents = []
    for currency in ("USD", "EUR")[:chance.choice((1, 2))]:
        for ago in range(newest, newest + known):
            day = midnight(now) - ago * DAY
            cents = 5000 * chance.uniform(1 - swing, 1 + swing) * (weekend if day.weekday() > 4 else 1)
            cents *= chance.choice((1,) * 20 + (8,))
            cents -= chance.choice((0,) * 30 + (20_000,))
            if cents == 0 or chance.random() < rests and ago > newest:
                continue
            first = cents if chance.random() < 0.8 else cents * chance.uniform(0, 2)
            documents.append(spend(day, round(first, 4), currency))
            if first != cents:
                documents.append(spend(day, round(cents, 4) - round(first, 4), currency, revision=1))
    return now, documents


def told(number, now, documents):
    """What the plugin would tell of the same days."""
    days = collections.Counter()
    for document in documents:
        if document["anthropic"]["cost"]["currency"] == "USD":
            days[document["@timestamp"][:10]] += document["anthropic"]["cost"]["amount"]
    reach, today = midnight(now) - 61 * DAY, midnight(now)
    days = {day: f"{cents:.10f}" for day, cents in days.items() if f"{reach:%Y-%m-%d}" <= day < f"{today:%Y-%m-%d}"}
    return {"id": str(number), "streams": {"cost": {"days": {"today": f"{today:%Y-%m-%d}", "from": f"{reach:%Y-%m-%d}", "cents": days}}}}


def by_the_host(inputs):
    """{id: what `forecast --json` prints} of a running host with these inputs."""
    page = json.dumps({"health": "healthy", "inputs": inputs}).encode()

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            done = subprocess.run([HOST, "forecast", "--json", "--url", f"http://127.0.0.1:{server.server_port}"], capture_output=True,
                                  text=True, timeout=120, stdin=subprocess.DEVNULL)
        finally:
            server.shutdown()
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return {told["input"]: told for told in json.loads(done.stdout)}


@unittest.skipUnless(HOST.exists(), f"{HOST} is not built")
class MonthEnd(unittest.TestCase):
    def test_panel_and_host_say_the_same(self):
        only = os.environ.get("AM_SEED")
        made = [(seed, *history(seed)) for seed in ([int(only)] if only else range(HISTORIES))]
        stores = {seed: elastic.Store(documents) for seed, _, documents in made}
        host = by_the_host([told(seed, now, documents) for seed, now, documents in made])
        seen = collections.Counter()
        for seed, now, _ in made:
            with self.subTest(seed=seed, now=f"{now:%Y-%m-%d}"):
                mine = host[str(seed)]
                panel = [row for row in rows("cost-billing", "month-end", stores[seed], now) if row["currency"] == "USD"]
                if not panel:
                    self.assertIn("no day is billed yet", mine["no_estimate"])
                    seen["empty"] += 1
                    continue
                (row,) = panel
                self.assertEqual(row["billed_through"], mine["billed"]["through"])
                self.assertAlmostEqual(row["billed"], float(mine["billed"]["usd"]), 6)
                seen["none" if "no_estimate" in mine else "estimates"] += 1
                if "no_estimate" in mine:
                    self.assertEqual((row["estimated"], row["estimated_low"], row["estimated_high"]), (None, None, None))
                    self.assertNotEqual(row["note"], "-")
                    continue
                estimate = mine["estimate"]
                self.assertEqual((row["days_left"], row["weeks"], row["note"]), (estimate["days_left"], estimate["weeks_of_history"], "-"))
                for column, name in (("estimated", "usd"), ("estimated_low", "low_usd"), ("estimated_high", "high_usd")):
                    self.assertAlmostEqual(row[column], float(estimate[name]), delta=0.011)
        if not only:
            self.assertGreater(seen["estimates"], HISTORIES // 2)
            self.assertGreater(seen["none"], HISTORIES // 20)
        print(f"month end: {len(made)} histories, {seen['estimates']} with the same estimate, {seen['none']} without one")

    def test_the_query_says_nothing_that_the_engine_warns_of(self):
        for seed in range(6):
            now, documents = history(seed)
            board, panel = PANELS["cost-billing", "month-end"]
            found = answers.answer(board, panel, elastic.Store(documents), now)
            self.assertEqual(found.warnings, [])


if __name__ == "__main__":
    unittest.main()
