# SPDX-License-Identifier: Apache-2.0
"""The one word by which the package, its data sets and all that is installed for them are named.

Whoever writes a source writes PACKAGE_NAME where that word is meant, and PACKAGE_TITLE for how people read it; so do the
modules that make files. The last step of a build puts the name in their place, and `anthropic-metrics setup` does so with
its assets when it reads them: a name in capitals is none that a store takes, so it is nobody's by chance. What is called
anthropic_metrics whatever the package is called stays written out: the input, the fields' event.module, the programs.
"""

import re

from fault import PackageFault
from sources import load_yaml

NAME, TITLE = "PACKAGE_NAME", "PACKAGE_TITLE"
# Elastic's registry has a package of the tree's name, and Kibana refuses an upload of a name that is there. This one is
# built beside it, for everybody who cannot keep Kibana from asking that registry.
OWN = "claude_metrics"
# What package and data set may both be called, in Elastic's format and in ours.
VALID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
MOST = 64


def default(root):
    """The name that the tree's manifest has."""
    manifest = load_yaml(root, "manifest.yml", "it is the package's manifest; restore it")
    if not isinstance(manifest, dict) or not manifest.get("name"):
        raise PackageFault("manifest.yml: has no 'name'; restore it, the package is made from it")
    return manifest["name"]


def offered(root):
    return [default(root), OWN]


def checked(name):
    if not VALID.fullmatch(name) or len(name) > MOST:
        raise PackageFault(f"--name {name}: no name of a package and its data sets; take small letters, digits and single _, "
                           f"beginning with a letter, {MOST} at most, such as claude_metrics")
    return name


def title(name):
    """claude_metrics as people read it: Claude Metrics."""
    return " ".join(word[:1].upper() + word[1:] for word in name.split("_"))


def dataset(stream):
    return f"{NAME}.{stream}"


def named(made, name):
    """The same with the name in its places, also in keys: text, bytes, lists and dicts."""
    if isinstance(made, str):
        return made.replace(NAME, name).replace(TITLE, title(name))
    if isinstance(made, bytes):
        return made.replace(NAME.encode(), name.encode()).replace(TITLE.encode(), title(name).encode())
    if isinstance(made, dict):
        return {named(key, name): named(value, name) for key, value in made.items()}
    return [named(item, name) for item in made] if isinstance(made, list) else made
