# SPDX-License-Identifier: Apache-2.0
"""What goes wrong between a shipper and a store, and when.

Of whole requests:

  status        answered with `status`, not carried out; `retry_after` adds the header; `body` replaces the engine's words
  reset         connection reset before anything is carried out, after half of the body was read
  close         likewise, closed without an answer when all was read
  lost          carried out, then closed without an answer
  lost_reset    carried out, then reset
  hang          not carried out, and no answer until the client gives up
  lost_hang     carried out, and no answer until the client gives up
  cut           carried out; half of the answer, then closed
  garbled       carried out; status 200 and something that is no JSON
  html          not carried out; a page of a proxy with status 200
  empty         carried out; status 200 without a body
  short         carried out; the last item of the answer is missing
  order         carried out; the items of the answer in reversed order
  pass          nothing goes wrong; for the sake of `before` and `after`

Of items (the others of the request are carried out): the keys of ITEMS.
"""

import hashlib

REQUESTS = ("status", "reset", "close", "lost", "lost_reset", "hang", "lost_hang", "cut", "garbled", "html", "empty", "short",
            "order", "pass")
# What a shipper must survive by itself, without a person and without a dead letter, as (kind, status).
PASSING = [("status", 429), ("status", 500), ("status", 502), ("status", 503), ("reset", 0), ("close", 0), ("lost", 0),
           ("lost_reset", 0), ("cut", 0), ("garbled", 0), ("html", 0), ("empty", 0), ("short", 0), ("order", 0)]

# name: (status, type, reason). {id} and {index} are filled in.
ITEMS = {
    "rejected": (429, "es_rejected_execution_exception", "rejected execution of primary operation"),
    "breaker": (429, "circuit_breaking_exception", "[parent] Data too large"),
    "flood": (429, "cluster_block_exception", "index [{index}] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage "
                                              "watermark, index has read-only-allow-delete block];"),
    "internal": (500, "i_o_exception", "the shard failed"),
    "unavailable": (503, "unavailable_shards_exception", "[{index}][0] primary shard is not active Timeout: [1m]"),
    "mapping": (400, "document_parsing_exception", "[1:10] failed to parse field [anthropic.usage.output_tokens] of type [long]"),
    "old_mapping": (400, "mapper_parsing_exception", "failed to parse field [anthropic.usage.output_tokens] of type [long]"),
    "pipeline": (400, "illegal_argument_exception", "pipeline with id [p] does not exist"),
    "too_large": (413, "document_too_large_exception", "document exceeds the limit"),
    "read_only": (403, "cluster_block_exception", "index [{index}] blocked by: [FORBIDDEN/8/index write (api)];"),
    "forbidden": (403, "security_exception", "action [indices:data/write/bulk[s]] is unauthorized for API key id [k] on indices [{index}]"),
    "no_index": (404, "index_not_found_exception", "no such index [{index}]"),
    "conflict": (409, "version_conflict_engine_exception", "[{id}]: version conflict, document already exists (current version [1])"),
    "failure_store": (201, None, None),
}
PASSING_ITEMS = ("rejected", "breaker", "internal", "unavailable")
DEAD_ITEMS = ("mapping", "old_mapping", "too_large")


class Fault:
    """One fault as it is applied. before, after: called with the store before and after the request is carried out."""

    def __init__(self, kind, status=503, retry_after=None, body=None, before=None, after=None):
        assert kind in REQUESTS, kind
        self.kind, self.status, self.retry_after, self.body = kind, status, retry_after, body
        self.before, self.after = before, after

    def __str__(self):
        return f"{self.kind} {self.status}" if self.kind == "status" else self.kind


class Script:
    """Faults by rules, of which the first that applies wins. [one thread at a time]"""

    def __init__(self):
        self.request_rules, self.item_rules = [], []

    def on(self, kind, path="/_bulk", nth=1, count=1, **details):
        """Of the requests whose path ends so, from the nth on, so many (0: for ever)."""
        self.request_rules.append([path, nth, count, Fault(kind, **details), 0])
        return self

    def on_item(self, kind, contains=b"", nth=1, count=1):
        """Of the documents that contain the bytes, from the nth that is sent on, so many (0: for ever)."""
        assert kind in ITEMS, kind
        self.item_rules.append([contains, nth, count, kind, 0])
        return self

    def clear(self):
        self.request_rules, self.item_rules = [], []

    @staticmethod
    def _applies(rule):
        rule[4] += 1
        return rule[4] >= rule[1] and (rule[2] == 0 or rule[4] < rule[1] + rule[2])

    def request(self, method, path):
        found = [rule[3] for rule in self.request_rules if path.endswith(rule[0]) and self._applies(rule)]
        return found[0] if found else None

    def item(self, action):
        found = [rule[3] for rule in self.item_rules if rule[0] in action.source and self._applies(rule)]
        return found[0] if found else None


class Seeded:
    """Faults by chance, all from one number: the same requests and documents meet the same faults again.

    requests, items: how likely a fault is. request_kinds: (kind, status). `dead` of the documents are refused for good.
    """

    def __init__(self, seed, requests=0.3, items=0.1, request_kinds=tuple(PASSING), item_kinds=PASSING_ITEMS, dead=0.0,
                 after=None, paths=("",)):
        self.seed, self.requests, self.items, self.dead = seed, requests, items, dead
        self.request_kinds, self.item_kinds, self.after, self.paths = list(request_kinds), list(item_kinds), after, paths
        self.tried, self.number = {}, 0

    def _chance(self, *what):
        digest = hashlib.sha256(repr((self.seed, *what)).encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64, int.from_bytes(digest[8:12], "big")

    def is_dead(self, found):
        return self._chance("dead", found)[0] < self.dead

    def request(self, method, path):
        if not path.endswith(tuple(self.paths)):
            return None
        self.number += 1
        chance, pick = self._chance("request", self.number)
        if chance >= self.requests:
            return None
        kind, status = self.request_kinds[pick % len(self.request_kinds)]
        return Fault(kind, status=status, after=self.after)

    def item(self, action):
        if self.is_dead(action.id):
            return DEAD_ITEMS[self._chance("which", action.id)[1] % len(DEAD_ITEMS)]
        self.tried[action.id] = self.tried.get(action.id, 0) + 1
        chance, pick = self._chance("item", action.id, self.tried[action.id])
        return self.item_kinds[pick % len(self.item_kinds)] if chance < self.items else None
