# SPDX-License-Identifier: Apache-2.0
"""The package's manifest: its closed shape, and what has to agree within it and with the files beside it."""

import re

from .finding import Finding
from .package import entries
from .shape import anything, flag, items, mapping, record, text, whole
from .variables import VARIABLES

VERSION = r"^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z-]+)?$"
FORMATS = {"3.6.0", "3.6.1", "3.6.2", "3.6.3", "3.6.4", "3.6.5", "3.6.6"}
# Of the format's categories those that can be said of a package about usage and spend.
CATEGORIES = {"observability", "monitoring", "cloud", "application_observability", "custom", "productivity"}
PICTURE = {"src": text(r"^/"), "title": text(), "size": text(r"^[0-9]+x[0-9]+$"),
           "type": text(r"^image/(svg\+xml|png|jpeg|gif)$")}
ICONS = items(record(["src"], dark_mode=flag, **PICTURE))
SCREENSHOTS = items(record(["src", "title"], **PICTURE))
MODES = {"default", "agentless"}
DEPLOYMENT = record(
    default=mapping(flag, "^enabled$"),
    agentless=record(enabled=flag, is_default=flag, organization=text(), division=text(), team=text(),
                     release=text(choices={"beta", "ga"}), resources=record(requests=record(memory=text(), cpu=text()))))
GROUPS = items(record(
    ["name", "title", "selector_title", "options"], name=text("^[a-z][a-z0-9_]*$"), title=text(), selector_title=text(),
    description=text(), required=flag, show_divider=flag, options=items(anything, least=1)))
SECTIONS = items(record(["name", "title"], name=text("^[a-z][a-z0-9_]*$"), title=text(), description=text()))
INPUT = record(
    ["type", "title", "description"], name=text(), type=text(), title=text(), description=text(), template_path=text(),
    template_paths=items(text()), input_group=text(choices={"logs", "metrics"}), multi=flag, vars=VARIABLES,
    deployment_modes=items(text(choices=MODES), least=1, unique=True), required_vars=anything, var_groups=GROUPS,
    sections=SECTIONS, show_divider=flag, deprecated=anything, hide_in_var_group_options=anything, migrate_from=text())
POLICY_TEMPLATE = record(
    ["name", "title", "description"], name=text(), title=text(), description=text(),
    categories=items(text(choices=CATEGORIES)), data_streams=items(text()), deployment_modes=DEPLOYMENT,
    fips_compatible=flag, inputs=items(INPUT, least=1), multiple=flag,
    configuration_links=items(record(["title", "url", "type"], title=text(), url=text("^(https?://|kbn:/)"),
                                     type=text(choices={"action", "next_step"}), content=text()), least=1),
    icons=ICONS, screenshots=SCREENSHOTS, vars=VARIABLES, var_groups=GROUPS, sections=SECTIONS, deprecated=anything)
MANIFEST = record(
    ["format_version", "name", "title", "description", "version", "type", "owner", "conditions", "policy_templates",
     "source"],
    format_version=text(choices=FORMATS), name=text("^[a-z0-9_]+$"), title=text(), description=text(), version=text(VERSION),
    type=text(choices={"integration"}), source=record(["license"], license=text(choices={"Apache-2.0", "Elastic-2.0"})),
    categories=items(text(choices=CATEGORIES), least=1, unique=True),
    conditions=record(
        ["kibana"], kibana=record(["version"], version=text()),
        elastic=record(subscription=text(choices={"basic", "gold", "platinum", "enterprise"}),
                       capabilities=items(text(choices={"observability", "security", "serverless_search"}), unique=True)),
        agent=record(["version"], version=text())),
    policy_templates=items(POLICY_TEMPLATE, least=1),
    policy_templates_behavior=text(choices={"all", "combined_policy", "individual_policies"}),
    owner=record(["github", "type"], github=text("^[a-zA-Z0-9_-]+(/[a-zA-Z0-9_-]+)?$"),
                 type=text(choices={"elastic", "partner", "community"})),
    icons=ICONS, screenshots=SCREENSHOTS, vars=VARIABLES, var_groups=GROUPS, sections=SECTIONS,
    agent=record(privileges=record(root=flag)), elasticsearch=record(privileges=record(cluster=items(text()))),
    deprecated=anything, group=text("^[a-z0-9_]+$"))
ONE_CONSTRAINT = r"[\^~]?(>=|<=|>|<|=)?\s*[0-9]+\.[0-9]+\.[0-9]+"
CONSTRAINT = re.compile(rf"^{ONE_CONSTRAINT}([\s,|]+{ONE_CONSTRAINT})*$")
PATH = "manifest.yml"
VALIDATION = record(
    errors=record(exclude_checks=items(text())),
    docs_structure_enforced=record(["enabled", "version"], enabled=flag, version=whole,
                                   skip=items(record(["title", "reason"], title=text(), reason=text()))))


def shape(package):
    if PATH not in package.files:
        return  # layout says so
    for place, fact, remedy in MANIFEST(package.read(PATH), ""):
        yield Finding(PATH, f"{place}: {fact}" if place else fact, remedy)


