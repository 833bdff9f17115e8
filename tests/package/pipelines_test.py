# SPDX-License-Identifier: Apache-2.0
"""The ingest pipelines, put together of their parts, keep to what both engines have, are tagged, show failures, and write
declared fields only."""

import re
import unittest

import tree


import assets
import stream_fields
from validate import pipelines
from validate.package import Package

PIPELINES = {stream: f"ingest_pipelines/{stream}.yml" for stream in tree.streams()}
# Not fields of the stored document: the id, the incoming text, and what is removed again.
SCRATCH = {"_id", "_row", "_arrived", "message"}
SHAPES_ROWS = "shape_raw_row"


def processors(pipeline):
    for processor in pipeline["processors"]:
        (kind, options), = processor.items()
        yield kind, options


class Pipelines(tree.TreeTest):
    def test_each_keeps_the_rules_of_packages(self):
        """What package/validate demands of pipelines, said about the files that people edit."""
        paths = {f"data_stream/{stream}/elasticsearch/ingest_pipeline/default.yml": stream for stream in PIPELINES}
        package = Package({inside: tree.named(assets.pipeline_file(tree.ROOT, stream)) for inside, stream in paths.items()})
        self.report([str(finding._replace(path=PIPELINES[paths[finding.path]], rule=name))
                     for name, rule in pipelines.RULES.items() for finding in rule(package)])

    def test_every_target_is_declared(self):
        findings = []
        for stream, path in PIPELINES.items():
            declared = tree.declared_fields("base", stream)
            own = f"anthropic.{stream}"
            pipeline = tree.pipeline(stream)
            for kind, options in list(processors(pipeline)) + [next(iter(h.items())) for h in pipeline["on_failure"]]:
                if kind == "remove":
                    continue
                target = options.get("target_field") or options.get("field")
                if kind != "script" and target and target not in declared and target not in SCRATCH:
                    findings.append(f"{path}: {kind} writes {target}, which fields/base.yml and fields/{stream}.yml lack; "
                                    "define it")
                if options.get("tag") == SHAPES_ROWS:
                    for name in self.written(options["source"], stream):
                        if not any(n == f"{own}.{name}" or n.startswith(f"{own}.{name}.") for n in declared):
                            findings.append(f"{path}: the script writes {own}.{name}, which fields/{stream}.yml lacks; define it")
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

    def test_the_script_fills_what_is_required(self):
        findings = []
        cannot_know = {"group_by"}  # a raw row carries it only if its collector noted it
        for stream, path in PIPELINES.items():
            own = stream_fields.load(tree.ROOT, stream)
            required = {field.name for field in own.fields if field.said("required") in ("always", "measured")} - cannot_know
            for kind, options in processors(tree.pipeline(stream)):
                if options.get("tag") == SHAPES_ROWS:
                    for name in sorted(required - self.written(options["source"], stream)):
                        findings.append(f"{path}: the script for raw rows never writes {name}, which fields/{stream}.yml requires; write it")
        self.report(findings)


if __name__ == "__main__":
    unittest.main()
