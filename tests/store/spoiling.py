# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with the documents of a store, one kind a function. Each takes the store, a stream and a random.Random, and
answers whether there was anything to spoil; `Planted` keeps what no look at the documents tells afterwards."""

import base64
import collections
import copy
import json

import audited
import other_collector
import proof_model


class Planted:
    """foreign: ids that never follow from what their documents hold. altered: pairs of id and measures, where the id does not
    follow from those (a copy of the document may have others). failed: times of documents in the failure store."""

    def __init__(self):
        self.foreign, self.altered = collections.defaultdict(set), collections.defaultdict(set)
        self.failed, self.done = collections.defaultdict(list), []

    def is_foreign(self, stream, one):
        return one.id in self.foreign[stream] or (one.id, tally(one, stream)) in self.altered[stream]

    def findings(self, store, stream, expected):
        """What an audit must find beside what `expected` (a proof_model.Expected) sees in the documents."""
        found = collections.Counter(expected.findings)
        found["foreign_id"] = sum(self.is_foreign(stream, one) for held in expected.rows.values() for one in held)
        name, (begin, end) = store.name(stream), (expected.start, expected.end)
        found["failure_store"] = sum(begin <= time < end for time in self.failed[stream])
        found["dead_letter"] = sum(letter["data_stream"] == name and begin <= letter["document"]["@timestamp"] < end
                                   for letter in store.host.dead_letters())
        return {kind: count for kind, count in found.items() if count}


class Hands:
    """Changes documents of one data stream where they lie, as an administrator would."""

    def __init__(self, store, stream):
        self.engine, self.stream, self.name, self.store = store.engine, stream, store.name(stream), store

    def rows(self):
        """{Row: [Stored]} of the window that is audited, a row's documents by revision."""
        out = collections.defaultdict(list)
        for one in self.store.documents(self.stream):
            if proof_model.is_measured(one.source, self.stream) and proof_model.is_ours(one.source):
                row = proof_model.row_of(one.source, self.stream, self.store.grains[self.stream])
                if self.store.start <= row.start and proof_model.stamp(row.end()) <= self.store.end(self.stream):
                    out[row].append(one)
        for held in out.values():
            held.sort(key=self.revision)
        return out

    def revision(self, one):
        return one.source["anthropic"][self.stream]["revision"]

    def again(self, one):
        """The document as it is now."""
        return next(now for now in self.store.documents(self.stream) if (now.index, now.id) == (one.index, one.id))

    def delete(self, *stored):
        for one in stored:
            self.engine.ask("DELETE", f"/{one.index}/_doc/{one.id}", refresh="true")

    def update(self, one, changes):
        self.engine.ask("POST", f"/{one.index}/_update/{one.id}", {"doc": {"anthropic": {self.stream: changes}}}, refresh="true")

    def create(self, documents, pipeline="_none", name=None):
        """documents: [(id or None, source as text or value)]. The items of the answer."""
        lines = []
        for found, source in documents:
            lines.append(json.dumps({"create": {} if found is None else {"_id": found}}))
            lines.append(source if isinstance(source, str) else json.dumps(source, default=float))
        parameters = {"refresh": "true", **({"pipeline": pipeline} if pipeline else {})}
        status, value = self.engine.answer("POST", f"/{name or self.name}/_bulk", parameters, ("\n".join(lines) + "\n").encode(),
                                           {"Content-Type": "application/x-ndjson"})
        if status != 200:
            raise AssertionError(f"_bulk: {status}: {value}")
        return [item["create"] for item in value["items"]]

    def created(self, documents, **how):
        """The same, all of which must be taken."""
        items = self.create(documents, **how)
        bad = [item for item in items if item["status"] != 201]
        if bad:
            raise AssertionError(f"{len(bad)} of {len(items)} documents were not taken: {bad[0]}")
        return items


def tally(one, stream):
    """What a document measures, to be compared."""
    return frozenset(proof_model.measured(one.source, stream).items())


def invented(random):
    """An id as ours look, of nothing."""
    return base64.urlsafe_b64encode(random.randbytes(16)).decode().rstrip("=")


def some(random, values, most=3):
    values = sorted(values, key=str)
    return random.sample(values, min(len(values), random.randint(1, most)))


def with_id(source, found):
    source = copy.deepcopy(source)
    source["event"]["id"] = found
    return source


