# SPDX-License-Identifier: Apache-2.0
"""What the analytics reports say of the invented organization: the same work as its usage and cost, split by key, person and
product, with requests counted and with list prices."""

import collections

import world_reports
from world import DAY, DEFAULT_ID, HOUR, MINUTE, NOW, PEOPLE, chance, document, text

DISCOUNT = 0.92  # of the list price
USAGE_SPLIT = ["api_key_id", "model", "product", "service_tier", "workspace_id"]
COST_SPLIT = ["actor", "api_key_id", "cost_type", "model", "product", "token_type", "workspace_id"]
TOKENS_PER_REQUEST = {"claude-opus-5": 2_600, "claude-sonnet-5": 1_900, "claude-haiku-4-5": 900}


def product(user):
    return "claude_console" if not user.key else "message_batches_api" if user.tier == "batch" else "messages_api"


def person(user):
    """Whoever made the key; ids only, as personal_data: none leaves them."""
    return PEOPLE[sum(map(ord, user.key or user.model)) % len(PEOPLE)]


def place(user):
    """The analytics reports know the default workspace by its id."""
    return DEFAULT_ID if user.workspace == "Default" else user.workspace


def requests(user, start, measures):
    tokens = sum(value for name, value in measures.items() if name != "web_search_requests")
    return int(tokens / TOKENS_PER_REQUEST[user.model] * chance("requests", user, start).uniform(0.8, 1.25))


def usage(now=NOW, days=14, by_minute=world_reports.BY_MINUTE):
    """Hours, then minutes for the newest day."""
    for user, start, width, measures in world_reports.buckets(now, by_minute=by_minute):
        if start < now - days * DAY or not any(measures.values()):
            continue
        fields = world_reports.with_sum(measures)
        tokens = sum(value for name, value in measures.items() if name != "web_search_requests")
        yield document("analytics_usage", start, {
            "bucket_start_time": text(start), "bucket_end_time": text(start + width), "bucket_width": {MINUTE: "1m", HOUR: "1h"}[width],
            "group_by": USAGE_SPLIT, "revision": 0, "model": user.model, "workspace_id": place(user), "service_tier": user.tier,
            "api_key_id": user.key, "product": product(user), "total_tokens": tokens, "requests": requests(user, start, measures), **fields})


def cost(now=NOW, by_minute=world_reports.BY_MINUTE):
    rows = collections.Counter()
    for (day, user, name), cents in world_reports.charged(now, by_minute=by_minute).items():
        rows[day, user, name] += cents
    for (day, user, name), list_cents in sorted(rows.items(), key=str):
        searches = name == "web_search_requests"
        yield cost_document(day, list_cents * DISCOUNT, list_cents, {
            "api_key_id": user.key, "workspace_id": place(user), "actor_type": "user_actor", "actor_id": person(user), "product": product(user),
            "model": None if searches else user.model, "cost_type": "web_search" if searches else "tokens",
            "token_type": world_reports.TOKEN_TYPES.get(name)})


def cost_document(day, cents, list_cents, fields, revision=0, currency="USD"):
    amount, full = round(cents, 6), round(list_cents, 6)
    return document("analytics_cost", day, {
        "amount": float(amount), "amount_exact": f"{amount:f}", "list_amount": float(full), "list_amount_exact": f"{full:f}", "currency": currency,
        "revision": revision, "bucket_start_time": text(day), "bucket_end_time": text(day + DAY), "bucket_width": "1d", "group_by": COST_SPLIT,
        **fields})
