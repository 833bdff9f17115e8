# SPDX-License-Identifier: Apache-2.0
"""The input of a stock Elastic Agent: it reads the NDJSON files that the host writes.

Its settings are the Agent's, not the library's, so they are written here. There is no switch to preserve the
original event: whether it is in the files is for the host to say, and the pipeline follows the tag it sets.
"""

# Where the host's file output writes when it is installed as docs/configuration.md shows.
FOLDER = "/var/lib/anthropic-metrics/documents"


def of_host_files():
    """Variables of the input in the tile of hosts that run by themselves. In the Agent the component's folder says it."""
    return [
        {
            "name": "documents_path",
            "type": "text",
            "title": "Folder of the host's files",
            "description": "Where the host's file output writes, on the machine of the Agent.",
            "multi": False,
            "required": True,
            "show_user": True,
            "default": FOLDER,
        },
    ]


def variables(stream):
    return [
        {
            "name": "paths",
            "type": "text",
            "title": "Paths",
            "description": "Files to read in place of those of this data stream in the folder; rotated ones belong to them.",
            "multi": True,
            "required": False,
            "show_user": False,
        },
        {
            "name": "tags",
            "type": "text",
            "title": "Tags",
            "description": "Tags to add to those that the documents carry already.",
            "multi": True,
            "required": False,
            "show_user": False,
        },
        {
            "name": "processors",
            "type": "yaml",
            "title": "Processors",
            "description": "Processors that the Elastic Agent runs before it sends a document, as a YAML list. What should "
                           f"hold for every way of shipping belongs into the ingest pipeline metrics-{stream['dataset']}@custom.",
            "multi": False,
            "required": False,
            "show_user": False,
        },
    ]