def deleted(store, stream, random, planted):
    """All documents of rows."""
    hands = Hands(store, stream)
    rows = hands.rows()
    for row in some(random, rows, 5):
        hands.delete(*rows[row])
    return True


def corrected_rows(hands):
    return {row: held for row, held in hands.rows().items() if hands.revision(held[-1]) > 0 and len(held) > 1}


def first_deleted(store, stream, random, planted):
    """Revision 0, with corrections left."""
    hands = Hands(store, stream)
    rows = corrected_rows(hands)
    for row in some(random, rows):
        hands.delete(rows[row][0])
    return bool(rows)


def amid_deleted(store, stream, random, planted):
    """A revision that is not the last one."""
    hands = Hands(store, stream)
    rows = {row: held for row, held in corrected_rows(hands).items() if len(held) > 2} or corrected_rows(hands)
    for row in some(random, rows):
        hands.delete(random.choice(rows[row][:-1]))
    return bool(rows)


def restated(store, stream, random, planted):
    """The newest correction: the API has restated the row, and the store has not heard."""
    hands = Hands(store, stream)
    rows = corrected_rows(hands)
    for row in some(random, rows, 5):
        hands.delete(rows[row][-1])
    return bool(rows)


def more(source, stream, random):
    """Changes to the measures of a document."""
    body = source["anthropic"][stream]
    if stream == "cost":
        changed = proof_model.measured(source, stream)["amount"] + random.randint(1, 9999) / proof_model.decimal.Decimal(1000)
        return {"amount": float(changed), "amount_exact": format(changed, "f")}
    name = random.choice(["output_tokens", "uncached_input_tokens", "cached_input_tokens", "web_search_requests"])
    return {name: int(body.get(name) or 0) + random.randint(1, 100_000)}


def changed(store, stream, random, planted):
    """Measures of documents. What a correction changes by is part of its id."""
    hands = Hands(store, stream)
    for held in some(random, hands.rows().values()):
        one = random.choice(held)
        hands.update(one, more(one.source, stream, random))
        if hands.revision(one) > 0:
            planted.altered[stream].add((one.id, tally(hands.again(one), stream)))
    return True


def duplicated(store, stream, random, planted):
    """Documents that came again after a rollover."""
    hands = Hands(store, stream)
    chosen = some(random, [one for held in hands.rows().values() for one in held], 6)
    store.engine.roll(hands.name)
    hands.created([(one.id, one.source) for one in {one.id: one for one in chosen}.values()])
    return True


def foreign_id(store, stream, random, planted):
    """Documents whose id was given by somebody else; sums stay."""
    hands = Hands(store, stream)
    chosen = {one.id: one for one in some(random, [one for held in hands.rows().values() for one in held])}.values()
    hands.delete(*chosen)
    for one in chosen:
        found = invented(random)
        planted.foreign[stream].add(found)
        hands.created([(found, with_id(one.source, found))])
    return True


def extra(store, stream, random, planted):
    """Rows that somebody invented."""
    hands = Hands(store, stream)
    for number, held in enumerate(some(random, hands.rows().values())):
        source = with_id(held[0].source, invented(random))
        body = source["anthropic"][stream]
        body["model" if "model" in body else "workspace_id"] = f"invented-{number}"  # what rows of the grain may be split by
        planted.foreign[stream].add(source["event"]["id"])
        hands.created([(source["event"]["id"], source)])
    return True


def extra_collected(store, stream, random, planted):
    """Rows that our collector would have made, of an organization with more of them."""
    hands = Hands(store, stream)
    told = set(store.truth(stream)) | set(hands.rows())
    found = [json.loads(line, parse_float=proof_model.decimal.Decimal)
             for line in store.collected_otherwise({stream: store.grains[stream]}, groups=store.settings["groups"] + 4)[stream]]
    found = [one for one in found if proof_model.row_of(one, stream, store.grains[stream]) not in told
             and one["anthropic"][stream]["bucket_end_time"] <= store.end(stream)]
    # Only where the store is in this grain: elsewhere the row would be of another.
    grains = {(row.start): row.grain for row in hands.rows()}
    found = [one for one in found if grains.get(one["anthropic"][stream]["bucket_start_time"]) == store.grains[stream]]
    for one in some(random, found):
        hands.created([(one["event"]["id"], one)])
    return bool(found)


OTHER_GRAINS = {"usage": [proof_model.Grain.of("1h", ["model"]), proof_model.Grain.of("1d", audited.GRAINS["usage"].group_by),
                          proof_model.Grain.of("1d", ["workspace_id"])],
                "cost": [proof_model.Grain.of("1d", ["description"]), proof_model.Grain.of("1d", [])]}


