# SPDX-License-Identifier: Apache-2.0
"""All rules, and the function that holds each.

A rule is here because the official validator lacks it; `run.py compared` of tests/package/official plants every fault and
holds that. What the official one says too is here only where the build, which has no Go, would else hand out what Kibana
or a store refuses:

    manifest.shape, streams.shape      other rules read these values
    fields.shape, fields.unique        fields/ is written by hand; a type that does not exist, or two, spoil the mapping
    pipelines.shape, .portable         ingest_pipelines/ is written by hand; one wrong processor spoils the pipeline
"""

from . import (alerts, dashboards, documentation, fields, history, images, kibana, layout, manifest, pipelines, queries,
               samples, streams, templates, variables)

RULES = {}
for _module in (layout, manifest, streams, variables, fields, pipelines, templates, history, documentation, images, samples,
                kibana, dashboards, queries, alerts):
    RULES.update(_module.RULES)


def findings(package):
    """All that the rules have against a package, each finding once. Shapes come first: a rule that stumbles over a value
    of a wrong shape has nothing to add to what was said about it."""
    found = {}
    for name, rule in sorted(RULES.items(), key=lambda entry: not entry[0].endswith(".shape")):
        try:
            for finding in rule(package):
                found.setdefault(finding._replace(rule=name))
        except (AttributeError, KeyError, TypeError, ValueError):
            if not any(finding.rule.endswith(".shape") for finding in found):
                raise
    return list(found)
