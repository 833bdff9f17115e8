# SPDX-License-Identifier: Apache-2.0
"""Sample events are documents of their data stream. (That their fields are declared is said by elastic-package.)"""

from .finding import Finding


def leaves(value, prefix=""):
    """(dotted name, scalar) of every leaf; arrays are unfolded without an index, as a store does."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{prefix}.{key}" if prefix else key)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, prefix)
    else:
        yield prefix, value


def samples(package):
    for path in package.paths("data_stream/*/sample_event*.json"):
        found = package.read(path)
        if isinstance(found, dict):
            yield path, path.split("/")[1], found


def identity(package):
    for path, stream, event in samples(package):
        part = dict(leaves(event))
        for name, wanted in (("data_stream.type", "metrics"), ("data_stream.dataset", package.dataset(stream)),
                             ("event.dataset", package.dataset(stream))):
            if part.get(name) != wanted:
                yield Finding(path, f"{name} is {part.get(name)!r}", f"take a document of {wanted}")
        if not isinstance(event.get("@timestamp"), str):
            yield Finding(path, "has no @timestamp", "take a whole document")


RULES = {
    "samples.identity": identity,
}
