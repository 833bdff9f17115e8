# SPDX-License-Identifier: Apache-2.0
"""Usage and cost of the invented organization: five weeks of hours, then minutes for the newest day, with corrections.

The change from hours to minutes is what a user does who wants to see the peak minute; the grains do not overlap.
"""

import collections
import functools

from world import DAY, HOUR, MEASURES, MINUTE, NOW, USERS, activity, chance, document, price, text

DAYS, BY_MINUTE = 36, 27 * HOUR
SPLIT = ["api_key_id", "context_window", "inference_geo", "model", "service_tier", "speed", "workspace_id"]
SETTLE = {"usage": 5 * MINUTE, "cost": HOUR}
TOKEN_TYPES = {"uncached_input_tokens": "uncached_input_tokens", "cached_input_tokens": "cache_read_input_tokens",
               "cache_creation_5m_input_tokens": "cache_creation.ephemeral_5m_input_tokens",
               "cache_creation_1h_input_tokens": "cache_creation.ephemeral_1h_input_tokens", "output_tokens": "output_tokens"}
NAMES = {"claude-opus-5": "Claude Opus 5", "claude-sonnet-5": "Claude Sonnet 5", "claude-haiku-4-5": "Claude Haiku 4.5"}
ITEMS = {"uncached_input_tokens": "Input Tokens", "cached_input_tokens": "Input Tokens, Cache Hit",
         "cache_creation_5m_input_tokens": "Input Tokens, Cache Write 5m",
         "cache_creation_1h_input_tokens": "Input Tokens, Cache Write 1h", "output_tokens": "Output Tokens"}


@functools.lru_cache(maxsize=None)
def bursts(user, hour):
    """The share of the hour that each of its minutes has."""
    random = chance(user, hour, "bursts")
    weights = [min(random.paretovariate(2.2), 4) for _ in range(60)]
    return [weight / sum(weights) for weight in weights]


def used(user, start, width):
    """Measures of one bucket, whole numbers."""
    hour = start.replace(minute=0)
    share = activity(user, hour) * (bursts(user, hour)[start.minute] if width == MINUTE else 1)
    luck = chance(user, start).random() if user.tokens[-1] else 0  # a search is a whole one, also in a minute with a tenth of one
    return {name: int(busy * share + (luck if name == MEASURES[-1] else 0)) for name, busy in zip(MEASURES, user.tokens)}


@functools.lru_cache(maxsize=None)
def buckets(now, days=DAYS, by_minute=BY_MINUTE):
    """(user, start, width, measures) of all closed buckets: hours, and minutes since the time by_minute ago."""
    return tuple(_buckets(now, days, by_minute))


def _buckets(now, days, by_minute):
    change = (now - by_minute).replace(minute=0, second=0, microsecond=0)
    start = (now - days * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    while start + HOUR <= change:
        yield from ((user, start, HOUR, used(user, start, HOUR)) for user in USERS)
        start += HOUR
    while start + MINUTE + SETTLE["usage"] <= now:
        yield from ((user, start, MINUTE, used(user, start, MINUTE)) for user in USERS)
        start += MINUTE


def usage_document(user, start, width, measures, revision=0, total=None):
    fields = {
        "bucket_start_time": text(start), "bucket_end_time": text(start + width), "bucket_width": "1h" if width == HOUR else "1m",
        "group_by": SPLIT, "revision": revision, "model": user.model, "workspace_id": user.workspace, "service_tier": user.tier,
        "inference_geo": user.geo, "context_window": user.window, "speed": user.speed, "api_key_id": user.key,
        "api_key_source": None if user.key else "console", "total": total, **with_sum(measures),
    }
    return document("usage", start, fields)


def with_sum(measures):
    return dict(measures, cache_creation_input_tokens=measures["cache_creation_5m_input_tokens"]
                + measures["cache_creation_1h_input_tokens"])


def usage(now=NOW, days=DAYS, by_minute=BY_MINUTE):
    """Documents; some rows first come short and are corrected, as late data makes them."""
    for user, start, width, measures in buckets(now, days, by_minute):
        if not any(measures.values()):
            continue
        late = chance("late", user, start).random() < 0.02
        first = {name: value * 9 // 10 for name, value in measures.items()} if late else measures
        yield usage_document(user, start, width, first)
        if late:
            difference = {name: value - first[name] for name, value in measures.items()}
            yield usage_document(user, start, width, difference, 1, with_sum(measures))


def charged(now=NOW, days=DAYS, by_minute=BY_MINUTE):
    """{(day, user, measure): cents} of every billed day, web searches included."""
    out = collections.Counter()
    end = (now - SETTLE["cost"]).replace(hour=0, minute=0, second=0, microsecond=0)
    for user, start, _, measures in buckets(now, days, by_minute):
        if start >= end:
            continue
        day = start.replace(hour=0, minute=0)
        for name, value in measures.items():
            cents = value * 1.0 if name == "web_search_requests" else value * (price(user, name) or 0)
            if cents:
                out[day, user, name] += cents
    return out


def cost(now=NOW, days=DAYS, by_minute=BY_MINUTE):
    rows = collections.Counter()
    for (day, user, name), cents in charged(now, days, by_minute).items():
        rows[day, user.workspace, user.model, user.tier, user.geo, user.window, name] += cents
    for (day, workspace, model, tier, geo, window, name), cents in sorted(rows.items(), key=str):
        searches = name == "web_search_requests"
        fields = {
            "cost_type": "web_search" if searches else "tokens", "description": "Web Search Usage" if searches else
            f"{NAMES[model]} Usage - {ITEMS[name]}", "token_type": TOKEN_TYPES.get(name),
            "workspace_id": workspace, "model": None if searches else model, "service_tier": None if searches else tier,
            "inference_geo": None if searches else geo, "context_window": None if searches else window,
        }
        if chance("restated", day, workspace, model, name).random() < 0.03:
            yield cost_document(day, cents * 0.97, fields)
            yield cost_document(day, cents - round(cents * 0.97, 6), dict(fields, total_exact=f"{cents:.6f}"), 1)
        else:
            yield cost_document(day, cents, fields)
    for day in sorted({row[0] for row in rows}):
        fields = {"cost_type": "code_execution", "description": "Code Execution Usage", "workspace_id": USERS[0].workspace}
        yield cost_document(day, round(chance("code", day).uniform(180, 520), 2), fields)


def cost_document(day, cents, fields, revision=0, currency="USD"):
    amount = round(cents, 6)
    return document("cost", day, {
        "amount": float(amount), "amount_exact": f"{amount:f}", "currency": currency, "revision": revision,
        "bucket_start_time": text(day), "bucket_end_time": text(day + DAY), "group_by": ["description", "workspace_id"], **fields})