def conditions(package):
    """Format 3.6 can only be installed from Kibana 9.4 on; a constraint that admits less would promise what fails."""
    stated = package.manifest.get("conditions")
    for product in ("kibana", "agent"):
        version = (stated.get(product) or {}).get("version") if isinstance(stated, dict) else None
        if version is None:
            continue
        if not CONSTRAINT.match(str(version)):
            yield Finding(PATH, f"conditions.{product}.version: {version!r} is no version constraint",
                          "write such as ^9.4.0")
        elif product == "kibana":
            least = min(tuple(map(int, found)) for found in re.findall(r"(\d+)\.(\d+)\.(\d+)", str(version)))
            if least < (9, 4, 0):
                yield Finding(PATH, f"conditions.kibana.version: {version!r} admits versions below 9.4.0, which cannot "
                              f"install format {package.manifest.get('format_version')}", "demand ^9.4.0 or later")


def deployment_modes(package):
    for template in package.policy_templates():
        place = f"policy template {template.get('name')}"
        modes = template.get("deployment_modes") or {}
        agentless = modes.get("agentless") or {}
        enabled = {"default"} if (modes.get("default") or {}).get("enabled", True) else set()
        enabled |= {"agentless"} if agentless.get("enabled") else set()
        inputs = [(i.get("type"), set(i.get("deployment_modes") or enabled)) for i in entries(template.get("inputs"))]
        for mode in sorted(enabled):
            if not any(mode in supported for _, supported in inputs):
                yield Finding(PATH, f"{place}: no input supports the enabled mode {mode}",
                              "name the mode at an input, or disable it")
        for kind, supported in inputs:
            for mode in sorted(supported - enabled):
                yield Finding(PATH, f"{place}: input {kind} names mode {mode}, which is not enabled",
                              "enable it or remove it")
        if "agentless" in enabled:
            for key in ("organization", "division", "team"):
                if not agentless.get(key):
                    yield Finding(PATH, f"{place}: agentless is enabled without {key}", "say who answers for it")
        if enabled == {"agentless"} and agentless.get("release"):
            yield Finding(PATH, f"{place}: release of agentless, which is the only mode",
                          "let the version say it; remove release")


def inputs(package):
    """Inputs of one type need names; inputs and streams name each other; template paths lead to files."""
    offered = set()
    streams = package.streams()
    for template in package.policy_templates():
        place = f"policy template {template.get('name')}"
        found = entries(template.get("inputs"))
        kinds = [i.get("type") for i in found]
        for kind in sorted({k for k in kinds if kinds.count(k) > 1}, key=str):
            if not all(i.get("name") for i in found if i.get("type") == kind):
                yield Finding(PATH, f"{place}: two inputs of type {kind}, one without a name", "give each a name of its own")
        names = [i.get("name") for i in found if i.get("name")]
        for name in sorted({n for n in names if names.count(n) > 1}):
            yield Finding(PATH, f"{place}: two inputs are named {name}", "give each a name of its own")
        offered |= set(kinds) | set(names)
        for listed in template.get("data_streams") or []:
            if listed not in streams:
                yield Finding(PATH, f"{place}: names data stream {listed}, which the package lacks",
                              "add it or correct the name")
        for one in found:
            for path in [one["template_path"]] if one.get("template_path") else one.get("template_paths") or []:
                if f"agent/input/{path.rpartition('/')[2]}" not in package.files:
                    yield Finding(PATH, f"{place}: input {one.get('type')}: {path} is not in agent/input/",
                                  "add or correct it")
    used = {s.get("input") for manifest in streams.values() for s in entries(manifest.get("streams"))}
    for kind in sorted(offered - used, key=str):
        if not any(i.get("name") and i.get("type") == kind for t in package.policy_templates()
                   for i in entries(t.get("inputs"))):
            yield Finding(PATH, f"input {kind} is offered, no data stream has a stream for it",
                          "add streams or remove the input")
    names = [t.get("name") for t in package.policy_templates()]
    for name in sorted({n for n in names if names.count(n) > 1}, key=str):
        yield Finding(PATH, f"two policy templates are named {name}", "give each a name of its own")


def validation_shape(package):
    for place, fact, remedy in VALIDATION(package.read("validation.yml"), "") if "validation.yml" in package.files else ():
        yield Finding("validation.yml", f"{place}: {fact}" if place else fact, remedy)


def no_exclusions(package):
    """Excluded checks would hide what installers trip over; none is excluded here."""
    found = package.read("validation.yml")
    if isinstance(found, dict) and (found.get("errors") or {}).get("exclude_checks"):
        yield Finding("validation.yml", f"excludes {', '.join(map(str, found['errors']['exclude_checks']))}",
                      "comply instead; nothing is excluded in this package")


RULES = {
    "manifest.shape": shape,
    "manifest.conditions": conditions,
    "manifest.deployment_modes": deployment_modes,
    "manifest.inputs": inputs,
    "validation.shape": validation_shape,
    "manifest.no_exclusions": no_exclusions,
}