def other_grain(store, stream, random, planted):
    """What a second policy collected over the same days, in another grain."""
    hands, grain = Hands(store, stream), random.choice(OTHER_GRAINS[stream])
    found = [(one["event"]["id"], one) for one in map(json.loads, store.collected_otherwise({stream: grain})[stream])
             if store.lane_start <= one["@timestamp"] and one["anthropic"][stream]["bucket_end_time"] <= store.end(stream)]
    if found:
        day = random.choice(sorted({one["@timestamp"][:10] for _, one in found}))
        hands.created([(identity, one) for identity, one in found if one["@timestamp"][:10] == day])
    return bool(found)


def api_rows(store, stream, random):
    """Rows of some buckets as the API tells them, with the times of their buckets."""
    grain = audited.GRAINS[stream]
    width = proof_model.WIDTHS[grain.width]
    first, over = proof_model.parsed(store.lane_start), proof_model.parsed(store.end(stream))
    count = int((over - first) / width)
    begin = first + random.randrange(count) * width
    end = min(over, begin + random.randint(1, 4) * width)
    collector = other_collector.Collector(store.organization.url, audited.KEY, store.organization.authority or None, reading=3)
    collector.cursor[stream] = begin
    return collector.poll(stream, end)


def elastic(store, stream, random, planted):
    """What the public integration's collector stored of the same hours, once or twice."""
    rows = api_rows(store, stream, random) * random.randint(1, 2)
    namespace = store.engine.namespace
    if rows:
        Hands(store, stream).created([(None, other_collector.document(stream, row, f"{store.dataset}.{stream}", namespace))
                                      for row in rows])
    return bool(rows)


def raw_rows(store, stream, random, planted):
    """Rows of the API that another collector sent through our pipelines."""
    rows = api_rows(store, stream, random) if store.pipelines else []
    if rows:
        Hands(store, stream).created([(None, other_collector.raw(row)) for row in rows], pipeline=None)
    return bool(rows)


def pipeline_error(store, stream, random, planted):
    """Rows that could not be read, by the collector or by the pipeline."""
    hands = Hands(store, stream)
    for held in some(random, hands.rows().values()):
        source = with_id(held[0].source, invented(random))
        source["event"].update(kind="pipeline_error", type=["error"], original="{}")
        source["error"] = {"message": ["expected a number"]}
        if random.random() < 0.5:
            del source["anthropic"]
        else:
            body = source["anthropic"][stream]
            for name in list(body):
                if name not in ("bucket_start_time", "bucket_end_time", "bucket_width", "group_by", "model", "workspace_id", "currency"):
                    del body[name]
        hands.created([(source["event"]["id"], source)])
    return True


def failure_store(store, stream, random, planted):
    """Documents that the store took aside."""
    if not store.failures:
        return False
    hands = Hands(store, stream)
    chosen = some(random, [held[0] for held in hands.rows().values()])
    hands.delete(*chosen)
    for one in chosen:
        source = json.loads(json.dumps(one.source, default=float))
        source["tags"] = {"an": "object"}
        store.engine.failures.setdefault(hands.name, []).append({
            "@timestamp": "2026-11-05T00:00:00Z", "document": {"id": one.id, "index": hands.name, "source": source},
            "error": {"type": "document_parsing_exception", "message": "failed to parse field [tags] of type [keyword]"}})
        planted.failed[stream].append(source["@timestamp"])
    return True


def dead_letter(store, stream, random, planted):
    """Documents that the store had refused for good, which lie at the host."""
    hands = Hands(store, stream)
    chosen = some(random, [held[0] for held in hands.rows().values()])
    hands.delete(*chosen)
    folder = store.host.data / "dead_letter"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "default.ndjson").open("a", encoding="utf-8") as file:
        for one in chosen:
            letter = {"output": "default", "data_stream": hands.name, "id": one.id, "status": 400, "type": "mapper_parsing_exception",
                      "reason": "failed to parse", "@timestamp": "2026-11-04T01:00:00Z", "document": one.source}
            file.write(json.dumps(letter, default=float) + "\n")
    return True


KINDS = [deleted, first_deleted, amid_deleted, restated, changed, duplicated, foreign_id, extra, extra_collected, other_grain,
         elastic, raw_rows, pipeline_error, failure_store, dead_letter]
