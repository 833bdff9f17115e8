# SPDX-License-Identifier: Apache-2.0
"""The ingest pipelines keep to what both engines have, are tagged, show failures, and write declared fields only."""

import re
import unittest

import tree

PIPELINES = [path for path in tree.files(".yml") if path.parts[0] == "ingest_pipelines"]
PORTABLE = {"append", "convert", "date", "drop", "fail", "foreach", "grok", "gsub", "join", "json", "kv", "lowercase",
            "pipeline", "remove", "rename", "script", "set", "split", "trim", "uppercase"}
ELASTIC_ONLY = {"set": {"copy_from"}, "rename": {"override"}, "remove": {"keep"}, "pipeline": {"ignore_missing_pipeline"}}
# Not fields of the stored document: the id, the incoming text, and what is removed again.
SCRATCH = {"_id", "_row", "_arrived", "message"}
SHAPES_ROWS, CHECKS_TYPES = "shape_raw_row", "check_types"
MENTIONED = ["_ingest.on_failure_processor_type", "_ingest.on_failure_processor_tag", "_ingest.on_failure_message",
             "_ingest.pipeline"]
ON_FAILURE_NEEDS = "name the processor's type and tag, the message and the pipeline"


def processors(pipeline):
    for processor in pipeline["processors"]:
        (kind, options), = processor.items()
        yield kind, options


