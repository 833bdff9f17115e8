# SPDX-License-Identifier: Apache-2.0
"""Documents of an organization that does not exist, as the collector would have emitted them, from a seed.

Work follows the day and the week, rows are corrected later (signed differences under a new revision),
days of cost are restated, dimensions that were not asked for are absent. Only what would have arrived
by a given time is there: closed, settled buckets; whole days of cost an hour after midnight UTC.
"""

import datetime
import hashlib
import math
import random

UTC = datetime.timezone.utc
ORGANIZATION = "11111111-2222-4333-8444-555555555555"
OTHER_ORGANIZATION = "99999999-8888-4777-8666-555555555555"
WORKSPACES = ("Default", "wrkspc_01InventedAlpha0000000001")
MODELS = ("claude-opus-5", "claude-sonnet-5")
USAGE_GRAIN = ("inference_geo", "model", "service_tier", "workspace_id")
COST_GRAIN = ("description", "workspace_id")
WIDTHS = {"1m": datetime.timedelta(minutes=1), "1h": datetime.timedelta(hours=1), "1d": datetime.timedelta(days=1)}
CENTS_PER_MILLION = {"uncached_input_tokens": 300, "output_tokens": 1500}


def at(text):
    """A time in UTC from '2026-09-16T10:20' or '2026-09-16'."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=UTC)


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def slots(begin, end, width):
    """Starts of the buckets within begin (rounded up) and end, that have ended by then."""
    step = WIDTHS[width]
    count = math.ceil((begin - at("2020-01-01")) / step)
    moment = at("2020-01-01") + count * step
    while moment + step <= end:
        yield moment
        moment += step


def document(stream, when, body, organization=ORGANIZATION, namespace="default", ingested=None, **event):
    """What every document has around its own part."""
    digest = hashlib.md5(repr((stream, when, sorted(body.items(), key=str), organization, namespace)).encode()).hexdigest()
    category = {"health": "process", **dict.fromkeys(("api_key", "rate_limit", "spend_limit", "workspace"), "configuration")}.get(stream, "api")
    return {
        "@timestamp": stamp(when),
        "anthropic": {stream: body},
        "data_stream": {"dataset": f"anthropic_metrics.{stream}", "namespace": namespace, "type": "metrics"},
        "ecs": {"version": "9.3.0"},
        "event": {
            "category": [category],
            "dataset": f"anthropic_metrics.{stream}",
            "id": digest[:22],
            "kind": "metric",
            "module": "anthropic_metrics",
            "type": ["info"],
            "ingested": stamp(ingested or when),
            **event,
        },
        "input": {"type": "anthropic_metrics"},
        "organization": {"id": organization},
        "tags": ["forwarded"],
    }


def refusal(when, stream="usage"):
    """What a stock Agent sends when the API refuses it, as the pipeline leaves it."""
    out = document(stream, when, {}, kind="event", type=["error"])
    out.pop("organization")
    return dict(out, anthropic={}, input={"type": "cel"}, error={"message": ["HTTP 401: the key is refused"]})


def counters(uncached=0, cached=0, written=0, output=0):
    """The measures of a row of usage, as the document names them."""
    return {
        "uncached_input_tokens": uncached,
        "cached_input_tokens": cached,
        "cache_creation_5m_input_tokens": written,
        "cache_creation_1h_input_tokens": 0,
        "cache_creation_input_tokens": written,
        "output_tokens": output,
        "web_search_requests": 0,
    }


def usage(
    when,
    uncached=0,
    cached=0,
    written=0,
    output=0,
    width="1h",
    model=MODELS[0],
    workspace=WORKSPACES[0],
    group_by=USAGE_GRAIN,
    revision=0,
    organization=ORGANIZATION,
    namespace="default",
    key=None,
    tier="standard",
    total=None,
):
    """One row of usage. A dimension that is not in group_by is absent."""
    body = {
        "bucket_start_time": stamp(when),
        "bucket_end_time": stamp(when + WIDTHS[width]),
        "bucket_width": width,
        "revision": revision,
        "group_by": sorted(group_by),
        **counters(uncached, cached, written, output),
    }
    if total is not None:
        body["total"] = counters(**total)
    values = {"model": model, "workspace_id": workspace, "api_key_id": key, "service_tier": tier, "inference_geo": "global"}
    body.update({name: values[name] for name in group_by if values.get(name)})
    return document("usage", when, body, organization, namespace)


def cost(
    day,
    cents,
    currency="USD",
    model=MODELS[0],
    workspace=WORKSPACES[0],
    group_by=COST_GRAIN,
    revision=0,
    total=None,
    organization=ORGANIZATION,
    namespace="default",
    token_type="output_tokens",
):
    """One row of a day's bill, in cents."""
    body = {
        "bucket_start_time": stamp(day),
        "bucket_end_time": stamp(day + WIDTHS["1d"]),
        "amount": cents,
        "amount_exact": repr(cents),
        "currency": currency,
        "revision": revision,
        "group_by": sorted(group_by),
    }
    if total is not None:
        body["total_exact"] = repr(total)
    if "description" in group_by:
        body.update(
            description=f"{model} {token_type}",
            model=model,
            token_type=token_type,
            cost_type="tokens",
            service_tier="standard",
            context_window="0-200k",
            inference_geo="global",
        )
    if "workspace_id" in group_by:
        body["workspace_id"] = workspace
    return document("cost", day, body, organization, namespace)


