# SPDX-License-Identifier: Apache-2.0
"""Rate limits and health of the invented organization: a limit that was raised, a service that throttled for a while."""

import world_reports
from world import DAY, HOUR, MINUTE, NOW, USERS, chance, document, text

LIMIT_DAYS = 8
# name, kind, models, {limit: value}
GROUPS = (
    ("Claude Opus 5.x", "model_group", ["claude-opus-5", "claude-opus-5-20260801"],
     {"requests_per_minute": 4_000, "input_tokens_per_minute_cache_aware": 120_000, "output_tokens_per_minute": 45_000}),
    ("Claude Sonnet 5.x", "model_group", ["claude-sonnet-5", "claude-sonnet-5-20260601"],
     {"requests_per_minute": 4_000, "input_tokens_per_minute_cache_aware": 500_000, "output_tokens_per_minute": 200_000}),
    ("Claude Haiku 4.x", "model_group", ["claude-haiku-4-5", "claude-haiku-4-5-20251001"],
     {"requests_per_minute": 4_000, "input_tokens_per_minute": 2_500_000, "output_tokens_per_minute": 400_000}),
    ("Claude Sonnet 4.x", "model_group", ["claude-sonnet-4-6", "claude-sonnet-4-5-20250929"],
     {"requests_per_minute": 4_000, "input_tokens_per_minute": 2_000_000, "output_tokens_per_minute": 400_000}),
    ("Batches", "batch", None, {"requests_per_minute": 2_000, "enqueued_batch_requests": 250_000}),
    ("Token counting", "token_count", None, {"requests_per_minute": 4_000}),
    ("Skills", "skills", None, {"requests_per_minute": 600}),
    ("Files", "files", None, {"requests_per_minute": 1_000}),
)
RAISED = {"Claude Sonnet 5.x": (3 * DAY, {"input_tokens_per_minute_cache_aware": 250_000, "output_tokens_per_minute": 100_000})}
STREAMS = {"usage": (5, HOUR), "cost": (60, DAY), "rate_limit": (15, None)}  # minutes between polls, width of the bucket


def limits(now=NOW, days=LIMIT_DAYS):
    moment = (now - days * DAY).replace(minute=0, second=20)
    while moment <= now:
        for number, (name, kind, models, values) in enumerate(GROUPS):
            before, old = RAISED.get(name, (None, {}))
            values = {**values, **old} if before and moment < now - before else values
            fields = {"group_id": f"rlg_01InventedGroup{number:010d}", "group_name": name, "group_type": kind, "models": models,
                      "limits": [{"type": t, "value": v} for t, v in values.items()], "type": "rate_limit", **values}
            yield document("rate_limit", moment, fields, "configuration")
        moment += 15 * MINUTE


def health(now=NOW, hours=26):
    """A report per stream and minute; in one hour the service answers 429."""
    moment = (now - hours * HOUR).replace(second=0)
    outbox = 0
    while moment < now:
        trouble = now - 6 * HOUR <= moment < now - 5 * HOUR - 20 * MINUTE
        outbox = outbox + 140 if trouble else max(0, outbox - 900)
        for stream, (every, width) in STREAMS.items():
            random = chance("health", stream, moment)
            due = int(moment.timestamp() // 60) % every == 0
            yield document("health", moment, _report(stream, moment, width, due, trouble and stream != "cost", outbox, random), "process")
        moment += MINUTE


def audits(now=NOW, days=6):
    """One audit of usage and cost each night: rows that an administrator deleted were found and put back once."""
    for number in range(days, 0, -1):
        moment = (now - number * DAY).replace(hour=2, minute=40, second=0) + DAY
        if moment >= now:
            continue
        for stream, behind in (("usage", HOUR), ("cost", DAY)):
            checked = moment.replace(hour=0, minute=0) if stream == "cost" else moment.replace(minute=0) - behind
            lost = 14 if stream == "usage" and number == 3 else 0
            yield document("health", moment, {"audit": {
                "stream": stream, "checked_to": text(checked), "last_exact_to": text(checked), "differences": lost, "repaired": lost}}, "process")


def _report(stream, moment, width, due, trouble, outbox, random):
    requests = random.randint(1, 3) if due else 0
    refused = random.randint(1, 4) if due and trouble else 0
    corrections = random.choice((0, 0, 0, 2, 5, 9)) if due and width and not trouble else 0
    newest = None
    if width:
        floor = moment.timestamp() // width.total_seconds() * width.total_seconds()
        newest = type(moment).fromtimestamp(floor, moment.tzinfo)
        if stream == "usage" and (trouble or moment - newest < 5 * MINUTE):
            newest -= width
        if stream == "cost" and moment - newest < 90 * MINUTE:
            newest -= width
    return {
        "stream": stream, "status": "degraded" if trouble else "healthy", "credential": "accepted",
        "polls": 1 if due else 0, "pages": 0 if refused else requests, "requests": requests + refused, "retries": refused,
        "throttled_requests": refused, "gaps": 0, "documents": random.randint(20, 160) if due and not trouble else 0,
        "received_bytes": requests * random.randint(9_000, 60_000), "corrections": corrections,
        "correction_tokens": corrections * random.randint(500, 9_000) if stream == "usage" else 0,
        "correction_amount": corrections * 1.25 if stream == "cost" and corrections else None,
        "outbox_documents": outbox, "outbox_bytes": outbox * 900,
        "error_code": "throttled" if trouble else None, "error_http_status": 429 if trouble else None,
        "newest_bucket_end_time": text(newest) if newest else None,
        "lag_seconds": int((moment - newest).total_seconds()) if newest else None,
    }


def incidents(now=NOW):
    """What must not happen: an input that counts hours again, and documents that a pipeline could not read."""
    start = (now - 30 * HOUR).replace(minute=0)
    for hour in range(3):
        at = start + hour * HOUR
        twice = world_reports.usage_document(USERS[4], at, HOUR, world_reports.used(USERS[4], at, HOUR))
        twice["data_stream"]["namespace"] = "copy"
        yield twice
    for minutes, stream, message in (
            (70, "cost", "Processor 'script' with tag 'shape_raw_row' failed with message 'the row has no amount' in pipeline "
             "'metrics-anthropic_metrics.cost-0.1.0'"),
            (42, "usage", "Processor 'json' with tag 'parse_raw_row' failed with message 'unexpected end of input' in pipeline "
             "'metrics-anthropic_metrics.usage-0.1.0'")):
        for number in range(2):
            failed = document(stream, now - minutes * MINUTE + number * MINUTE, {})
            failed["event"]["kind"], failed["error"] = "pipeline_error", {"message": message}
            yield failed
