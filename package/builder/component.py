# SPDX-License-Identifier: Apache-2.0
"""Settings of our component of the Elastic Agent that are not the library's: where it keeps things, who ships them.

The host by itself knows them too and leaves them alone, so that a policy made in Kibana runs in both.
"""

import naming

RUNTIME = """\
# An administrator may let Agents translate inputs for OpenTelemetry; ours is a program of its own.
_runtime_experimental: process
"""


def of_package():
    """Variables of the package: said once, heard by the input that writes and by the one that ships."""
    return [
        {
            "name": "state_path",
            "type": "text",
            "title": "Folder of the component",
            "description": "For collecting in the Elastic Agent only: where the component keeps its state, and the documents that "
                           "are not shipped yet. ${path.data} is the Agent's data folder, which outlives upgrades. Two "
                           "integrations on one Agent need two folders.",
            "multi": False,
            "required": True,
            "show_user": False,
            "default": f"${{path.data}}/{naming.NAME}",
        },
    ]


def of_input():
    """Variables of the input anthropic_metrics beside those of the library."""
    return [
        {
            "name": "write_to",
            "type": "select",
            "title": "Documents go to",
            "description": "Files work with every output of the Agent; the input below ships them and keeps what is not shipped "
                           "yet. Elasticsearch: the component sends them itself to the Agent's output, which must be Elasticsearch.",
            "multi": False,
            "required": True,
            "show_user": False,
            "options": [{"value": "files", "text": "files, which the Agent ships"},
                        {"value": "elasticsearch", "text": "Elasticsearch, by the component itself"}],
            "default": "files",
        },
        {
            "name": "self_update",
            "type": "bool",
            "title": "Stay through upgrades of the Agent",
            "description": "The component copies itself into the folder of each new version of the Agent. Without it the Agent finds "
                           "no component after an upgrade, and takes the upgrade back.",
            "multi": False,
            "required": False,
            "show_user": False,
            "default": True,
        },
    ]