class Pipelines(tree.TreeTest):
    def test_only_portable_processors_and_options(self):
        findings = []
        for path in PIPELINES:
            pipeline = tree.load_yaml(path)
            for key in pipeline.keys() - {"description", "processors", "on_failure"}:
                findings.append(f"{path}: key {key} at the top; the package format allows description, processors, on_failure")
            for processor in pipeline["processors"] + pipeline.get("on_failure", []):
                if len(processor) != 1:
                    findings.append(f"{path}: an entry with {sorted(processor)}; one processor each")
                for kind, options in processor.items():
                    if kind not in PORTABLE:
                        findings.append(f"{path}: processor {kind} is not in both engines; use {', '.join(sorted(PORTABLE))}")
                    for option in options.keys() & ELASTIC_ONLY.get(kind, set()):
                        findings.append(f"{path}: {kind} with {option}, which one of the engines lacks; write it otherwise")
        self.report(findings)

    def test_every_processor_has_its_own_tag(self):
        findings = []
        for path in PIPELINES:
            seen = set()
            for number, (kind, options) in enumerate(processors(tree.load_yaml(path)), 1):
                tag = options.get("tag")
                if not tag:
                    findings.append(f"{path}: processor {number} ({kind}) has no tag; failures name it, so give it one")
                elif tag in seen:
                    findings.append(f"{path}: tag {tag} stands twice; make it unique")
                seen.add(tag)
        self.report(findings)

    def test_failures_stay_visible(self):
        findings = []
        for path in PIPELINES:
            handlers = tree.load_yaml(path).get("on_failure", [])
            if not any(h.get("set", {}).get("field") == "event.kind" and h["set"].get("value") == "pipeline_error"
                       for h in handlers):
                findings.append(f"{path}: on_failure does not set event.kind to pipeline_error; add it")
            texts = [h[k]["value"] for h in handlers for k in ("set", "append")
                     if h.get(k, {}).get("field") == "error.message"]
            for needed in MENTIONED:
                if not any(needed in text for text in texts):
                    findings.append(f"{path}: error.message lacks {needed}; {ON_FAILURE_NEEDS}")
        self.report(findings)

    def test_message_becomes_event_original_as_the_format_wants(self):
        findings = []
        for path in PIPELINES:
            steps = [(k, o.get("field"), o.get("target_field"), o.get("if"), o.get("ignore_missing"))
                     for k, o in processors(tree.load_yaml(path))]
            rename = ("rename", "message", "event.original", "ctx.event?.original == null", True)
            remove = ("remove", "message", None, "ctx.event?.original != null", True)
            if not any(field == "message" for _, field, *_ in steps):
                continue  # a stream that no other collector has takes no raw rows
            if rename not in steps or remove not in steps or steps.index(rename) > steps.index(remove):
                findings.append(f"{path}: expected a rename of message to event.original if ctx.event?.original == null and "
                                "then a remove of message if ctx.event?.original != null, both with ignore_missing")
        self.report(findings)

    def test_every_target_is_declared(self):
        findings = []
        for path in PIPELINES:
            declared = tree.declared_fields("base", path.stem)
            own = f"anthropic.{path.stem}"
            pipeline = tree.load_yaml(path)
            for kind, options in list(processors(pipeline)) + [next(iter(h.items())) for h in pipeline["on_failure"]]:
                if kind == "remove":
                    continue
                target = options.get("target_field") or options.get("field")
                if kind != "script" and target and target not in declared and target not in SCRATCH:
                    findings.append(f"{path}: {kind} writes {target}, which fields/base.yml and fields/{path.stem}.yml lack; "
                                    "define it")
                if options.get("tag") == SHAPES_ROWS:
                    for name in self.written(options["source"], path.stem):
                        if not any(n == f"{own}.{name}" or n.startswith(f"{own}.{name}.") for n in declared):
                            findings.append(f"{path}: the script writes {own}.{name}, which fields/{path.stem}.yml lacks; define it")
        self.report(findings)

    def written(self, script, stream):
        """Names that a script assigns in the map it stores under anthropic.<stream>."""
        variable = re.search(rf"ctx\.anthropic\.{stream} = (\w+);", script).group(1)
        names = set(re.findall(rf"^\s*{variable}\.(\w+)\s*=[^=]", script, re.MULTILINE))
        for listed in re.findall(r"List (?:dimensions|flat) = \[(.*?)\]", script, re.DOTALL):
            names |= set(re.findall(r"'(\w+)'", listed))
        for listed in re.findall(rf"copyTexts\(row, {variable}, \[(.*?)\]\)", script, re.DOTALL):
            names |= set(re.findall(r"'(\w+)'", listed))
        return names

    def test_the_script_fills_what_the_schema_requires(self):
        findings = []
        cannot_know = {"group_by"}  # a raw row carries it only if its collector noted it
        for path in PIPELINES:
            schema = tree.load_json(f"schemas/{path.stem}.schema.json")
            required = set(schema["$defs"][path.stem]["required"]) - cannot_know
            for kind, options in processors(tree.load_yaml(path)):
                if options.get("tag") == SHAPES_ROWS:
                    for name in sorted(required - self.written(options["source"], path.stem)):
                        findings.append(f"{path}: the script for raw rows never writes {name}, which the schema requires; write it")
        self.report(findings)

    def test_the_types_of_all_own_fields_are_checked(self):
        findings = []
        for path in PIPELINES:
            own = f"anthropic.{path.stem}."
            kinds = {"counters": set(), "texts": set()}
            for name, field in tree.declared_fields(path.stem).items():
                name = name.removeprefix(own)
                if "." not in name and name != "event.dataset" and name != "revision":
                    kinds.get({"long": "counters", "keyword": "texts"}.get(field["type"]), set()).add(name)
            checked = [options["params"] for _, options in processors(tree.load_yaml(path)) if options.get("tag") == CHECKS_TYPES]
            if len(checked) != 1:
                findings.append(f"{path}: expected one processor tagged {CHECKS_TYPES}, found {len(checked)}; restore it")
                continue
            for kind, names in kinds.items():
                given = set(checked[0].get(kind, []))
                findings += [f"{path}: {CHECKS_TYPES} does not know the field {own}{name}; add it to {kind}"
                             for name in sorted(names - given)]
                findings += [f"{path}: {CHECKS_TYPES} knows {own}{name}, which fields/ does not have among {kind}; remove it"
                             for name in sorted(given - names)]
        self.report(findings)


if __name__ == "__main__":
    unittest.main()
