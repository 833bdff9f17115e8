# SPDX-License-Identifier: Apache-2.0
"""What the tests of the dashboards' queries share: a panel's answer, and documents made by hand."""

import answers
import board as boards
import dashboards
import tree
import world
import world_reports
from world import DAY, HOUR, MINUTE, NOW, document, text

BOARDS = tree.named(dashboards.load(tree.ROOT))
PANELS = {(slug, panel["name"]): (board, panel) for slug, board in BOARDS.items() for _, panel in boards.panels(board)}


def rows(slug, name, store, now=NOW, time=None):
    """What the panel answers; `time` stands for another choice in the time picker."""
    board, panel = PANELS[slug, name]
    return answers.answer(board, dict(panel, time=time) if time else panel, store, now).records()


def spend(day, cents, currency="USD", **fields):
    return world_reports.cost_document(day, cents, {"workspace_id": "Default", **fields}, currency=currency)


def midnight(moment):
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def usage(start, width, uncached, cached=0, organization=world.ORGANIZATION, namespace="default", group_by=("model",), **fields):
    name = {MINUTE: "1m", HOUR: "1h", DAY: "1d"}[width]
    measures = dict.fromkeys(world.MEASURES, 0) | {"uncached_input_tokens": uncached, "cached_input_tokens": cached}
    found = document("usage", start, {
        "bucket_start_time": text(start), "bucket_end_time": text(start + width), "bucket_width": name, "group_by": list(group_by),
        "revision": 0, "cache_creation_input_tokens": 0, **measures, **fields}, organization=organization)
    found["data_stream"]["namespace"] = namespace
    return found


def limit(moment, models, organization=world.ORGANIZATION, group="Group", **limits):
    return document("rate_limit", moment, {"group_id": "rlg_1", "group_name": group, "group_type": "model_group", "models": models,
                                           "type": "rate_limit", "limits": [], **limits}, organization=organization)
