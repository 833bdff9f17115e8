# SPDX-License-Identifier: Apache-2.0
"""The artefact for OpenSearch, made from the tree as package/builder/build.py makes it, for tests."""


import tree

import opensearch

STREAMS = [path.stem for path in tree.files(".yml") if path.parts[0] == "fields" and path.stem != "base"]


def description():
    """What the builder needs of the library's description of itself; the streams are those of fields/."""
    return {"manifest": {}, "configuration": {}, "streams": [
        {"name": name, "dataset": f"anthropic_metrics.{name}", "type": "metrics", "title": name, "description": name}
        for name in STREAMS]}


def files():
    return tree.named(opensearch.files(tree.ROOT, description()))


def write(folder):
    """Unpacks the artefact into the folder."""
    for path, content in files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
