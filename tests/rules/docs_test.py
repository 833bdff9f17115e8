# SPDX-License-Identifier: Apache-2.0
"""What the pages say works: their code blocks are run, compiled or parsed, their links lead somewhere, their tables
agree with what they are made from."""

import difflib
import json
import os
import re
import subprocess
import tempfile
import textwrap
import unittest

import yaml

import settings_table
import stated_error
import streams_table
import tree

import searched

PAGES = [path for path in tree.files(".md") if path.parts[0] == "docs" or len(path.parts) == 1]
BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]+\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)")
# Languages whose blocks are shown, not executed: pictures and what a program printed.
SHOWN = {"text": "output of a program, or a drawing", "mermaid": "a drawing"}
# Commands of sh blocks that are not tried, with the reason.
NOT_RUN = {
    "git clone": "needs the network",
    "cd": "a folder that the line before made",
    "export": "sets a key",
    "sudo": "changes the machine",
    "systemctl": "needs systemd",
    "systemd-run": "needs systemd",
    "curl": "needs a server",
    "podman": "needs a container engine; tests/deploy holds the options against the Containerfile",
    "kubectl": "needs a cluster",
    "./host": "run by tests/abi/collect_test.cpp",
    "./beat-plugin-conform": "run by tests/conformance",
}
HOST = tree.BINARY_DIR / "bin" / "anthropic-metrics"
POLICY_FAULT = {64, 66, 69, 76, 78}  # see host/exit_codes.hpp: the file, the plugin or the policy is wrong


def blocks(*languages):
    """(page:line, language, text) of every fenced block."""
    for path in PAGES:
        text = tree.read(path)
        for found in BLOCK.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            if not languages or found.group("language") in languages:
                yield f"{path}:{line}", found.group("language"), tree.named(textwrap.dedent(found.group("text")))


