# SPDX-License-Identifier: Apache-2.0
"""Manifests of data streams: their closed shape, and the files and inputs they refer to."""

from .fields import TYPES
from .finding import Finding
from .manifest import GROUPS, SECTIONS
from .package import entries
from .shape import anything, flag, items, mapping, record, text
from .variables import VARIABLES

INDEX_SETTINGS = record(
    analysis=anything, number_of_shards=anything, auto_expand_replicas=anything, max_result_window=anything,
    refresh_interval=anything,
    index=record(codec=text(), sort=anything, mapping=record(
        dimension_fields=record(limit=anything), nested_fields=record(limit=anything), total_fields=record(limit=anything))))
DYNAMIC = record(
    match_mapping_type=text(choices={"null", "true", "false", "double", "long", "string", "object", "array"}),
    mapping=record(type=text(choices=TYPES), scaling_factor=anything, metrics=anything,
                   default_metric=anything, ignore_above=anything, index=flag))
MAPPINGS = record(date_detection=flag, dynamic=anything, dynamic_date_formats=items(text()),
                  dynamic_templates=items(mapping(DYNAMIC, "^(?!_embedded_ecs)")),
                  subobjects=flag)
STREAM = record(
    ["title", "description", "input"], title=text(), description=text(), input=text(), template_path=text(),
    template_paths=items(text()), vars=VARIABLES, enabled=flag, required_vars=anything, var_groups=GROUPS, sections=SECTIONS,
    migrate_from=text(), dynamic_signal_types=flag)
MANIFEST = record(
    ["title", "type", "dataset",
     "streams"], title=text(), type=text(choices={"metrics", "logs", "synthetics", "traces", "profiles"}),
    dataset=text("^[a-z0-9_.]+$"), dataset_is_prefix=flag, hidden=flag, ilm_policy=text(),
    release=text(choices={"experimental", "beta"}),
    streams=items(STREAM, least=1), agent=record(privileges=record(root=flag)), deprecated=anything,
    elasticsearch=record(
        index_mode=text(choices={"time_series"}), source_mode=text(choices={"default", "synthetic"}),
        index_template=record(settings=INDEX_SETTINGS, mappings=MAPPINGS, ingest_pipeline=record(name=text())),
        privileges=record(indices=items(text())), dynamic_dataset=flag, dynamic_namespace=flag))


def manifests(package):
    for stream, manifest in package.streams().items():
        yield f"data_stream/{stream}/manifest.yml", stream, manifest


def shape(package):
    for path, _, manifest in manifests(package):
        if path not in package.files:
            continue
        # Categories here would make the official validator ask a registry; the package's own say the same.
        known = {key: value for key, value in manifest.items() if key != "categories"}
        for place, fact, remedy in MANIFEST(known, ""):
            yield Finding(path, f"{place}: {fact}" if place else fact, remedy)
        if "categories" in manifest:
            yield Finding(path, "categories: categories of a data stream",
                          "leave them to the package's manifest, so that validation "
                          "needs no network")


def templates(package):
    """Each stream has its template, and each template is some stream's: a tool that finds one by its ending finds ours."""
    for path, stream, manifest in manifests(package):
        folder = f"data_stream/{stream}/agent/stream/"
        used = set()
        for one in entries(manifest.get("streams")):
            named = one.get("template_paths") or [one.get("template_path") or "stream.yml.hbs"]
            for name in named:
                used.add(name)
                if folder + str(name) not in package.files:
                    yield Finding(path, f"stream of {one.get('input')}: template {name} is not in agent/stream/",
                                  "add or correct it")
        for template in package.paths(f"{folder}*"):
            if template.rpartition("/")[2] not in used:
                yield Finding(template, "belongs to no stream of the manifest", "name it as template_path, or remove it")


def inputs(package):
    offered = set()
    for template in package.policy_templates():
        for one in entries(template.get("inputs")):
            offered |= {one.get("name") or one.get("type")}
    for path, _, manifest in manifests(package):
        kinds = [one.get("input") for one in entries(manifest.get("streams"))]
        for kind in sorted(set(kinds) - offered, key=str):
            yield Finding(path, f"has a stream for input {kind}, which no policy template offers",
                          "offer it in manifest.yml")
        for kind in sorted({k for k in kinds if kinds.count(k) > 1}, key=str):
            yield Finding(path, f"has two streams for input {kind}", "keep one")
        if kinds and not any(one.get("enabled", True) for one in entries(manifest.get("streams"))):
            yield Finding(path, "no stream is enabled by default", "enable the one that works on a stock agent")


def dataset(package):
    """Dashboards and privileges rely on <package>.<stream>; another name would silently be another data stream."""
    for path, stream, manifest in manifests(package):
        if manifest.get("dataset") not in (None, f"{package.name}.{stream}"):
            yield Finding(path, f"dataset is {manifest['dataset']}", f"write {package.name}.{stream}")


def lifecycle(package):
    for path, stream, manifest in manifests(package):
        policy = manifest.get("ilm_policy")
        prefix = f"{manifest.get('type')}-{package.dataset(stream)}-"
        if policy is None:
            continue
        name = str(policy)[len(prefix):]
        if not str(policy).startswith(prefix) or not package.paths(f"data_stream/{stream}/elasticsearch/ilm/{name}.*"):
            yield Finding(path, f"ilm_policy {policy} is no file of elasticsearch/ilm/",
                          f"call it {prefix}<file name without ending>")


RULES = {
    "streams.shape": shape,
    "streams.templates": templates,
    "streams.inputs": inputs,
    "streams.dataset": dataset,
    "streams.lifecycle": lifecycle,
}
