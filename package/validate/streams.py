# SPDX-License-Identifier: Apache-2.0
"""Manifests of data streams: what ours have to state, as far as rules read it, and the inputs they refer to."""

from .finding import Finding
from .package import entries
from .shape import flag, items, part, text
from .variables import GROUPS, VARIABLES

# Inputs that bring our own documents.
OURS = ("anthropic_metrics", "filestream")
STREAM = part(["input"], input=text(), template_path=text(), template_paths=items(text()), vars=VARIABLES, enabled=flag,
              var_groups=GROUPS)
MANIFEST = part(["type", "streams"], type=text(choices={"metrics"}), dataset=text(), streams=items(STREAM, least=1))


def manifests(package):
    for stream, manifest in package.streams().items():
        yield f"data_stream/{stream}/manifest.yml", stream, manifest


def shape(package):
    for path, _, manifest in manifests(package):
        for place, fact, remedy in MANIFEST(manifest, ""):
            yield Finding(path, f"{place}: {fact}" if place else fact, remedy)


def templates(package):
    """Each template is some stream's: a tool that finds one by its ending finds ours."""
    for path, stream, manifest in manifests(package):
        folder = f"data_stream/{stream}/agent/stream/"
        used = {str(name) for one in entries(manifest.get("streams"))
                for name in one.get("template_paths") or [one.get("template_path") or "stream.yml.hbs"]}
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
        # One that approximates is off wherever ours are on; ours are on together, or off until asked for.
        on = [one.get("enabled", True) for one in entries(manifest.get("streams")) if one.get("input") in OURS]
        if True in on and False in on:  # what is neither is the affair of streams.shape
            yield Finding(path, "is enabled for one of its inputs and not for the other", "say the same of both")
    if not any(one.get("enabled", True) for _, _, manifest in manifests(package) for one in entries(manifest.get("streams"))):
        yield Finding("manifest.yml", "no stream is enabled by default", "enable the one that costs least")


def dataset(package):
    """Dashboards and privileges rely on <package>.<stream>; another name would silently be another data stream."""
    for path, stream, manifest in manifests(package):
        if manifest.get("dataset") != package.dataset(stream):
            yield Finding(path, f"dataset is {manifest.get('dataset')}", f"write {package.dataset(stream)}")


RULES = {
    "streams.shape": shape,
    "streams.templates": templates,
    "streams.inputs": inputs,
    "streams.dataset": dataset,
}