class Blocks(tree.TreeTest):
    def test_every_block_is_of_a_kind_that_is_checked(self):
        known = set(SHOWN) | {"sh", "yaml", "json", "c", "cpp", "c++"}
        self.report([f"{place}: a block of language '{language}'; use one of {', '.join(sorted(known))}, so that it is checked"
                     for place, language, _ in blocks() if language not in known])

    def test_shell_blocks_name_commands_that_exist(self):
        targets = set(re.findall(r"^([a-z-]+):", tree.read("Makefile"), re.MULTILINE))
        presets = {preset["name"] for preset in tree.load_json("CMakePresets.json")["configurePresets"]}
        findings = []
        for place, _, text in blocks("sh"):
            syntax = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, timeout=20)
            if syntax.returncode != 0:
                findings.append(f"{place}: {syntax.stderr.strip()}; correct the block")
            for line in text.replace("\\\n", " ").splitlines():
                words = re.sub(r"^(\w+=\S*\s+)+", "", line.split(" # ")[0].strip()).split()
                if not words or words[0].startswith("#") or any(line.strip().startswith(start) for start in NOT_RUN):
                    continue
                program = words[0].rpartition("/")[2]
                if program == "make":
                    findings += [f"{place}: make {word}: no such target in the Makefile; {', '.join(sorted(targets))} are there"
                                 for word in words[1:] if re.fullmatch(r"[a-z-]+", word) and word not in targets]
                elif program in ("cmake", "ctest"):
                    for option, value in zip(words, words[1:]):
                        if option == "--preset" and value not in presets:
                            findings.append(f"{place}: preset {value} is not in CMakePresets.json; use one of {sorted(presets)}")
                elif program == "anthropic-metrics":
                    findings += self.host_command(place, words)
                elif program == "cc":
                    findings += self.compiles(place, words)
                elif words[0].startswith(("tools/", "./tools/", ".ci/")):
                    if not (tree.ROOT / words[0]).exists():
                        findings.append(f"{place}: {words[0]} is not in the tree; correct the path")
                else:
                    findings.append(f"{place}: '{words[0]}' is neither known here nor listed in NOT_RUN of "
                                    "tests/rules/docs_test.py with a reason; add it there")
        self.report(findings)

    def compiles(self, place, words):
        """A line that compiles is run, but for where its result goes."""
        with tempfile.TemporaryDirectory() as folder:
            words = [found for word in words[1:] for found in (sorted(map(str, tree.ROOT.glob(word))) if "*" in word else [word])]
            words = [os.environ.get("AM_CC") or "cc", *words]
            words[words.index("-o") + 1] = os.path.join(folder, "program")
            done = subprocess.run([*words, "-Werror"], cwd=tree.ROOT, capture_output=True, text=True, timeout=120)
        return [f"{place}: {done.stderr.strip()[:400]}; correct the line"] * (done.returncode != 0)

    def host_command(self, place, words):
        """A command line of the host is tried with --help, which shows whether its options exist."""
        if not HOST.exists():
            return []
        helped = subprocess.run([HOST, *words[1:2], "--help"], capture_output=True, text=True, timeout=30,
                                stdin=subprocess.DEVNULL)
        if helped.returncode != 0:
            return [f"{place}: {' '.join(words[:2])}: {helped.stderr.strip()}; the host does not know it"]
        return [f"{place}: {' '.join(words)}: no option {word.split('=')[0]} in its --help; correct the line"
                for word in words[2:] if word.startswith("-") and word.split("=")[0] not in helped.stdout]

    def test_passages_of_the_source_stand_there(self):
        """A c++ block shows the source; cpp blocks are examples, and compiled."""
        def words(text):
            return "\n".join(line.strip() for line in text.strip().splitlines())

        sources = [words(tree.read(path)) for path in tree.files(".cpp", ".hpp") if path.parts[0] in ("base", "net", "plugin")]
        self.report([f"{place}: this passage is in no source file any more; copy it anew"
                     for place, _, text in blocks("c++") if not any(words(text) in source for source in sources)])

    def test_json_blocks_are_what_they_seem(self):
        findings = []
        for place, _, text in blocks("json"):
            try:
                value = json.loads(text)
            except ValueError as error:
                findings.append(f"{place}: {error}; correct the JSON")
                continue
            schema = None
            if isinstance(value, dict) and "admin_api_key" in value:
                schema = "configuration.schema.json"
            elif isinstance(value, dict) and "data_stream" in value:
                schema = value["event"]["dataset"].rpartition(".")[2] + ".schema.json"
            if schema:
                findings += [f"{place}: {fault}; the block must be valid against {schema}"
                             for fault in tree.faults(tree.validator(schema), value)]
        self.report(findings)

    def test_yaml_blocks_parse(self):
        findings = []
        for place, _, text in blocks("yaml"):
            try:
                yaml.safe_load(text)
            except yaml.YAMLError as error:
                findings.append(f"{place}: {error}; correct the YAML")
        self.report(findings)

    def test_policies_are_accepted_by_the_host(self):
        if not HOST.exists():
            self.skipTest(f"{HOST} is not built")
        findings = []
        for place, _, text in blocks("yaml"):
            policy = yaml.safe_load(text)
            ours = [i for i in (policy.get("inputs") or []) if i.get("type") == "anthropic_metrics"] \
                if isinstance(policy, dict) else []
            if not ours:
                continue
            with searched.folder(inputs=["key"]) as folder:
                # The same policy, asked of a closed port instead of the API, written to a scratch folder.
                for entry in ours:
                    entry["url"] = "http://127.0.0.1:9"
                    if entry["admin_api_key"].startswith("file:"):
                        entry["admin_api_key"] = "file:" + str(folder / "key")
                for output in policy["outputs"].values():
                    if "path" in output:
                        output["path"] = str(folder / "documents")
                (folder / "key").write_text(searched.CANARY + "\n", encoding="ascii")
                file = folder / "policy.yml"
                file.write_text(yaml.safe_dump(policy), encoding="utf-8")
                names = set(re.findall(r"\$\{(?:env\.)?(\w+)", text))
                environment = {**os.environ, **{name: searched.CANARY for name in names}}
                done = subprocess.run(
                    [HOST, "run", "-c", file, "--path.data", folder / "data", "--once", "--timeout", "1"],
                    capture_output=True, text=True, timeout=60, env=environment, stdin=subprocess.DEVNULL)
                (folder / "log.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
                if done.returncode in POLICY_FAULT:
                    findings.append(f"{place}: the host refuses the policy (exit {done.returncode}): {done.stderr.strip()[:600]}")
        self.report(findings)

    def test_c_and_cpp_blocks_compile(self):
        findings = []
        for place, language, text in blocks("c", "cpp"):
            if language == "c":
                command = [os.environ.get("AM_CC") or "cc", "-std=c11"]
            else:
                command = [os.environ.get("AM_CXX") or "c++", "-std=c++20"]
            with tempfile.TemporaryDirectory() as folder:
                source = os.path.join(folder, f"block.{language}")
                with open(source, "w", encoding="utf-8") as file:
                    file.write(text)
                done = subprocess.run([*command, "-Wall", "-Wextra", "-fsyntax-only", "-I", str(tree.ROOT / "abi"), "-I",
                                       str(tree.ROOT / "plugin"), source], capture_output=True, text=True, timeout=120)
            if done.returncode != 0:
                findings.append(f"{place}: does not compile: {done.stderr.strip()[:400]}")
        self.report(findings)


class Pages(tree.TreeTest):
    def test_links_lead_to_files(self):
        findings = []
        for path in PAGES:
            for target in LINK.findall(tree.read(path)):
                if not (tree.ROOT / path.parent / target).exists():
                    findings.append(f"{path}: link to {target}, which is not in the tree; correct or remove it")
        self.report(findings)

    def test_tables_are_what_the_library_describes(self):
        findings = []
        for made in (settings_table, streams_table):
            page, wanted = tree.read(made.PAGE), made.rendered()
            if page != wanted and os.environ.get("AM_UPDATE_GOLDEN"):
                (tree.ROOT / made.PAGE).write_text(wanted, encoding="utf-8")
                continue
            changes = [line for line in difflib.unified_diff(page.splitlines(), wanted.splitlines(), lineterm="", n=0)
                       if line[:1] in "+-" and line[:3] not in ("+++", "---")]
            findings += [f"{made.PAGE} is not what the library describes (- page, + description); run make update-golden"] \
                * bool(changes) + changes
        self.report(findings)

    def test_pages_say_where_their_tables_stand(self):
        for made in (settings_table, streams_table):
            self.assertTrue(made.PART.search(tree.read(made.PAGE)), f"{made.PAGE}: no mark of a table; restore {made.PART.pattern}")

    def test_the_stated_error_of_estimates_is_what_the_command_prints(self):
        if not HOST.exists():
            self.skipTest(f"{HOST} is not built")
        text, findings = stated_error.printed(), []
        for page, mark in ((stated_error.PAGE, stated_error.BLOCK), (stated_error.PACKAGE, stated_error.SENTENCE)):
            self.assertTrue(mark.search(tree.read(page)), f"{page}: no mark of the error; restore {mark.pattern}")
            wanted = stated_error.rendered(page, text)
            if tree.read(page) == wanted:
                continue
            if os.environ.get("AM_UPDATE_GOLDEN"):
                (tree.ROOT / page).write_text(wanted, encoding="utf-8")
            else:
                findings.append(f"{page} states another error than 'anthropic-metrics forecast --backtest' prints; run make update-golden")
        self.report(findings)

    def test_exit_codes_are_all_explained(self):
        codes = dict(re.findall(r"^\s*(\w+) =\s+(\d+),", tree.read("host/exit_codes.hpp"), re.MULTILINE))
        table = set(re.findall(r"^\| (\d+) \|", tree.read("docs/operations.md"), re.MULTILINE))
        self.assertTrue(codes, "host/exit_codes.hpp: no codes found; this test reads lines such as 'ok = 0,'")
        self.report([f"docs/operations.md does not explain exit code {number} ({name}); add it to the table"
                     for name, number in codes.items() if number not in table]
                    + [f"docs/operations.md explains exit code {number}, which host/exit_codes.hpp does not have; remove it"
                       for number in sorted(table - set(codes.values()))])

    def test_metrics_are_all_explained(self):
        source = tree.read("host/endpoint/metrics.cpp")
        served = set(re.findall(r'Family \w+\(\s*"(\w+)"', source)) | set(re.findall(r'\{"\w+",\s*"(\w+)",\s*Type', source))
        table = set(re.findall(r"^\| `(\w+)` \| (?:counter|gauge|histogram) \|", tree.read("docs/monitoring.md"), re.MULTILINE))
        self.assertGreater(len(served), 30)
        self.report([f"docs/monitoring.md does not explain the metric {name}; add it to the table" for name in sorted(served - table)]
                    + [f"docs/monitoring.md explains the metric {name}, which is not served; remove it" for name in sorted(table - served)])

    def test_make_targets_of_the_readme_exist(self):
        targets = set(re.findall(r"^([a-z-]+):", tree.read("Makefile"), re.MULTILINE))
        findings = []
        for path in PAGES:
            for target in re.findall(r"`make ([a-z-]+)`", tree.read(path)):
                if target not in targets:
                    findings.append(f"{path}: `make {target}` is not a target of the Makefile; correct the page")
        self.report(findings)


if __name__ == "__main__":
    unittest.main()
