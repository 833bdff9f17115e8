# SPDX-License-Identifier: Apache-2.0
"""Names of the invented organization: its workspaces, API keys and people, and the budgets that it set itself."""

from world import ALPHA, BRAVO, CHARLY, DAY, DEFAULT_ID, HOUR, KEY_NAMES, NOW, PEOPLE, WORKSPACE_NAMES, document, text

CREATED = {ALPHA: 250, BRAVO: 190, CHARLY: 140, DEFAULT_ID: 300}  # days ago
# Whole minor units by scope, workspace and period.
BUDGETS = (("organization", None, "monthly", 3_500_000), ("usage_tier", None, "monthly", 5_000_000), ("workspace", ALPHA, "monthly", 2_000_000),
           ("workspace", BRAVO, "monthly", 1_000_000), ("workspace", CHARLY, "weekly", 45_000), ("workspace", DEFAULT_ID, "daily", 5_000),
           ("user", None, "monthly", 50_000))


def _days(now, count):
    """The polls at which an entity is told again: once a day."""
    return [(now - n * DAY).replace(hour=6, minute=0, second=0, microsecond=0) for n in range(count)]


def entities(now=NOW, days=3):
    for moment in _days(now, days):
        yield from (document("workspace", moment, _workspace(place, name, now), "configuration") for place, name in WORKSPACE_NAMES.items()
                    if place != "Default")
        yield from (document("api_key", moment, _key(number, key, now), "configuration") for number, key in enumerate(KEY_NAMES))


def _workspace(place, name, now):
    return {"id": place, "name": name, "state": "live", "created_at": text(now - CREATED[place] * DAY), "is_default": place == DEFAULT_ID,
            "tags": [f"team:{name.split()[0].lower()}"]}


def _key(number, key, now):
    return {"id": key, "name": KEY_NAMES[key], "status": "active", "created_at": text(now - (120 - number) * DAY), "created_by_id": PEOPLE[number % 4],
            "created_by_type": "user", "scope": "workspace", "workspace_id": (ALPHA, BRAVO, CHARLY)[number // 2 % 3]}


def budgets(now=NOW, days=3):
    for moment in _days(now, days):
        for number, (scope, place, period, amount) in enumerate(BUDGETS):
            yield document("spend_limit", moment, {
                "id": f"spl_01Invented{number:010d}", "scope": scope, "workspace_id": place, "user_id": PEOPLE[0] if scope == "user" else None,
                "amount": amount, "currency": "USD", "period": period, "enabled": True, "created_at": text(now - 90 * DAY),
                "updated_at": text(now - 90 * DAY)}, "configuration")


def workspace_limits(groups, now=NOW, days=2):
    """What is in force in each workspace, hourly; Research has a limit of its own."""
    moment = (now - days * DAY).replace(minute=2, second=0, microsecond=0)
    while moment <= now:
        for place in (ALPHA, BRAVO, CHARLY):
            for number, (name, kind, models, values) in enumerate(groups):
                own = {limiter: value * 2 // 5 for limiter, value in values.items()} if (place, number) == (BRAVO, 0) else {}
                effective = {**values, **own}
                yield document("rate_limit", moment, {
                    "group_id": f"rlg_01InventedGroup{number:010d}", "group_name": name, "group_type": kind, "models": models, "scope": "workspace",
                    "workspace_id": place, "type": "workspace_rate_limit", **effective,
                    "limits": [{"type": t, "value": v, "effective": v, "organization_value": values[t],
                                "source": "workspace" if t in own else "organization"} for t, v in effective.items()]}, "configuration")
        moment += HOUR

