# SPDX-License-Identifier: Apache-2.0
"""The package under each of its names: all that is named follows, what is no name of the package stays."""

import contextlib
import functools
import io
import pathlib
import re
import tempfile
import unittest

import tree

import build
import naming
import opensearch
from fault import PackageFault

TREES = "anthropic_metrics"
# Names of packages and data streams of Elastic's own that begin as ours do, or are about the same (November 2026).
ELASTICS = {TREES: ("usage", "cost", "rate_limit")}
# Where the word stays in a package of another name, and why.
STAYS = {
    r"(input|type): anthropic_metrics$": "the type of the input, which the host knows",
    r'^"(type|module)": "anthropic_metrics",?$': "the same and event.module in a sample",
    r"(template_path: |- )?anthropic_metrics\.yml\.hbs$": "the input's template",
    r"value: anthropic_metrics(\}|$)": "event.module",
    r"^ctx\.event\.module = 'anthropic_metrics';$": "event.module",
    r"\(`anthropic_metrics`\)": "the input, on the page",
}


@functools.lru_cache(maxsize=None)
def of_any_name():
    return build.source_form(tree.ROOT, tree.description())


@functools.lru_cache(maxsize=None)
def made(name):
    return naming.named(of_any_name(), name)


class Names(tree.TreeTest):
    def test_another_name_is_in_every_place_but_those_that_are_no_names_of_the_package(self):
        package = made(naming.OWN)
        found, findings = set(), []
        for path, content in sorted(package.items()):
            if path.startswith("img/"):
                continue
            if TREES in path.replace(f"{TREES}.yml.hbs", ""):
                findings.append(f"{path}: is named {TREES}; say PACKAGE_NAME where its name is made")
            for number, line in enumerate(content.decode("utf-8").splitlines(), 1):
                if TREES not in line:
                    continue
                why = [pattern for pattern in STAYS if re.search(pattern, line.strip())]
                found.update(why)
                if not why:
                    findings.append(f"{path}:{number}: says {TREES}: {line.strip()[:120]}; say PACKAGE_NAME in its source")
        self.report(findings + [f"tests/package/naming_test.py: nothing is {pattern} any more; remove it"
                                for pattern in STAYS.keys() - found])

    def test_no_place_is_left_in_what_is_built(self):
        for name in naming.offered(tree.ROOT):
            artefact = naming.named(opensearch.files(tree.ROOT, tree.description()), name)
            for path, content in {**made(name), **artefact}.items():
                self.assertNotRegex(path, "PACKAGE_(NAME|TITLE)")
                self.assertNotIn(b"PACKAGE_NAME", content, path)
                self.assertNotIn(b"PACKAGE_TITLE", content, path)

    def test_both_packages_have_the_same_files_and_people_can_tell_them_apart(self):
        ours, trees = made(naming.OWN), made(TREES)
        self.assertEqual({path.replace(naming.OWN, "") for path in ours},
                         {path.replace(f"{TREES}.yml.hbs", "@").replace(TREES, "").replace("@", f"{TREES}.yml.hbs")
                          for path in trees})
        self.assertIn(b"title: Claude Metrics\n", ours["manifest.yml"])
        self.assertIn(b"[Claude Metrics] Overview", ours["kibana/dashboard/claude_metrics-overview.json"])
        self.assertIn(b"title: Anthropic Metrics\n", trees["manifest.yml"])

class Uploads(tree.TreeTest):
    """What Kibana from 8.19.22, 9.4.7 and 9.5.4 on asks of an upload, as far as the package alone decides it."""

    def test_the_second_name_is_none_that_elastics_registry_is_known_to_have(self):
        self.assertIn(TREES, ELASTICS, "without a package of the tree's name there, no second name is needed")
        self.assertNotIn(naming.OWN, ELASTICS)
        self.assertEqual(naming.offered(tree.ROOT), [TREES, naming.OWN])

    def test_no_data_set_is_that_of_another_package_or_the_beginning_of_one(self):
        own = [f"{naming.OWN}.{stream}" for stream in tree.streams()]
        others = [f"{TREES}.{stream}" for stream in tree.streams()] + [f"{name}.{stream}" for name in ELASTICS
                                                                       for stream in ELASTICS[name]]
        self.report([f"data set {one} and {other}, of another package; rename the stream" for one in own for other in others
                     if one.startswith(other) or other.startswith(one)])

    def test_pipelines_and_templates_stand_below_their_data_stream(self):
        for name in naming.offered(tree.ROOT):
            self.report([f"{path}: Kibana refuses an upload with pipelines or templates at the top; put it below a data stream"
                         for path in made(name) if path.startswith("elasticsearch/")])


class CommandLine(tree.TreeTest):
    def test_a_name_that_no_store_takes_is_refused_before_anything_is_built(self):
        for wrong in ("Claude", "claude-metrics", "claude.metrics", "_claude", "claude__metrics", "", "c" * 65):
            with self.subTest(name=wrong):
                with self.assertRaisesRegex(PackageFault, f"^--name {re.escape(wrong)}: no name of a package"):
                    naming.checked(wrong)
        self.assertEqual(naming.checked("claude_metrics_2"), "claude_metrics_2")

    def test_the_name_is_chosen_on_the_command_line(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as said:
            description = tree.BINARY_DIR / "description.json"
            if not description.exists():
                raise unittest.SkipTest(f"{description} is not built; build the tree first")
            self.assertEqual(build.main(["--description", str(description), "--output", folder, "--name", "our_claude"]), 0)
            version = tree.load_yaml("manifest.yml")["version"]
            self.assertEqual(sorted(path.name for path in pathlib.Path(folder).glob("*.zip")),
                             [f"our_claude-{version}.zip", f"our_claude-opensearch-{version}.zip"])
            self.assertIn(f"our_claude-{version}.zip", said.getvalue())


if __name__ == "__main__":
    unittest.main()
