# SPDX-License-Identifier: Apache-2.0
"""The library's description of itself, as `anthropic-metrics export description` prints it."""

import json

import naming
from fault import PackageFault

REMEDY = "make it with: anthropic-metrics export description"


def load(path):
    """The description in the file, checked for the parts the builder relies on."""
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PackageFault(f"{path}: cannot be read ({error.strerror}); {REMEDY}") from None
    except ValueError as error:
        raise PackageFault(f"{path}: not JSON ({error}); {REMEDY}") from None
    for part, kind in (("manifest", dict), ("configuration", dict), ("streams", list)):
        if not isinstance(description, dict) or not isinstance(description.get(part), kind):
            raise PackageFault(f"{path}: has no '{part}'; {REMEDY}")
    if not description["streams"]:
        raise PackageFault(f"{path}: lists no streams; {REMEDY} of a library that has some")
    return description


def streams(description):
    """[{name, dataset, type, title, description}], sorted by name. The data sets are the package's."""
    own = [dict(stream, dataset=naming.dataset(stream["name"])) for stream in description["streams"]]
    return sorted(own, key=lambda stream: stream["name"])


def on_by_default(description, stream):
    """Whether the stream is collected if nobody says anything."""
    return settings(description, stream)["enabled"]["default"]


def settings(description, stream=None):
    """{name: schema} of the input's settings, or of one stream's."""
    schema = description["configuration"]
    if stream is None:
        return schema["properties"]
    try:
        return schema["properties"]["streams"]["properties"][stream]["properties"]
    except KeyError:
        raise PackageFault(f"the description lists the stream '{stream}', its configuration schema does not; "
                           "build host and library of one version") from None
