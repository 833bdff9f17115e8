# SPDX-License-Identifier: Apache-2.0
"""What the rules with arithmetic have to say, worked out from the documents in plain Python, without ES|QL.

Each oracle gives the alerts as {identity: figure}: the names that tell alerts apart, and the number that
decided. The thresholds are those of package/kibana/alerts.
"""

import collections
import datetime
import statistics

from simulated import at

DAY, HOUR = datetime.timedelta(days=1), datetime.timedelta(hours=1)


def time_of(document):
    return at(document["@timestamp"].rstrip("Z"))


def added(documents, stream, now, window, key, measure):
    """{key: sum} of a stream within the window; of several grains of one key the greatest sum, as each is the whole."""
    sums = collections.defaultdict(lambda: collections.defaultdict(float))
    for document in documents:
        row = document["anthropic"].get(stream)
        if row is None or not now - window < time_of(document) <= now:
            continue
        grain = (document["data_stream"]["namespace"], row.get("bucket_width"), tuple(row["group_by"]))
        identity = key(document, row)
        if identity is not None:
            sums[identity][grain] += measure(row)
    return {identity: max(grains.values()) for identity, grains in sums.items()}


def midnight(moment):
    return moment.replace(hour=0, minute=0, second=0)


def month(moment):
    return midnight(moment).replace(day=1)


def next_month(moment):
    return month(month(moment) + DAY * 32)


def zero_filled_median(found, count):
    return statistics.median(list(found) + [0.0] * (count - len(found)))


def daily_cost(documents, now, window, by_workspace=False):
    def key(document, row):
        place = (document["organization"]["id"], row["currency"])
        return (
            *place[:1],
            *((row.get("workspace_id", "not split by workspace"),) if by_workspace else ()),
            place[1],
            midnight(time_of(document)),
        )

    return added(documents, "cost", now, window, key, lambda row: row["amount"])


def monthly_budget(documents, now):
    sums = collections.Counter()
    for (organization, currency, day), cents in daily_cost(documents, now, DAY * 35).items():
        if month(day) == month(now) or (now.day <= 3 and month(day) == month(month(now) - DAY)):
            sums[organization, currency, day.strftime("%Y-%m")] += cents
    return {identity: cents for identity, cents in sums.items() if round(cents, 6) >= 100_000}


def projected_overspend(documents, now):
    days = {key: cents for key, cents in daily_cost(documents, now, DAY * 35).items() if key[2] < midnight(now)}
    out = {}
    for organization in {key[0] for key in days}:
        mine = {key[1:]: cents for key, cents in days.items() if key[0] == organization}
        newest, oldest = max(day for _, day in mine), min(day for _, day in mine)
        known = min(7, (newest - oldest).days + 1)
        if (now - newest).days > 3 or known < 3:
            continue
        for currency in {currency for currency, _ in mine}:
            of = {day: cents for (c, day), cents in mine.items() if c == currency}
            billed = sum(cents for day, cents in of.items() if day >= month(now))
            rate = sum(cents for day, cents in of.items() if (newest - day).days < known) / known
            left = (next_month(now) - max(newest + DAY, month(now))).days
            if round(billed + rate * left, 4) >= 100_000:
                out[organization, currency] = round(billed + rate * left, 4)
    return out


def daily_cost_baseline(documents, now):
    days = {key: c for key, c in daily_cost(documents, now, DAY * 20, by_workspace=True).items() if key[3] < midnight(now)}
    out = {}
    for organization in {key[0] for key in days}:
        newest = max(key[3] for key in days if key[0] == organization)
        if (now - newest).days > 3:
            continue
        for workspace, currency in {key[1:3] for key in days if key[0] == organization}:
            of = {(newest - key[3]).days: c for key, c in days.items() if key[:3] == (organization, workspace, currency)}
            known = min(14, max(of))
            if known < 7 or 0 not in of:
                continue
            baseline = zero_filled_median([c for ago, c in of.items() if 1 <= ago <= 14], known)
            if round(of[0], 6) >= round(2 * baseline, 6) and round(of[0] - baseline, 6) >= 2000:
                out[organization, workspace, currency] = round(baseline, 4)
    return out


def all_tokens(row):
    return sum(
        row[name]
        for name in ("uncached_input_tokens", "cached_input_tokens", "cache_creation_input_tokens", "output_tokens")
    )


def hour_of(document):
    return time_of(document).replace(minute=0)


