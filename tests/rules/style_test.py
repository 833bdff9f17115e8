# SPDX-License-Identifier: Apache-2.0
"""Rules of form that a reader notices: length, ASCII, licence line, open ends, and nothing private."""

import re
import unittest

import tree

CODE = (".c", ".h", ".cpp", ".hpp")
LONG, TOO_LONG = 350, 450
MAY_BE_LONG = {"abi/beat_plugin.h"}  # a contract is read in one piece
# Real keys are about a hundred random characters; what is random has capitals, small letters and digits.
KEY = re.compile(r"sk-ant-[a-z]+[0-9]{2}-([A-Za-z0-9_-]{20,})")
FAKE = re.compile(r"simulat|fake|example|invented|canary|test", re.IGNORECASE)
PRIVATE = [
    (re.compile(r"(?<![\w.$}/-])/(root|work)/[A-Za-z0-9._-]+"), "a path of somebody's machine", "use a path relative to the tree"),
    (re.compile(r"/home/(?!user\b|anthropic)[a-z][a-z0-9_-]*/"), "a path of somebody's machine", "use a path relative to the tree"),
    (re.compile(r"-----BEGIN (?:RSA |EC )?PRIVATE KEY-----\n[A-Za-z0-9+/=\n]{64,}"), "a private key", "generate it in the test"),
]


def text_files():
    for path in tree.files():
        try:
            yield path, tree.read(path)
        except UnicodeDecodeError:
            continue  # a picture or another binary file


class Form(tree.TreeTest):
    def test_files_have_one_job_and_its_length(self):
        findings, notes = [], []
        for path in tree.files(*CODE, ".py"):
            count = tree.read(path).count("\n")
            if path.as_posix() in MAY_BE_LONG or count <= LONG:
                continue
            # A test file may be a long list of cases; it is only named.
            (findings if count > TOO_LONG and path.parts[0] != "tests" else notes).append(
                f"{path} has {count} lines; {LONG} is the aim, {TOO_LONG} the limit: see what second job crept in")
        for note in notes:
            print(f"note: {note}")
        self.report(findings)

    def test_sources_are_ascii(self):
        findings = []
        for path in tree.files(*CODE, ".py", ".cmake", "CMakeLists.txt", ".yml", ".json", ".map"):
            if path.parts[:2] == ("tests", "fixtures") or path.parts[:2] == ("package", "kibana"):
                continue  # data may hold anything a service may send
            for number, line in enumerate(tree.read(path).splitlines(), 1):
                odd = sorted({c for c in line if ord(c) > 126 or (ord(c) < 32 and c != "\t")})
                if odd:
                    shown = " ".join(f"{c} (U+{ord(c):04X})" for c in odd)
                    findings.append(f"{path}:{number}: {shown}; write ASCII, in literals \\u escapes")
        self.report(findings)

    def test_code_names_its_licence(self):
        findings = []
        for path in tree.files(*CODE, ".py"):
            if "SPDX-License-Identifier: Apache-2.0" not in "\n".join(tree.read(path).splitlines()[:3]):
                findings.append(f"{path}: no 'SPDX-License-Identifier: Apache-2.0' in its first lines; add it")
        self.report(findings)

    def test_open_ends_have_an_issue(self):
        findings = []
        for path, text in text_files():
            if path.as_posix() == "tests/rules/style_test.py":
                continue
            for number, line in enumerate(text.splitlines(), 1):
                for word in re.findall(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))", line):
                    findings.append(f"{path}:{number}: {word} without an issue; write {word}(#12), or do it")
        self.report(findings)

    def test_lines_end_plainly(self):
        findings = []
        for path, text in text_files():
            if path.parts[:2] == ("tests", "fixtures") or path.parts[:3] in (("tests", "fuzz", "corpus"), ("tests", "finance", "month")):
                continue
            if "\r" in text:
                findings.append(f"{path}: carriage returns; end lines with a newline only")
            if text and not text.endswith("\n"):
                findings.append(f"{path}: the last line has no end; add a newline")
            if path.suffix != ".md":
                for number, line in enumerate(text.splitlines(), 1):
                    if line != line.rstrip():
                        findings.append(f"{path}:{number}: blanks at the end of the line; remove them")
        self.report(findings)


class NothingPrivate(tree.TreeTest):
    def test_no_key_that_could_be_real(self):
        findings = []
        for path, text in text_files():
            for number, line in enumerate(text.splitlines(), 1):
                for tail in KEY.findall(line):
                    mixed = all(re.search(kind, tail) for kind in ("[A-Z]", "[a-z]", "[0-9]"))
                    if mixed and not FAKE.search(tail):
                        findings.append(f"{path}:{number}: ...{tail[:4]}... looks like a real key; revoke it if it is, and use one "
                                        "that says fake, example, simulator or test within")
        self.report(findings)

    def test_no_private_paths_and_no_private_keys(self):
        findings = []
        for path, text in text_files():
            if path.as_posix() == "tests/rules/style_test.py":
                continue
            for pattern, what, remedy in PRIVATE:
                for match in pattern.finditer(text):
                    number = text.count("\n", 0, match.start()) + 1
                    findings.append(f"{path}:{number}: {match.group(0)[:40]!r} is {what}; {remedy}")
        self.report(findings)


class NobodyElse(tree.TreeTest):
    """The project has no address yet, so it names none: a name on GitHub is somebody's, or will be."""

    # Where others' sources are named because they are used.
    USED = ("tests/agent/official/", "tests/package/cel/", "tests/package/official/", "tests/package/render/",
            "tests/package/faults/files.py", "tests/e2e/promlint/", "tests/deploy/official/")

    def test_no_foreign_organization(self):
        findings = []
        for path, text in text_files():
            if not path.as_posix().startswith(self.USED):
                findings += [f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match.group(0)} is somebody's; name no address"
                             for match in re.finditer(r"git(?:hub|lab)\.(?:com|io)/+[\w-]+", text)]
        self.report(findings)

    def test_owner_is_a_name_that_no_account_can_have(self):
        owner = tree.load_yaml("manifest.yml")["owner"]["github"]
        self.assertIn("_", owner, "manifest.yml: owner.github could be somebody's account; GitHub allows no underscores, so write one")

    def test_requests_carry_name_and_version_only(self):
        text = (tree.ROOT / "plugin" / "settings" / "settings.cpp").read_text(encoding="utf-8")
        self.assertEqual(re.findall(r"user_agent =\s+fmt::format\(\"([^\"]*)\"", text), ["anthropic_metrics/{}"])


if __name__ == "__main__":
    unittest.main()
