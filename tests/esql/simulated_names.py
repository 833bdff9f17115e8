# SPDX-License-Identifier: Apache-2.0
"""Documents of the streams that name things and of the analytics reports, as the collector would have emitted them: API keys,
workspaces and budgets in their states, cost and usage by key."""

from simulated import ORGANIZATION, WIDTHS, counters, document, stamp

KEY, OTHER_KEY = "apikey_01InventedFirst0000001", "apikey_01InventedSecond000002"
NAMES = {KEY: "checkout", OTHER_KEY: "nightly|batch #2"}  # what people write may hold our separators
DEFAULT_ID = "wrkspc_01InventedDefault00000009"
ANALYTICS_GRAIN = ("api_key_id", "model", "product", "workspace_id")


def named(made, key=None, workspace_name=None):
    """The document with the names that the collector knew; outside of its own part."""
    for kind, name in (("api_key", NAMES.get(key)), ("workspace", workspace_name)):
        if name:
            made["anthropic"].setdefault(kind, {})["name"] = name
    return made


def api_key(when, created, expires=None, key=KEY, status="active", organization=ORGANIZATION):
    """One state of a key."""
    body = {"id": key, "name": NAMES.get(key, key), "status": status, "created_at": stamp(created), "created_by_id": "user_01InventedMaker00000001",
            "created_by_type": "user", "scope": "workspace", "workspace_id": "wrkspc_01InventedAlpha0000000001"}
    if expires:
        body["expires_at"] = stamp(expires)
    return document("api_key", when, body, organization)


def workspace(when, place=DEFAULT_ID, name="Default", is_default=True, organization=ORGANIZATION):
    return document("workspace", when, {"id": place, "name": name, "state": "live", "is_default": is_default, "created_at": stamp(when)}, organization)


def spend_limit(when, cents, scope="organization", place=None, period="monthly", currency="USD", enabled=True, number=1,
                organization=ORGANIZATION):
    """One state of a budget; without cents there is no cap."""
    body = {"id": f"spl_01Invented{number:08d}", "scope": scope, "currency": currency, "period": period, "enabled": enabled,
            "created_at": stamp(when), "updated_at": stamp(when)}
    body.update({name: value for name, value in (("amount", cents), ("workspace_id", place)) if value is not None})
    return document("spend_limit", when, body, organization)


def analytics_cost(day, cents, key=KEY, currency="USD", group_by=ANALYTICS_GRAIN, revision=0, organization=ORGANIZATION, namespace="default"):
    """A row of a day's cost, in cents."""
    body = {"bucket_start_time": stamp(day), "bucket_end_time": stamp(day + WIDTHS["1d"]), "bucket_width": "1d", "amount": cents,
            "amount_exact": repr(cents), "list_amount": cents * 2, "list_amount_exact": repr(cents * 2), "currency": currency,
            "revision": revision, "group_by": sorted(group_by), "model": "claude-opus-5"}
    if "api_key_id" in group_by and key:
        body["api_key_id"] = key
    return named(document("analytics_cost", day, body, organization, namespace), key)


def analytics_usage(when, requests=10, key=KEY, width="1h", workspace_id="wrkspc_01InventedAlpha0000000001", model="claude-opus-5",
                    group_by=ANALYTICS_GRAIN, tier=None, revision=0, organization=ORGANIZATION, namespace="default"):
    """A row of usage with its requests."""
    body = {"bucket_start_time": stamp(when), "bucket_end_time": stamp(when + WIDTHS[width]), "bucket_width": width, "revision": revision,
            "group_by": sorted(group_by), "requests": requests, "total_tokens": requests * 1000, **counters(uncached=requests * 900, output=requests * 100)}
    values = {"api_key_id": key, "model": model, "workspace_id": workspace_id, "service_tier": tier}
    body.update({name: value for name, value in values.items() if value})
    return named(document("analytics_usage", when, body, organization, namespace), key)
