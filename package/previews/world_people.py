# SPDX-License-Identifier: Apache-2.0
"""People of the invented organization as the opt-in streams tell of them, where somebody switched them on and keeps their
addresses (personal_data: full)."""

from world import DAY, NOW, PEOPLE, WEEKLY, chance, document, text

ADDRESSES = dict(zip(PEOPLE, ("ann@example.org", "ben@example.org", "cleo@example.org", "dan@example.org")))
TERMINALS = {PEOPLE[0]: ("vscode", 6), PEOPLE[1]: ("iTerm.app", 9), PEOPLE[2]: ("tmux", 4), PEOPLE[3]: ("vscode", 2)}  # sessions a day
MODELS = (("claude-opus-5", 0.3, 14.0), ("claude-sonnet-5", 0.6, 6.0), ("claude-haiku-4-5", 0.1, 1.2))  # share, cents a session
PRODUCTS = {"chat": ("message_count", "distinct_conversation_count"), "cowork": ("message_count",), "claude_code": ("distinct_session_count",)}
ROLES = ("admin", "developer", "developer", "billing")


def days(now, count):
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return [today - n * DAY for n in range(count, 0, -1)]


def _bucket(day):
    return {"bucket_start_time": text(day), "bucket_end_time": text(day + DAY), "bucket_width": "1d", "group_by": [], "revision": 0}


def claude_code(now=NOW, count=30):
    for day in days(now, count):
        for who, (terminal, usual) in TERMINALS.items():
            random = chance("claude_code", day, who)
            sessions = int(usual * WEEKLY[day.weekday()] / 100 * random.uniform(0.5, 1.5))
            if not sessions:
                continue
            accepted = sessions * random.randint(4, 14)
            shared = {**_bucket(day), "actor_type": "user_actor", "actor": ADDRESSES[who], "customer_type": "api", "terminal_type": terminal,
                      "is_remote": False}
            yield document("claude_code", day, {
                **shared, "kind": "activity", "sessions": sessions, "lines_added": sessions * random.randint(40, 160),
                "lines_removed": sessions * random.randint(10, 60), "commits": sessions // 2, "pull_requests": sessions // 4,
                "tools_accepted": accepted, "tools_rejected": int(accepted * random.uniform(0.05, 0.3))})
            for model, share, cents in MODELS:
                part = sessions * share
                yield document("claude_code", day, {
                    **shared, "kind": "model", "model": model, "input_tokens": int(part * 9_000), "output_tokens": int(part * 21_000),
                    "cached_input_tokens": int(part * 1_900_000), "cache_creation_input_tokens": int(part * 120_000), "currency": "USD",
                    "estimated_amount": round(part * cents * 10, 2), "estimated_amount_exact": f"{part * cents * 10:.2f}"})


def activity(now=NOW, count=30):
    for day in days(now, count):
        for who in PEOPLE:
            for product, metrics in PRODUCTS.items():
                random = chance("activity", day, who, product)
                if random.random() < WEEKLY[day.weekday()] / 100 * (0.9 if product == "chat" else 0.5):
                    for metric in metrics:
                        yield document("analytics_user", day, {**_bucket(day), "user_id": who, "user_email": ADDRESSES[who], "product": product,
                                                               "metric": metric, "value": random.randint(1, 40)})


def summaries(now=NOW, count=30):
    """Of each day twice: what was first said, and the whole values that the service made of it later."""
    for number, day in enumerate(days(now, count)):
        for revision in (0, 1):
            daily = (31 if WEEKLY[day.weekday()] > 50 else 9) + number // 6 + revision
            weekly, monthly, seats = 44 + number // 5, 52 + number // 4, 60 if number < 12 else 75
            yield document("analytics_summary", day, {
                **_bucket(day), "revision": revision, "daily_active_users": daily, "weekly_active_users": weekly, "monthly_active_users": monthly,
                "assigned_seats": seats, "pending_invites": 3, "daily_adoption_rate": round(100 * daily / seats, 1),
                "weekly_adoption_rate": round(100 * weekly / seats, 1), "monthly_adoption_rate": round(100 * monthly / seats, 1)})


def members(now=NOW, count=3):
    for day in days(now, count):
        for who, role in zip(PEOPLE, ROLES):
            yield document("user", day + DAY / 4, {"id": who, "email": ADDRESSES[who], "name": ADDRESSES[who].partition("@")[0].title(), "role": role,
                                                   "state": "live", "added_at": text(now - 200 * DAY)}, "iam")
        yield document("service_account", day + DAY / 4, {"id": "svac_01InventedDeploy0000001", "name": "deploy", "role": "developer", "state": "live",
                                                          "created_at": text(now - 80 * DAY)}, "iam")


def everything(now=NOW):
    return [*claude_code(now), *activity(now), *summaries(now), *members(now)]