def limit(
    when,
    group="rlg_01InventedGroup0000000001",
    models=MODELS,
    requests=4000,
    aware=2_000_000,
    plain=None,
    output=400_000,
    name="Claude 5",
    kind="model_group",
    organization=ORGANIZATION,
    others=(),
):
    """The limits of one group at one poll."""
    named = {
        "requests_per_minute": requests,
        "input_tokens_per_minute": plain,
        "input_tokens_per_minute_cache_aware": aware,
        "output_tokens_per_minute": output,
    }
    named = {limiter: value for limiter, value in named.items() if value is not None}
    body = {
        "type": "rate_limit",
        "group_type": kind,
        **named,
        "limits": [{"type": t, "value": v} for t, v in [*named.items(), *others]],
    }
    if group:
        body["group_id"] = group
    if name:
        body["group_name"] = name
    if models:
        body["models"] = sorted(models)
    return document("rate_limit", when, body, organization)


def health(
    when,
    stream="usage",
    lag=3900,
    credential="accepted",
    status="healthy",
    gaps=0,
    organization=ORGANIZATION,
    code=None,
    http_status=None,
):
    """How one stream went in one minute."""
    body = {
        name: 0
        for name in (
            "pages",
            "requests",
            "retries",
            "throttled_requests",
            "received_bytes",
            "documents",
            "corrections",
            "correction_tokens",
            "outbox_documents",
            "outbox_bytes",
            "rows_set_aside",
        )
    }
    body.update(stream=stream, status=status, credential=credential, gaps=gaps, polls=1)
    if lag is not None:
        body.update(lag_seconds=lag, newest_bucket_end_time=stamp(when - datetime.timedelta(seconds=lag)))
    if code:
        body["error_code"] = code
    if http_status:
        body["error_http_status"] = http_status
    return document("health", when, body, organization)


def audit(when, stream="usage", differences=0, repaired=0, checked=None, exact=True, organization=ORGANIZATION):
    """What the host found when it compared the store with the API. exact: whether, or up to when, sums are equal."""
    checked = checked or when.replace(minute=0, second=0)
    body = {"stream": stream, "checked_to": stamp(checked), "differences": differences, "repaired": repaired}
    if exact:
        body["last_exact_to"] = stamp(checked if exact is True else exact)
    return document("health", when, {"audit": body}, organization)


