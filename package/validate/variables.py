# SPDX-License-Identifier: Apache-2.0
"""Variables of packages, inputs and streams: their types, bounds, options and secrets."""

import re

from .finding import Finding
from .package import entries
from .shape import flag, items, record, scalar, text

TYPES = {"bool", "email", "integer", "password", "select", "text", "textarea", "time_zone", "url", "yaml", "duration"}
DURATION = re.compile(r"^(\d+(ms|[smh]))+$")
UNIT = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
SENSITIVE = re.compile("access_key|api_key|passphrase|password|secret|token")
HARMLESS = re.compile("(_file|_url)$")
VARIABLES = items(record(
    ["name", "type"], name=text(), type=text(choices=TYPES), title=text(), description=text(), multi=flag,
    options=items(record(["value", "text"], value=text(), text=text()), least=1), required=flag, secret=flag, show_user=flag,
    hide_in_deployment_modes=items(text(choices={"default", "agentless"})), section=text(), default=scalar,
    url_allowed_schemes=items(text(empty=True)), min_duration=text(DURATION.pattern), max_duration=text(DURATION.pattern)))
# What a default of each type looks like; types that are missing here take any text.
DEFAULTS = {
    "bool": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "duration": lambda value: isinstance(value, str) and bool(DURATION.match(value)),
    "url": lambda value: isinstance(value, str) and (value == "" or "://" in value),
    "yaml": lambda value: isinstance(value, (str, list)),
}


def seconds(duration):
    return sum(int(count) * UNIT[unit] for count, unit in re.findall(r"(\d+)(ms|s|m|h)", duration))


def everywhere(package):
    """(path, level, list of variables) of each place that may declare some."""
    yield "manifest.yml", "package", entries(package.manifest.get("vars"))
    for template in package.policy_templates():
        yield "manifest.yml", f"policy template {template.get('name')}", entries(template.get("vars"))
        for one in entries(template.get("inputs")):
            yield "manifest.yml", f"input {one.get('type')}", entries(one.get("vars"))
    for stream, manifest in package.streams().items():
        for one in entries(manifest.get("streams")):
            yield f"data_stream/{stream}/manifest.yml", f"stream of {one.get('input')}", entries(one.get("vars"))


def each(package):
    for path, level, variables in everywhere(package):
        for variable in variables:
            yield path, f"{level}: variable {variable.get('name')}", variable


def unique(package):
    for path, level, variables in everywhere(package):
        names = [v.get("name") for v in variables]
        for name in sorted({n for n in names if names.count(n) > 1}, key=str):
            yield Finding(path, f"{level}: variable {name} is declared twice", "keep one")


def secrets(package):
    for path, place, variable in each(package):
        name = str(variable.get("name"))
        sensitive = bool(SENSITIVE.search(name)) and not HARMLESS.search(name)
        if (sensitive or variable.get("type") == "password") and "secret" not in variable:
            yield Finding(path, f"{place} does not state whether it is a secret",
                          "add secret: true, or false if it is harmless")
        if variable.get("type") == "password" and variable.get("secret") is False:
            yield Finding(path, f"{place} is a password and no secret", "set secret: true, so that Kibana keeps it apart")
        if variable.get("secret") and variable.get("default"):
            yield Finding(path, f"{place} is a secret with a default", "remove the default; everybody could read it")


def selects(package):
    for path, place, variable in each(package):
        options = variable.get("options")
        if variable.get("type") != "select":
            if options is not None:
                yield Finding(path, f"{place} has options and type {variable.get('type')}",
                              "make it a select, or remove them")
            continue
        if not isinstance(options, list):
            yield Finding(path, f"{place} is a select without options", "list them")
            continue
        values = [option.get("value") for option in entries(options)]
        if len(set(values)) < len(values):
            yield Finding(path, f"{place} offers a value twice", "offer each once")
        default = variable.get("default")
        for one in default if isinstance(default, list) else [default]:
            if one is not None and one not in values:
                yield Finding(path, f"{place} has the default {one!r}, which is no option", "use one of its options")


