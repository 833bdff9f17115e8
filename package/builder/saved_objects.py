# SPDX-License-Identifier: Apache-2.0
"""Kibana keeps parts of a saved object as JSON inside of strings. The source form of the package shows them
as what they are; the built form has the strings."""

import json

from validate.kibana import NESTED


def _compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def _encode(holder):
    attributes = holder.get("attributes")
    if not isinstance(attributes, dict):
        return
    panels = attributes.get("panelsJSON")
    for panel in panels if isinstance(panels, list) else []:
        if isinstance(panel.get("embeddableConfig"), dict):
            _encode(panel["embeddableConfig"])
    for *folders, name in NESTED:
        place = attributes
        for folder in folders:
            place = place.get(folder) if isinstance(place, dict) else None
        if isinstance(place, dict) and name in place and not isinstance(place[name], str):
            place[name] = _compact(place[name])


def encoded(content):
    """The bytes of a saved object's file with its nested JSON as strings."""
    saved = json.loads(content)
    _encode(saved)
    return (json.dumps(saved, indent=4, ensure_ascii=False, sort_keys=True) + "\n").encode("utf-8")
