# SPDX-License-Identifier: Apache-2.0
"""All rules, and the function that holds each.

The format's own checks, by the names that the official validator gives them, and where they live here:

    folder and file schemas              layout.*, manifest.shape, streams.shape, fields.shape, history.shape
    size and number limits               layout.limits, fields.count
    VersionIntegrity                     history.versions
    ChangelogLinks                       history.links
    Prerelease                           history.prerelease
    MinimumKibanaVersion, -AgentVersion  manifest.conditions
    FieldGroups, DateFields              fields.groups, fields.types
    UniqueFields, RequiredFields         fields.unique, fields.required
    FieldsLimits                         fields.count
    DimensionFields, DimensionsPresent   fields.metrics
    ExternalFields, NoExternalFields     fields.in_full
    NoEmbeddedEcsInDynamicTemplates      streams.shape
    StreamInputBundled                   streams.shape, manifest.shape (package: is no key here)
    ILMPolicyPresent                     streams.lifecycle
    RoutingRulesAndDataset               streams.shape (dataset is required)
    KibanaObjectIDs                      kibana.ids
    KibanaNoDanglingObjectIDs            kibana.dangling
    VisualizationsUsedByValue            dashboards.by_value
    KibanaFilterPresent                  dashboards.filters
    KibanaNoLegacyVisualizations         dashboards.kinds
    KibanaTagDuplicates                  kibana.tags
    VarGroups, RequiredVarGroups         variables.sections
    Sections                             variables.sections
    DurationVariables                    variables.durations
    FleetReservedVars                    variables.reserved
    DeploymentModes                      manifest.deployment_modes
    IntegrationPolicyTemplates           streams.templates, manifest.inputs
    IntegrationInputQualifier            manifest.inputs
    StaticHandlebarsFiles                templates.parse
    DatastreamPackageCategories,         streams.shape (a data stream has no categories, so that validation needs
    PolicyTemplateDatastreamCategories     no network)
    PipelineTags                         pipelines.tags
    PipelineOnFailure                    pipelines.failures
    DocsStructure                        documentation.sections

Not needed, since the package has nothing of the kind: profiles, security rules, deprecations, transforms, packages
that others require, inputs of the OpenTelemetry collector. Everything else below is ours: variables.secrets,
.selects, .defaults and .described, fields.money, pipelines.portable and .identity, templates.variables, kibana.personal,
dashboards.grid, .overlaps, .time_fields, .columns and .links, queries.*, alerts.*, samples.*, images.*, and that
nothing is excluded (manifest.no_exclusions).
"""

from . import (alerts, dashboards, documentation, fields, history, images, kibana, layout, manifest, pipelines, queries,
               samples,
               streams, templates, variables)

FIRST = (".shape", ".readable")
RULES = {}
for _module in (layout, manifest, streams, variables, fields, pipelines, templates, history, documentation, images, samples,
                kibana,
                dashboards, queries, alerts):
    RULES.update(_module.RULES)


def findings(package):
    """All that the rules have against a package, each finding once. Shapes come first: a rule that stumbles over a value
    of a wrong shape has nothing to add to what was said about it."""
    found = {}
    for name, rule in sorted(RULES.items(), key=lambda entry: not entry[0].endswith(FIRST)):
        try:
            for finding in rule(package):
                found.setdefault(finding._replace(rule=name))
        except (AttributeError, KeyError, TypeError, ValueError):
            if not any(finding.rule.endswith(FIRST) for finding in found):
                raise
    return list(found)
