# SPDX-License-Identifier: Apache-2.0
"""What is where in a dashboard: panels, Lens states, layers, controls. Nothing here judges."""

from .kibana import attribute, objects
from .package import entries

CONTROLS = {"options_list_control", "esql_control", "range_slider_control", "time_slider_control"}


def panels(saved):
    return entries(attribute(saved, "panelsJSON"))


def config(panel):
    found = panel.get("embeddableConfig")
    return found if isinstance(found, dict) else {}


def lens(panel):
    found = config(panel).get("attributes")
    return found if isinstance(found, dict) else {}


def lens_state(panel):
    state = lens(panel).get("state")
    return state if isinstance(state, dict) else {}


def name(panel):
    title = panel.get("title") or config(panel).get("title") or lens(panel).get("title")
    return f"panel '{title}'" if title else f"panel {panel.get('panelIndex')}"


def pinned(saved):
    """{id: control} of the bar above the dashboard."""
    found = (saved.get("attributes") or {}).get("pinned_panels")
    found = found.get("panels") if isinstance(found, dict) else None
    return {key: item for key, item in found.items() if isinstance(item, dict)} if isinstance(found, dict) else {}


def controls(saved):
    """(id, kind, settings) of every control, pinned or placed among the panels."""
    for key, item in pinned(saved).items():
        yield key, item.get("type"), item.get("config") or {}
    for panel in panels(saved):
        if panel.get("type") in CONTROLS:
            yield str(panel.get("panelIndex")), panel["type"], config(panel)


def dashboards(package):
    yield from objects(package, "dashboard")


def each(package):
    for path, saved in dashboards(package):
        for panel in panels(saved):
            yield path, saved, panel


def layers(panel, source):
    """(layer id, layer) of a Lens panel's data source, formBased or textBased."""
    found = ((lens_state(panel).get("datasourceStates") or {}).get(source) or {}).get("layers") or {}
    return [(key, layer) for key, layer in found.items() if isinstance(layer, dict)] if isinstance(found, dict) else []
