# SPDX-License-Identifier: Apache-2.0
"""The ingest pipelines keep to what both engines have, are tagged, show failures, and write declared fields only."""

import re
import sys
import unittest

import tree

sys.path.insert(0, str(tree.ROOT / "tools" / "package"))

from validate import layout, pipelines  # noqa: E402 (found on the path that was just set)
from validate.package import Package  # noqa: E402

PIPELINES = [path for path in tree.files(".yml") if path.parts[0] == "ingest_pipelines"]
# Not fields of the stored document: the id, the incoming text, and what is removed again.
SCRATCH = {"_id", "_row", "_arrived", "message"}
SHAPES_ROWS, CHECKS_TYPES = "shape_raw_row", "check_types"


def processors(pipeline):
    for processor in pipeline["processors"]:
        (kind, options), = processor.items()
        yield kind, options


class Pipelines(tree.TreeTest):
    def test_each_keeps_the_rules_of_packages(self):
        """What tools/package/validate demands of pipelines, said about the files that people edit."""
        paths = {f"data_stream/{path.stem}/elasticsearch/ingest_pipeline/default.yml": path for path in PIPELINES}
        package = Package({inside: tree.read(path).encode("utf-8") for inside, path in paths.items()})
        rules = {"layout.readable": layout.readable, **pipelines.RULES}
        self.report([str(finding._replace(path=str(paths[finding.path]), rule=name))
                     for name, rule in rules.items() for finding in rule(package)])

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
            required = {name for part in (path.stem, "measured") for name in schema["$defs"].get(part, {}).get("required", [])}
            required -= cannot_know
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