def durations(package):
    for path, place, variable in each(package):
        bounds = [variable.get(key) for key in ("min_duration", "default", "max_duration")]
        if variable.get("type") != "duration":
            if bounds[0] is not None or bounds[2] is not None:
                yield Finding(path, f"{place} has duration bounds and type {variable.get('type')}",
                              "make it a duration, or remove them")
            continue
        if bounds[0] is None or bounds[2] is None:
            yield Finding(path, f"{place} is a duration without both bounds",
                          "state min_duration and max_duration, so that Kibana "
                          "refuses what the collector would")
        stated = [seconds(bound) for bound in bounds if isinstance(bound, str) and DURATION.match(bound)]
        if stated != sorted(stated):
            yield Finding(path, f"{place}: minimum, default and maximum are {', '.join(map(str, bounds))}",
                          "put them in order")


def defaults(package):
    for path, place, variable in each(package):
        default, fits = variable.get("default"), DEFAULTS.get(variable.get("type"),
                                                              lambda value: not isinstance(value, bool))
        if default is None:
            continue
        if bool(variable.get("multi")) != isinstance(default, list):
            yield Finding(path, f"{place}: default {default!r} with multi {str(bool(variable.get('multi'))).lower()}",
                          "give a list if, and only if, multi is true")
        for one in default if isinstance(default, list) else [default]:
            if not isinstance(one, (dict, list)) and not fits(one):
                yield Finding(path, f"{place}: default {one!r} is no {variable.get('type')}", "write a value of that type")


def described(package):
    """What somebody sees in a form has a name and an explanation there."""
    for path, place, variable in each(package):
        for key in ("title", "description"):
            if not variable.get(key):
                yield Finding(path, f"{place} has no {key}", "write one; Kibana shows it in the form")


def sections(package):
    """A variable's section exists at its own level; grouped variables exist and are not required themselves."""
    levels = [("manifest.yml", "package", package.manifest)]
    for template in package.policy_templates():
        levels.append(("manifest.yml", f"policy template {template.get('name')}", template))
        levels += [("manifest.yml", f"input {one.get('type')}", one) for one in entries(template.get("inputs"))]
    for stream, manifest in package.streams().items():
        levels += [(f"data_stream/{stream}/manifest.yml", f"stream of {one.get('input')}", one)
                   for one in entries(manifest.get("streams"))]
    for path, level, owner in levels:
        known = [section.get("name") for section in entries(owner.get("sections"))]
        variables = {v.get("name"): v for v in entries(owner.get("vars"))}
        for name, variable in variables.items():
            if variable.get("section") and variable["section"] not in known:
                yield Finding(path,
                              f"{level}: variable {name} is in section {variable['section']}, which is not declared there",
                              "declare it in sections of the same level")
        for group in entries(owner.get("var_groups")):
            for listed in [name for option in entries(group.get("options")) for name in option.get("vars") or []]:
                if listed not in variables:
                    yield Finding(path,
                                  f"{level}: group {group.get('name')} lists variable {listed}, which is not declared there",
                                  "declare it or correct the name")
                elif variables[listed].get("required"):
                    yield Finding(path, f"{level}: variable {listed} is in group {group.get('name')} and required by itself",
                                  "let the group say what is required")


def reserved(package):
    for path, level, variables in everywhere(package):
        for variable in variables:
            name = variable.get("name")
            if name == "data_stream.dataset" and (not level.startswith("stream of") or variable.get("type") != "text"):
                yield Finding(path, f"{level}: variable {name} is Fleet's own",
                              "keep the name for a text variable of a stream")
            if name == "use_apm":
                yield Finding(path, f"{level}: variable {name} is Fleet's own", "choose another name")


RULES = {
    "variables.unique": unique,
    "variables.secrets": secrets,
    "variables.selects": selects,
    "variables.durations": durations,
    "variables.defaults": defaults,
    "variables.described": described,
    "variables.sections": sections,
    "variables.reserved": reserved,
}
