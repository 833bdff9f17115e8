# SPDX-License-Identifier: Apache-2.0
"""A store of its own that the real host fills from a simulated organization, and the command that proves it."""

import collections
import datetime
import decimal
import json
import pathlib
import shutil
import subprocess
import tempfile
import time

import proof_model
import searched
import shipped

EPOCH = "2026-11-03T00:00:00Z"  # midnight, so that days and hours begin together
HOURS = 48                      # of history that the first round reads
DELIVERY = datetime.timedelta(minutes=10)  # more than settle and interval of the policy
RATES = {"late_rate": 0.1, "restate_rate": 0.06, "vanish_rate": 0.04}
GRAINS = {"usage": proof_model.Grain.of("1h", ["inference_geo", "model", "service_tier", "workspace_id"]),
          "cost": proof_model.Grain.of("1d", ["description", "workspace_id"])}
FORMER = {"usage": proof_model.Grain.of("1h", ["model", "workspace_id"]), "cost": proof_model.Grain.of("1d", ["workspace_id"])}
KEY = searched.CANARY
EQUAL, DIFFERENT, INCOMPLETE = 0, 2, 3


def streams(grains, interval, dataset="anthropic_metrics"):
    """The policy's streams, in those grains."""
    lines = []
    for stream, grain in grains.items():
        lines += [f"\n      - data_stream.dataset: {dataset}.{stream}", f"        initial_interval: {interval}", "        interval: 1m",
                  "        settle: 0s", f"        group_by: [{', '.join(grain.group_by)}]"]
        if stream == "usage":
            lines.append(f"        bucket_width: {grain.width}")
    return "\n".join([*lines, f"      - data_stream.dataset: {dataset}.health", "        enabled: false"]) + "\n"


class Auditing:
    """What one `audit` said. said: its JSON, or None."""

    def __init__(self, done):
        self.code, self.error, self.output = done.returncode, done.stderr, done.stdout
        try:
            self.said = json.loads(done.stdout)
        except ValueError:
            self.said = None

    def stream(self, name):
        found = [one for one in (self.said or {}).get("streams", []) if one["stream"] == name]
        if len(found) != 1:
            raise AssertionError(f"audit told of {name} {len(found)} times; it ended with {self.code}:\n{self.output[-3000:]}{self.error[-3000:]}")
        return found[0]

    def findings(self, name):
        return {one["kind"]: one["count"] for one in self.stream(name)["findings"]}

    def __str__(self):
        if self.said is None:
            return f"ended with {self.code}; it said\n{self.output[-3000:]}{self.error[-2000:]}"
        streams = [{name: value for name, value in one.items() if name not in ("sums", "differences")} for one in self.said["streams"]]
        return f"ended with {self.code}; it said {dict(self.said, streams=streams)}"


