# SPDX-License-Identifier: Apache-2.0
"""The package's manifest: what ours has to state, as far as rules read it, and what has to agree within it."""

import re

from .finding import Finding
from .package import entries
from .shape import items, part, text
from .variables import GROUPS, VARIABLES

ONE_CONSTRAINT = r"[\^~]?(>=|<=|>|<|=)?\s*[0-9]+\.[0-9]+\.[0-9]+"
CONSTRAINT = rf"^{ONE_CONSTRAINT}([\s,|]+{ONE_CONSTRAINT})*$"
FORMATS = {"3.6.0", "3.6.1", "3.6.2", "3.6.3", "3.6.4", "3.6.5", "3.6.6"}
INPUT = part(["type"], type=text(), name=text(), template_path=text(), template_paths=items(text()), vars=VARIABLES,
             var_groups=GROUPS)
POLICY_TEMPLATE = part(["name"], name=text(), inputs=items(INPUT, least=1), vars=VARIABLES, var_groups=GROUPS,
                       icons=items(part()), screenshots=items(part()))
MANIFEST = part(
    ["source", "conditions", "policy_templates"], name=text(), version=text(), format_version=text(choices=FORMATS),
    source=part(["license"]), conditions=part(["kibana"], kibana=part(["version"], version=text(CONSTRAINT))),
    policy_templates=items(POLICY_TEMPLATE, least=1), icons=items(part()), screenshots=items(part()), vars=VARIABLES,
    var_groups=GROUPS)
PATH = "manifest.yml"


def shape(package):
    for place, fact, remedy in MANIFEST(package.read(PATH), ""):
        yield Finding(PATH, f"{place}: {fact}" if place else fact, remedy)


def conditions(package):
    """Format 3.6 can only be installed from Kibana 9.4 on; a constraint that admits less would promise what fails."""
    version = str(package.manifest["conditions"]["kibana"]["version"])
    if min(tuple(map(int, found)) for found in re.findall(r"(\d+)\.(\d+)\.(\d+)", version)) < (9, 4, 0):
        yield Finding(PATH, f"conditions.kibana.version: {version!r} admits versions below 9.4.0, which cannot "
                      f"install format {package.manifest.get('format_version')}", "demand ^9.4.0 or later")


def inputs(package):
    """Each input has a stream somewhere that uses it, each policy template a name of its own."""
    used = {s.get("input") for manifest in package.streams().values() for s in entries(manifest.get("streams"))}
    for template in package.policy_templates():
        for one in entries(template.get("inputs")):
            if not used & {one.get("name"), one.get("type")}:
                yield Finding(PATH, f"input {one.get('name') or one.get('type')} is offered, no data stream has a stream for it",
                              "add streams or remove the input")
    names = [t.get("name") for t in package.policy_templates()]
    for name in sorted({n for n in names if names.count(n) > 1}):
        yield Finding(PATH, f"two policy templates are named {name}", "give each a name of its own")


def no_exclusions(package):
    """Excluded checks would hide what installers trip over; none is excluded here."""
    found = package.read("validation.yml")
    if isinstance(found, dict) and (found.get("errors") or {}).get("exclude_checks"):
        yield Finding("validation.yml", f"excludes {', '.join(map(str, found['errors']['exclude_checks']))}",
                      "comply instead; nothing is excluded in this package")


RULES = {
    "manifest.shape": shape,
    "manifest.conditions": conditions,
    "manifest.inputs": inputs,
    "manifest.no_exclusions": no_exclusions,
}
