# SPDX-License-Identifier: Apache-2.0
"""A collector that works as the public integration does: what it asks for, and what its documents look like.

Its cursor is the wall clock, not what the API returned; it reads buckets that are not over; what it has read it reads again
whenever the API takes the start of its window down to the bucket's; and its documents have no identity. So rows are stored many
times, or lost.
"""

import datetime
import json
import ssl
import urllib.parse
import urllib.request

import proof_model

PATH = {"usage": "/v1/organizations/usage_report/messages", "cost": "/v1/organizations/cost_report"}
WIDTH = {"usage": datetime.timedelta(hours=1), "cost": datetime.timedelta(days=1)}
GROUP_BY = {"usage": ["model", "workspace_id", "service_tier", "inference_geo"], "cost": ["workspace_id", "description"]}
INITIAL = {"usage": datetime.timedelta(hours=24), "cost": datetime.timedelta(hours=168)}
RENAMED = {"usage": {"cache_read_input_tokens": "cached_input_tokens"}, "cost": {}}
KEPT = {"usage": ("model", "workspace_id", "api_key_id", "service_tier", "context_window", "inference_geo", "speed",
                  "uncached_input_tokens", "cache_read_input_tokens", "output_tokens"),
        "cost": ("model", "workspace_id", "service_tier", "context_window", "inference_geo", "description", "cost_type",
                 "token_type", "amount", "currency")}


class Collector:
    """reading: how the API answers a window that cuts through buckets. 1: the start goes down to the bucket's, and the bucket in
    progress is told; 2: likewise, closed buckets alone; 3: buckets that begin within it alone."""

    def __init__(self, url, key, authority=None, reading=1):
        self.url, self.key, self.reading, self.cursor, self.initial = url, key, reading, {}, dict(INITIAL)
        self.context = ssl.create_default_context(cafile=authority) if authority else None

    def _page(self, stream, query):
        request = urllib.request.Request(f"{self.url}{PATH[stream]}?{urllib.parse.urlencode(query)}",
                                         headers={"x-api-key": self.key, "anthropic-version": "2023-06-01"})
        with urllib.request.urlopen(request, timeout=60, context=self.context) as answer:
            return json.load(answer)

    def poll(self, stream, now):
        """The rows of one poll at that time (of the wall clock), each with the times of its bucket."""
        start = self.cursor.get(stream) or now - self.initial[stream]
        if stream == "cost" and now - start < datetime.timedelta(hours=24):
            return []
        length, asked = WIDTH[stream], start
        if self.reading < 3:
            asked = start - (start - datetime.datetime.min) % length
        if self.reading > 1 and asked + (datetime.datetime.min - asked) % length >= now - (now - datetime.datetime.min) % length:
            self.cursor[stream] = now  # no whole bucket is in the window
            return []
        query = [("starting_at", proof_model.stamp(asked)), ("ending_at", proof_model.stamp(now)),
                 ("bucket_width", {"usage": "1h", "cost": "1d"}[stream])] + [("group_by[]", name) for name in GROUP_BY[stream]]
        rows, page = [], None
        while True:
            answer = self._page(stream, query + ([("page", page)] if page else []))
            for bucket in answer["data"]:
                rows += [dict(row, bucket_start_time=bucket["starting_at"], bucket_end_time=bucket["ending_at"])
                         for row in bucket["results"]]
            page = answer.get("next_page")
            if not answer.get("has_more"):
                break
        self.cursor[stream] = now  # and not how far the answer reached
        return rows


def document(stream, row, dataset, namespace):
    """The document that the public integration's pipeline makes of a row."""
    body = {"bucket_start_time": row["bucket_start_time"], "bucket_end_time": row["bucket_end_time"]}
    for name in KEPT[stream]:
        value = row.get(name)
        if name == "workspace_id" and name in row and value is None:
            value = "Default"
        if value is not None:
            body[RENAMED[stream].get(name, name)] = float(value) if name == "amount" else value
    if stream == "usage":
        body["cache_creation_input_tokens"] = sum((row.get("cache_creation") or {}).values())
    return {"@timestamp": row["bucket_start_time"], "anthropic": {stream: body},
            "agent": {"id": "a", "type": "filebeat"}, "data_stream": {"type": "metrics", "dataset": dataset, "namespace": namespace},
            "ecs": {"version": "9.3.0"}, "input": {"type": "cel"}, "tags": ["forwarded"],
            "event": {"kind": "event", "category": ["api"], "type": ["info"], "module": "anthropic_metrics", "dataset": dataset}}


def raw(row):
    """What it sends to the store, before any pipeline."""
    return {"@timestamp": row["bucket_start_time"], "message": json.dumps(row), "tags": ["forwarded"], "input": {"type": "cel"},
            "agent": {"id": "a", "type": "filebeat"}}
