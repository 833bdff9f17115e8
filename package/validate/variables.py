# SPDX-License-Identifier: Apache-2.0
"""Variables of packages, inputs and streams: defaults that fit, bounds, names and explanations, secrets that are kept."""

from .finding import Finding
from .package import entries
from .shape import flag, items, part, scalar, text

VARIABLES = items(part(
    ["name", "type"], name=text(), type=text(), multi=flag, options=items(part(["value"], value=text())), required=flag,
    secret=flag, default=scalar, min_duration=text(), max_duration=text()))
GROUPS = items(part(["name"], name=text(), options=items(part(vars=items(text())))))
# What a default of each type looks like; types that are missing here take any text.
DEFAULTS = {
    "bool": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "url": lambda value: isinstance(value, str) and (value == "" or "://" in value),
    "yaml": lambda value: isinstance(value, (str, list)),
}


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
        if variable.get("type") == "password" and variable.get("secret") is False:
            yield Finding(path, f"{place} is a password and no secret", "set secret: true, so that Kibana keeps it apart")
        if variable.get("secret") and variable.get("default"):
            yield Finding(path, f"{place} is a secret with a default", "remove the default; everybody could read it")


def selects(package):
    for path, place, variable in each(package):
        values = [option.get("value") for option in entries(variable.get("options"))]
        if len(set(values)) < len(values):
            yield Finding(path, f"{place} offers a value twice", "offer each once")
        default = variable.get("default")
        for one in default if isinstance(default, list) else [default]:
            if variable.get("type") == "select" and one is not None and one not in values:
                yield Finding(path, f"{place} has the default {one!r}, which is no option", "use one of its options")


def durations(package):
    for path, place, variable in each(package):
        if variable.get("type") == "duration" and not {"min_duration", "max_duration"} <= variable.keys():
            yield Finding(path, f"{place} is a duration without both bounds",
                          "state min_duration and max_duration, so that Kibana refuses what the collector would")


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


def groups(package):
    """What a group lists is declared beside it."""
    owners = [("manifest.yml", "package", package.manifest)]
    for template in package.policy_templates():
        owners.append(("manifest.yml", f"policy template {template.get('name')}", template))
        owners += [("manifest.yml", f"input {one.get('type')}", one) for one in entries(template.get("inputs"))]
    for path, level, owner in owners:
        known = {variable.get("name") for variable in entries(owner.get("vars"))}
        for group in entries(owner.get("var_groups")):
            for listed in [name for option in entries(group.get("options")) for name in option.get("vars") or []]:
                if listed not in known:
                    yield Finding(path,
                                  f"{level}: group {group.get('name')} lists variable {listed}, which is not declared there",
                                  "declare it or correct the name")


RULES = {
    "variables.unique": unique,
    "variables.secrets": secrets,
    "variables.selects": selects,
    "variables.durations": durations,
    "variables.defaults": defaults,
    "variables.described": described,
    "variables.groups": groups,
}
