# SPDX-License-Identifier: Apache-2.0
"""A package in memory: its files, and their parsed contents; the same bytes are parsed once.

Files that do not parse read as None; the official validator reports them, rules look at what parses.
"""

import fnmatch
import functools
import json

import yaml

SOURCE, BUILT = "source", "built"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Dates stay text, as other YAML readers have them."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


@functools.lru_cache(maxsize=1024)
def parse(path, data):
    """The content of a YAML or JSON file, to be read only; ValueError or YAMLError says why there is none."""
    text = data.decode("utf-8")
    if path.endswith(".json"):
        return json.loads(text)
    return yaml.load(text, Loader=_Loader)


class Package:
    def __init__(self, files, form=SOURCE):
        self.files = files  # not to be changed from here on
        self.form = form
        self._parts = {path: path.split("/") for path in files}
        self._made = {}

    def once(self, key, make):
        """What several rules need and one of them makes first."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def read(self, path):
        """Parsed content of a YAML or JSON file, None if it is missing or does not parse."""
        try:
            return parse(path, self.files[path])
        except (KeyError, ValueError, yaml.YAMLError):
            return None

    def text(self, path):
        return self.files.get(path, b"").decode("utf-8", errors="replace")

    def paths(self, pattern):
        """Paths that match a pattern part by part, so that '*' stays within a folder; sorted."""
        wanted = pattern.split("/")
        return self.once(("paths", pattern), lambda: sorted(
            path for path, parts in self._parts.items()
            if len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))))

    @property
    def manifest(self):
        found = self.read("manifest.yml")
        return found if isinstance(found, dict) else {}

    @property
    def name(self):
        return str(self.manifest.get("name", ""))

    def streams(self):
        """{folder name: manifest} of the data streams."""
        return self.once("streams", self._streams)

    def _streams(self):
        names = sorted({parts[1] for parts in self._parts.values() if parts[0] == "data_stream" and len(parts) > 2})
        found = {name: self.read(f"data_stream/{name}/manifest.yml") for name in names}
        return {name: manifest if isinstance(manifest, dict) else {} for name, manifest in found.items()}

    def dataset(self, stream):
        """The name a stream has to have; streams.dataset reports one that has another."""
        return f"{self.name}.{stream}"

    def policy_templates(self):
        return entries(self.manifest.get("policy_templates"))


def entries(value):
    """The objects of a list; nothing if it is none. Shapes are checked elsewhere, so that rules need not stumble."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
