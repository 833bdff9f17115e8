# SPDX-License-Identifier: Apache-2.0
"""The built package has no finding, in any form; and each rule finds the fault that is planted for it, only that one."""

import io
import pathlib
import stat
import tempfile
import unittest
import zipfile

import tree
from faults import Edit, kibana, mutants
from faults.tables import BOTH, FAULTS


from validate import load, rules
from validate.package import BUILT, SOURCE, Package

PACKAGES = tree.BINARY_DIR / "packages"


def places():
    """Source folder, built folder and zip."""
    version = tree.load_yaml("manifest.yml")["version"]
    found = [PACKAGES / "source" / "anthropic_metrics", PACKAGES / "anthropic_metrics" / version,
             PACKAGES / f"anthropic_metrics-{version}.zip"]
    for path in found:
        if not path.exists():
            raise unittest.SkipTest(f"{path} is not built; run ctest, or package/builder/build.py")
    return found


class TheBuiltPackage(tree.TreeTest):
    def test_has_no_finding_in_any_form(self):
        findings, forms = [], []
        for path in places():
            package, found = load.from_path(path)
            forms.append(package.form)
            findings += [f"{path.name}: {finding}" for finding in found + rules.findings(package)]
        self.report(findings)
        self.assertEqual(forms, [SOURCE, BUILT, BUILT], "package/validate/load.py takes a form for another")

    def test_zip_and_built_folder_hold_the_same(self):
        _, built, archive = places()
        self.assertEqual(load.from_path(built)[0].files, load.from_path(archive)[0].files)


class PlantedFaults(tree.TreeTest):
    def found(self, change, path, form=SOURCE):
        edit = Edit(load.from_path(path)[0].files)
        change(edit)
        return rules.findings(Package(edit.files, form))

    def test_each_is_found_and_nothing_else(self):
        source, findings = places()[0], []
        for number, (rule, path, fact, change) in enumerate(FAULTS + BOTH, 1):
            name = f"fault {number} ({rule}: {fact})"
            try:
                found = self.found(change, source)
            except (KeyError, IndexError, StopIteration, AssertionError) as error:
                findings.append(f"{name} cannot be planted: {error!r}; adapt it to what the package holds now")
                continue
            if len(found) != 1 or found[0].rule != rule or found[0].path != path or fact not in found[0].fact:
                said = "; ".join(map(str, found))[:600] or "nothing"
                findings.append(f"{name} in {path}: found {said}; expected that finding alone")
        print(f"{len(FAULTS + BOTH)} faults planted, {len({rule for rule, *_ in FAULTS + BOTH})} of {len(rules.RULES)} rules")
        self.report(findings)

    def test_every_rule_has_a_fault(self):
        missing = rules.RULES.keys() - {rule for rule, *_ in FAULTS + BOTH}
        self.report([f"rule {rule} has no planted fault; add one to tests/package/faults/" for rule in sorted(missing)])
        unknown = {rule for rule, *_ in FAULTS + BOTH} - rules.RULES.keys()
        self.report([f"fault for {rule}, which is no rule; correct its name" for rule in sorted(unknown)])

    def test_no_rule_stumbles_over_anything(self):
        original, seed, refused = load.from_path(places()[0])[0].files, 20_261_126, 0
        for description, path, content in mutants.some(original, 150, seed):
            edit = Edit(original)
            edit.files.pop(path)
            if content is not None:
                edit.files[path] = content
            try:
                refused += bool(rules.findings(Package(edit.files)))
            except Exception as error:  # whatever it is, the person who validates must not see it
                self.fail(f"seed {seed}: {description}: {error!r}; give the value a shape in the file's .shape rule")
        self.assertGreater(refused, 50, "hardly any mutant is refused; see tests/package/faults/mutants.py")

    def test_saved_objects_of_the_source_form_are_not_in_the_built_one(self):
        built, findings = places()[1], []
        found = self.found(lambda edit: edit.files.update(
            {kibana.BOARD: load.from_path(places()[0])[0].files[kibana.BOARD]}), built, BUILT)
        if not found or {f.rule for f in found} != {"kibana.form"}:
            findings.append(f"a saved object with readable JSON in the built form: found {[str(f) for f in found]}")
        self.report(findings)


class Containers(tree.TreeTest):
    """What can be wrong with a zip whatever is in it."""

    GOOD = ["anthropic_metrics-0.1.0/", "anthropic_metrics-0.1.0/manifest.yml"]

    def container_findings(self, names, name="anthropic_metrics-0.1.0.zip", alter=None):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for path in names:
                entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
                entry.external_attr = (stat.S_IFDIR | 0o755 if path.endswith("/") else stat.S_IFREG | 0o644) << 16
                if alter:
                    alter(entry)
                archive.writestr(entry, b"" if path.endswith("/") else b"name: anthropic_metrics\nversion: 0.1.0\n")
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / name
            path.write_bytes(buffer.getvalue())
            return {finding.rule for finding in load.from_path(path)[1]}

    def test_a_plain_one_has_no_finding(self):
        self.assertEqual(self.container_findings(self.GOOD), set())

    def test_each_fault_is_found(self):
        def link(entry):
            if not entry.is_dir():
                entry.external_attr = (stat.S_IFLNK | 0o777) << 16

        def late(entry):
            if not entry.is_dir():
                entry.date_time = (2026, 1, 1, 0, 0, 0)

        def packed(entry):
            entry.compress_type = zipfile.ZIP_BZIP2

        good = self.GOOD
        cases = [
            ("archive.name", dict(names=good, name="package.zip")),
            ("archive.regular_files", dict(names=good, alter=link)),
            ("archive.compression", dict(names=good, alter=packed)),
            ("archive.reproducible", dict(names=good, alter=late)),
            ("archive.reproducible", dict(names=[good[0], good[1], f"{good[0]}changelog.yml"])),
            ("archive.folders", dict(names=good[1:])),
        ]
        self.report([f"{rule}: found {sorted(self.container_findings(**case))}" for rule, case in cases
                     if rule not in self.container_findings(**case)])


if __name__ == "__main__":
    unittest.main()