def token_surge(documents, now):
    out = {}
    for kind, field in (("model", "model"), ("workspace", "workspace_id")):

        def key(document, row, kind=kind, field=field):
            if row["bucket_width"] == "1d":
                return None
            return document["organization"]["id"], f"{kind} {row.get(field, '(not split)')}", hour_of(document)

        hours = added(documents, "usage", now, DAY * 16, key, all_tokens)
        for scope in {k[:2] for k in hours}:
            of = {k[2]: tokens for k, tokens in hours.items() if k[:2] == scope}
            newest, oldest = max(of), min(of)
            known = min(14, (newest - oldest).days)
            if (now - newest) // HOUR > 3 or known < 7:
                continue
            same = [of.get(newest - DAY * n, 0) for n in range(1, 15)]
            same = [tokens for tokens in same if tokens]
            baseline = zero_filled_median(sorted(same, reverse=True)[:known], known)
            if of[newest] >= 3 * baseline and of[newest] - baseline >= 1_000_000:
                out[scope] = baseline
    return out


def cache_hit_rate(documents, now):
    def key(document, row):
        return document["organization"]["id"], row.get("model", "(not split)"), hour_of(document)

    cached = added(documents, "usage", now, DAY * 17, key, lambda row: row["cached_input_tokens"])
    whole = added(documents, "usage", now, DAY * 17, key, lambda row: all_tokens(row) - row["output_tokens"])
    out = {}
    for scope in {k[:2] for k in whole}:
        newest = max(k[2] for k in whole if k[:2] == scope)
        if (now - newest) // HOUR > 6:
            continue
        sums = collections.defaultdict(lambda: [0, 0])
        for k in whole:
            ago = (newest - k[2]) // HOUR
            if k[:2] == scope and ago % 24 < 6:
                sums[ago // 24][0] += cached[k]
                sums[ago // 24][1] += whole[k]
        rates = {days: a / b for days, (a, b) in sums.items() if b >= 1_000_000 and days <= 14}
        before = [rate for days, rate in rates.items() if days > 0]
        if len(before) >= 5 and 0 in rates and round(statistics.median(before) - rates[0], 6) >= 0.2:
            out[scope] = round(statistics.median(before) - rates[0], 6)
    return out


def headroom(documents, now):
    limits = {}
    for document in documents:
        row = document["anthropic"].get("rate_limit")
        if row and row["group_type"] == "model_group" and now - HOUR * 6 < time_of(document) <= now:
            for model in row.get("models", []):
                key = document["organization"]["id"], model
                if key not in limits or document["@timestamp"] > limits[key][0]:
                    limits[key] = document["@timestamp"], row

    def key(document, row):
        recent = (now - time_of(document)) // datetime.timedelta(minutes=1) <= 180
        taken = recent and row["bucket_width"] != "1d" and row.get("service_tier", "standard") != "batch" and "model" in row
        place = document["organization"]["id"], row.get("model")
        return (*place, row["bucket_width"], document["@timestamp"]) if taken and place in limits else None

    measured = {
        "fresh": lambda row: row["uncached_input_tokens"] + row["cache_creation_input_tokens"],
        "cached": lambda row: row["cached_input_tokens"],
        "output": lambda row: row["output_tokens"],
    }
    sums = {}
    for name, measure in measured.items():
        for k, value in added(documents, "usage", now, HOUR * 6, key, measure).items():
            group = k[0], limits[k[:2]][1].get("group_id"), k[2], k[3]
            sums.setdefault(group, collections.Counter())[name] += value
    newest = {}
    for (organization, _), (when, row) in limits.items():
        place = organization, row.get("group_id")
        newest[place] = max(newest.get(place, ("",)), (when, row), key=lambda pair: pair[0])
    used = collections.defaultdict(float)
    for (organization, group, width, _), measures in sums.items():
        row, minutes = newest[organization, group][1], {"1m": 1, "1h": 60}[width]
        fresh = measures["fresh"]
        aware, plain = row.get("input_tokens_per_minute_cache_aware", 0), row.get("input_tokens_per_minute", 0)
        if aware:
            used[organization, group] = max(used[organization, group], fresh / minutes / aware)
        elif plain:
            used[organization, group] = max(used[organization, group], (fresh + measures["cached"]) / minutes / plain)
        if row.get("output_tokens_per_minute"):
            used[organization, group] = max(
                used[organization, group], measures["output"] / minutes / row["output_tokens_per_minute"]
            )
    return {place: 100 - 100 * share for place, share in used.items() if round(100 - 100 * share, 6) < 20}