class World:
    """An organization at work until a time. Everything follows from the seed."""

    def __init__(self, seed, until, days=20, workspaces=WORKSPACES, models=MODELS, organization=ORGANIZATION):
        self.seed, self.until, self.days = seed, until, days
        self.workspaces, self.models, self.organization = workspaces, models, organization
        self.begin = until - datetime.timedelta(days=days)

    def chance(self, *key):
        """A random source of its own for each row, so that leaving one out changes no other."""
        return random.Random(repr((self.seed, self.organization, *key)))

    def level(self, when, workspace, model):
        """Tokens of an hour of work, without its kinds: busy by day, quiet at night and at the weekend."""
        chance = self.chance("level", workspace, model)
        base = chance.uniform(0.8, 1.2) * 400_000 / (1 + self.models.index(model) + 2 * self.workspaces.index(workspace))
        by_day = 0.3 + max(0.0, math.sin((when.hour - 6) / 24 * 2 * math.pi)) * 0.9
        by_week = 1.0 if when.weekday() < 5 else 0.6
        return base * by_day * by_week * self.chance("noise", when, workspace, model).uniform(0.9, 1.1)

    def rows(self, width="1h", change=None, hit_rate=0.6, settle=datetime.timedelta(minutes=5)):
        """(start, workspace, model, measures) of every row of usage; change(start, workspace, model) is a factor."""
        step = WIDTHS[width]
        for when in slots(self.begin, self.until - settle, width):
            for workspace in self.workspaces:
                for model in self.models:
                    amount = self.level(when, workspace, model) * (step / WIDTHS["1h"])
                    amount *= change(when, workspace, model) if change else 1
                    rate = hit_rate(when, workspace, model) if callable(hit_rate) else hit_rate
                    measures = {
                        "cached": amount * 0.9 * rate,
                        "written": amount * 0.9 * (1 - rate) / 4,
                        "uncached": amount * 0.9 * (1 - rate) * 3 / 4,
                        "output": amount * 0.1,
                    }
                    measures = {name: int(value) for name, value in measures.items()}
                    if any(measures.values()):
                        yield when, workspace, model, measures

    def usage(self, width="1h", change=None, hit_rate=0.6, corrected=0.05, **more):
        out = []
        for when, workspace, model, measures in self.rows(width, change, hit_rate):
            shared = dict(width=width, model=model, workspace=workspace, organization=self.organization, **more)
            chance = self.chance("late", when, workspace, model)
            if chance.random() < corrected:
                first = {name: int(value * chance.uniform(0.5, 1.3)) for name, value in measures.items()}
                out.append(usage(when, **first, **shared))
                difference = {name: measures[name] - first[name] for name in measures}
                out.append(usage(when, **difference, revision=1, total=measures, **shared))
            else:
                out.append(usage(when, **measures, **shared))
        return out

    def billed(self, settle=datetime.timedelta(hours=1)):
        return slots(self.begin, self.until - settle, "1d")

    def cost(self, cents=4000.0, change=None, restated=0.1, currency="USD", **more):
        """Each day's bill: about `cents` per workspace, less at the weekend; some days are restated once."""
        out = []
        for day in self.billed():
            for number, workspace in enumerate(self.workspaces):
                chance = self.chance("cost", day, workspace, currency)
                amount = cents / (number + 1) * (1.0 if day.weekday() < 5 else 0.7) * chance.uniform(0.9, 1.1)
                amount = round(amount * (change(day, workspace) if change else 1), 4)
                if not amount:
                    continue
                shared = dict(currency=currency, workspace=workspace, organization=self.organization, **more)
                parts = [("output_tokens", round(amount * 0.7, 4))]
                parts.append(("uncached_input_tokens", round(amount - parts[0][1], 4)))
                for token_type, part in parts:
                    if chance.random() < restated:
                        first = round(part * chance.uniform(0.6, 1.2), 4)
                        out.append(cost(day, first, token_type=token_type, **shared))
                        out.append(
                            cost(day, round(part - first, 4), token_type=token_type, revision=1, total=part, **shared)
                        )
                    else:
                        out.append(cost(day, part, token_type=token_type, **shared))
        return out

    def polls(self, minutes, hours=None):
        moment = self.until.replace(minute=0, second=0) - datetime.timedelta(hours=hours or self.days * 24)
        while moment <= self.until:
            yield moment
            moment += datetime.timedelta(minutes=minutes)

    def limits(self, hours=24, change=None, **more):
        """Polls of one group; change(time) gives values that differ then."""
        return [
            limit(when, organization=self.organization, **{**more, **(change(when) if change else {})})
            for when in self.polls(15, hours)
        ]

    def health(self, hours=24, streams=("usage", "cost", "rate_limit"), change=None):
        """One document per stream and five minutes; change(time, stream) gives values that differ, or None for silence."""
        lags = {"usage": 3900, "cost": 40_000, "rate_limit": None}
        out = []
        for when in self.polls(5, hours):
            for stream in streams:
                values = change(when, stream) if change else {}
                if values is not None:
                    out.append(health(when, stream, organization=self.organization, **{"lag": lags[stream], **values}))
        return out