class Store:
    """Use as a context manager. engine: a store_engine.Engine of the namespace; url: where the host finds it. pipelines: whether
    the engine has them; failures: whether its data streams have failure stores."""

    def __init__(self, engine, url, seed, pipelines=True, failures=False, groups=3, interval=f"{HOURS}h", grains=None, epoch=EPOCH,
                 hours=HOURS, dataset="anthropic_metrics", input_settings="", **organization):
        self.engine, self.url, self.seed, self.pipelines, self.failures = engine, url, seed, pipelines, failures
        self.interval, self.grains, self.dataset, self.input_settings = interval, dict(grains or GRAINS), dataset, input_settings
        self.folder_of = searched.folder(inputs=["policy.yml"])
        self.settings = {"seed": seed, "groups": groups, "epoch": epoch, **RATES, **organization}
        self.start = proof_model.stamp(proof_model.parsed(epoch) - datetime.timedelta(hours=hours))
        self.lane_start = self.start  # of the grains that the policy has now

    def __enter__(self):
        self.folder = self.folder_of.__enter__()
        self.organization = shipped.Organization(self.folder, key=KEY, **self.settings)
        self.organization.__enter__()
        self.host = shipped.Host(
            self.folder, self.organization,
            {"type": "elasticsearch", "hosts": [self.url], "backoff.init": "50ms", "backoff.max": "500ms", "timeout": "60s"},
            interval=self.interval, level="warning", extra=self.extra(self.organization),
            streams=streams(self.grains, self.interval, self.dataset), key=KEY)
        return self

    def __exit__(self, *what):
        self.organization.__exit__()
        return self.folder_of.__exit__(*what)

    def extra(self, organization):
        """Settings of the policy's input."""
        lines = [f"data_stream.namespace: {self.engine.namespace}", *filter(None, [self.input_settings])]
        if organization.tls:
            lines.append(f'ssl.certificate_authorities: ["{organization.authority}"]')
        return "\n    ".join(lines)

    # ---- what the host does ---------------------------------------------------------------------

    def regrain(self, grains):
        """The policy asks for other grains from now on."""
        if self.grains != grains:
            self.lane_start = self.organization.now()
        self.grains = dict(grains)
        self.host.set_streams(streams(self.grains, self.interval, self.dataset))

    def collect(self):
        code = self.host.once()
        if code:
            raise AssertionError(f"run --once ended with {code}:\n{self.host.log()[-3000:]}")

    def later(self, by="25h"):
        """So late that the whole look-back is read again, and everything that changed meanwhile is collected."""
        self.organization.advance(by)
        self.collect()

    def wait_for_host(self, seconds=30):
        """Until the running host holds its state."""
        until = time.monotonic() + seconds
        while not list(self.host.data.glob("state/*/*.db*")) or time.monotonic() < until - seconds + 1:
            if time.monotonic() > until or self.host.process.poll() is not None:
                raise AssertionError(f"the host does not run:\n{self.host.log()[-2000:]}")
            time.sleep(0.1)

    def lose_state(self):
        shutil.rmtree(self.host.data)

    def copy_state(self):
        self.copy = pathlib.Path(self.folder) / "copy"
        shutil.copytree(self.host.data, self.copy)

    def restore_state(self):
        self.lose_state()
        self.copy.rename(self.host.data)

    def collected_otherwise(self, grains, **organization):
        """{stream: [document]} that a host without a past makes of the organization now; of one with other settings, if given."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            folder = pathlib.Path(folder)
            other = shipped.Organization(folder, key=KEY, **{**self.settings, **organization, "epoch": self.organization.now()})
            with other:
                host = shipped.Host(folder, other, {"type": "file", "path": str(folder / "documents")}, level="warning",
                                    interval=self.hours(), extra=self.extra(other),
                                    streams=streams(grains, self.hours(), self.dataset), key=KEY)
                if host.once():
                    raise AssertionError(host.log()[-3000:])
            out = collections.defaultdict(list)
            for path in (folder / "documents").glob("*.ndjson"):
                for line in path.read_text(encoding="utf-8").splitlines():
                    stream = json.loads(line)["event"]["dataset"].rpartition(".")[2]
                    out[stream].append(line)
            return out

    def hours(self):
        """All of the history, as a setting."""
        span = proof_model.parsed(self.organization.now()) - proof_model.parsed(self.start)
        return f"{int(span.total_seconds() // 3600)}h"

    # ---- what the store holds -------------------------------------------------------------------

    def name(self, stream):
        return f"metrics-{self.dataset}.{stream}-{self.engine.namespace}"

    def documents(self, stream):
        return proof_model.documents(self.engine, self.name(stream))

    def end(self, stream):
        """The newest border of buckets that a host has delivered by now."""
        delivered = proof_model.stamp(proof_model.parsed(self.organization.now()) - DELIVERY)
        return delivered[:10] + "T00:00:00Z" if self.grains[stream].width == "1d" else delivered[:13] + ":00:00Z"

    def truth(self, stream, grain=None, start=None):
        return proof_model.truth(self.organization, stream, grain or self.grains[stream], start or self.start, self.end(stream))

    def quiet(self):
        """Whether a stream has no row of some day until now, as happens to one organization of twenty."""
        days = {proof_model.stamp(proof_model.parsed(self.start) + datetime.timedelta(days=day))[:10]
                for day in range(int(self.hours()[:-1]) // 24)}
        return any(days - {row.start[:10] for row in proof_model.truth(self.organization, stream, grain, self.start, self.organization.now())}
                   for stream, grain in self.grains.items())

    def expected(self, stream, start=None):
        """What an audit must say, from that time on, or of all."""
        start = start or self.start
        if self.grains[stream].width == "1d":
            start = start[:10] + "T00:00:00Z"  # windows go out to whole buckets
        return proof_model.Expected(stream, self.grains[stream], start, self.end(stream), self.documents(stream),
                                    lambda grain: self.truth(stream, grain, start))

    # ---- what the command says ------------------------------------------------------------------

    def audit(self, *arguments, json_output=True, start=None, end=None):
        words = ["--from", start or self.start, "--to", end or self.end("usage"), *(["--json"] if json_output else []), *arguments]
        return Auditing(self.command("audit", *words))

    def command(self, *words):
        """The finished process of one of the host's commands."""
        done = subprocess.run(self.host.command(*words), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
                              env=shipped.environment())
        with (self.folder / "said.txt").open("a", encoding="utf-8") as kept:  # is searched for the key
            kept.write(done.stdout + done.stderr)
        return done

    def wrong_sums(self, stream):
        """What of the engine's own sums by day and by workspace is not what the organization used, in lines."""
        rows, lines = self.truth(stream), []
        self.engine.ask("POST", f"/{self.name(stream)}/_refresh")
        fields = proof_model.measures(stream)
        days, workspaces = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter)
        for row, sums in rows.items():
            for name in fields:
                days[row.start[:10]][name] += sums[name]
                workspaces[dict(row.dimensions).get("workspace_id", "Default")][name] += sums[name]
        summed = {name: {"sum": {"field": f"anthropic.{stream}.{name}"}} for name in fields}
        answer = self.engine.ask("POST", f"/{self.name(stream)}/_search", {"size": 0, "query": {"range": {
            "@timestamp": {"gte": self.start, "lt": self.end(stream)}}}, "aggs": {
            "days": {"date_histogram": {"field": "@timestamp", "fixed_interval": "1d", "format": "yyyy-MM-dd", "min_doc_count": 1},
                     "aggs": summed},
            "workspaces": {"terms": {"field": f"anthropic.{stream}.workspace_id", "size": 10_000, "missing": "Default"}, "aggs": summed}}})
        for title, told in (("days", days), ("workspaces", workspaces)):
            found = {one.get("key_as_string", one["key"]): {name: one[name]["value"] for name in fields}
                     for one in answer["aggregations"][title]["buckets"]}
            for key in sorted(told.keys() | found.keys()):
                for name in fields:
                    used, there = told.get(key, {}).get(name, decimal.Decimal(0)), found.get(key, {}).get(name, 0)
                    if abs(there - float(used)) > (1e-9 * max(1, abs(float(used))) if stream == "cost" else 0):
                        lines.append(f"{stream} by {title}, {key}, {name}: the engine says {there}, used were {used}")
        return lines
