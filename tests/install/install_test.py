# SPDX-License-Identifier: Apache-2.0
"""What is installed: which file belongs to which component, that it works wherever it lies, that others build against it, and that it
says nothing of the machine that built it. All of it in a path with spaces."""

import contextlib
import gzip
import io
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import zipfile

import build_paths
import installed
import tree

HERE = pathlib.Path(__file__).resolve().parent
VERSION = tree.load_yaml("manifest.yml")["version"]
DOC = installed.DOCUMENTATION
# Component: patterns of its files, all of them needed and no other file allowed.
FILES = {
    "runtime": [r"bin/anthropic-metrics", r"lib/anthropic_metrics/libanthropic_metrics\.so",
                r"lib/anthropic_metrics/anthropic_metrics\.assets\.json", rf"{DOC}/LICENSE",
                r"share/man/man1/anthropic-metrics\.1\.gz", r"share/bash-completion/completions/anthropic-metrics",
                r"share/zsh/vendor-completions/_anthropic-metrics", r"share/fish/vendor_completions\.d/anthropic-metrics\.fish"],
    "devel": [r"include/beat_plugin\.h", r"include/beat_(read|wait)\.h", r"share/beat_plugin/beat_plugin\.map",
              r"share/cmake/beat_plugin/beat_plugin-config(-version)?\.cmake",
              r"share/pkgconfig/beat_plugin\.pc", rf"{DOC}/examples/(README\.md|config\.json)",
              rf"{DOC}/examples/(c|cpp|go|python)/README\.md", rf"{DOC}/examples/c/(host|shipper)\.c", rf"{DOC}/examples/c/Makefile",
              rf"{DOC}/examples/cpp/(beat\.hpp|shipper\.cpp|CMakeLists\.txt)", rf"{DOC}/examples/go/(bridge\.[ch]|go\.mod)",
              rf"{DOC}/examples/go/(plugin|shipper)\.go", rf"{DOC}/examples/python/(beat_plugin|shipper)\.py"],
    "tools": [r"bin/(anthropic-metrics-simulator|beat-plugin-conform)"],
    "package": [rf"share/anthropic_metrics/packages/[a-z_]+-{VERSION}\.zip",
                rf"share/anthropic_metrics/packages/[a-z_]+-opensearch-{VERSION}\.zip"],
}


def files(prefix):
    return sorted(path.relative_to(prefix).as_posix() for path in prefix.rglob("*") if path.is_file())


class Installed(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory())) / "a path with spaces"
        cls.everything = installed.install(cls.folder / "all of it", *FILES)

    def setUp(self):
        self.scratch = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "b c"
        self.scratch.mkdir()

    def succeed(self, command, folder, environment):
        done = installed.run(command, folder, environment)
        self.assertEqual(done.returncode, 0, f"{command}:\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    # ---- Components

    def test_each_component_has_its_files_and_no_other(self):
        for component, patterns in FILES.items():
            found = files(installed.install(self.scratch / component, component))
            foreign = [name for name in found if not any(re.fullmatch(pattern, name) for pattern in patterns)]
            self.assertEqual(foreign, [], f"{component}: belongs elsewhere, or into the list of this test")
            missing = [pattern for pattern in patterns if not any(re.fullmatch(pattern, name) for name in found)]
            self.assertEqual(missing, [], f"{component}: not installed")

    def test_nothing_is_without_a_component(self):
        done = installed.cmake_install(self.scratch / "whole")
        self.assertEqual(done.returncode, 0, done.stderr)
        of_components = [name for name in files(self.everything) if not name.endswith(".zip")]
        self.assertEqual(files(self.scratch / "whole"), of_components)

    def test_a_component_that_there_is_not_is_one_sentence(self):
        done = installed.cmake_install(self.scratch / "typed wrongly", "--component", "runtme")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("There is no component runtme; name one of runtime, devel,", " ".join(done.stderr.split()))
        self.assertFalse((self.scratch / "typed wrongly").exists())

    def test_packages_that_were_not_made_are_one_sentence(self):
        script = (tree.BINARY_DIR / "package" / "cmake_install.cmake").read_text(encoding="utf-8")
        packages = str(tree.BINARY_DIR / "packages")
        self.assertIn(packages, script)
        (self.scratch / "install.cmake").write_text(script.replace(packages, "/nowhere"), encoding="utf-8")
        done = installed.run(["cmake", "-D", "CMAKE_INSTALL_COMPONENT=package", "-D", f"CMAKE_INSTALL_PREFIX={self.scratch}", "-P", "install.cmake"],
                             self.scratch, installed.outside(self.scratch))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("build the target packages", " ".join(done.stderr.split()))

    # ---- It works where it lies

    def test_the_host_finds_its_plugin_beside_itself(self):
        moved = shutil.copytree(self.everything, self.scratch / "moved there")
        done = subprocess.run([moved / "bin" / "anthropic-metrics", "export", "description"], capture_output=True, text=True, timeout=60,
                              cwd="/", env={}, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout), tree.description())

    def test_pkg_config_names_what_is_there_also_after_a_move(self):
        for place in (self.everything, shutil.copytree(self.everything, self.scratch / "moved there")):
            environment = installed.outside(place)
            for variable, file in (("plugin", installed.PLUGIN), ("version_script", "share/beat_plugin/beat_plugin.map")):
                said = self.succeed(["pkg-config", f"--variable={variable}", "beat_plugin"], self.scratch, environment).strip()
                # pkgconf shows a blank of its own path as it would be quoted in a command.
                self.assertEqual(pathlib.Path(said.replace("\\ ", " ")).resolve(), (place / file).resolve())
            self.assertEqual(self.succeed(["pkg-config", "--modversion", "beat_plugin"], self.scratch, environment).strip(), "1.0")

    # ---- Others build against it

    def test_two_projects_of_somebody_else(self):
        environment = installed.outside(self.everything)
        plugin = shutil.copytree(HERE / "outside" / "plugin", self.scratch / "a plugin")
        shutil.copy(tree.ROOT / "tests/host/fake_plugin.c", plugin)
        self.succeed("make", plugin, {**environment, "CFLAGS": "-O2 -Wall -Wextra -Werror"})
        exported = subprocess.run(["nm", "-D", "--defined-only", plugin / "libfake.so"], capture_output=True, text=True, check=True, timeout=60)
        symbols = {line.split()[-1].partition("@")[0] for line in exported.stdout.splitlines() if " T " in line}
        self.assertEqual(symbols, {"beat_plugin_" + name for name in ("abi_version", "get_api", "init", "poll", "ack", "shutdown")})

        host = shutil.copytree(HERE / "outside" / "host", self.scratch / "a host")
        shutil.copy(self.everything / DOC / "examples/c/host.c", host)
        self.succeed(["cmake", "-S", ".", "-B", "the build", f"-DOTHER_PLUGIN={plugin / 'libfake.so'}"], host, environment)
        self.succeed(["cmake", "--build", "the build"], host, environment)
        self.succeed(["ctest", "--output-on-failure"], host / "the build", environment)
        # Our host takes it, too.
        said = self.succeed([self.everything / "bin/anthropic-metrics", "export", "description", "--plugin", plugin / "libfake.so"], "/", environment)
        self.assertIn("9.8.7", said)

    def found(self, line, *components):
        """What CMake says of a project with this line, against a prefix with these components."""
        prefix = installed.install(self.scratch / "prefix", *components)
        (self.scratch / "CMakeLists.txt").write_text(f"cmake_minimum_required(VERSION 3.16)\nproject(p NONE)\n{line}\n", encoding="utf-8")
        done = installed.run(["cmake", "-S", ".", "-B", "b"], self.scratch, installed.outside(prefix))
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    def test_the_contract_is_found_without_a_plugin(self):
        code, said = self.found("find_package(beat_plugin 1.0 REQUIRED)\nif(TARGET beat_plugin::anthropic_metrics)\nmessage(FATAL_ERROR x)\nendif()",
                                "devel")
        self.assertEqual(code, 0, said)

    def test_a_component_that_is_not_installed_is_one_sentence(self):
        for component, remedy in (("plugin", "Install the component runtime"), ("conform", "Install the component tools")):
            code, said = self.found(f"find_package(beat_plugin REQUIRED COMPONENTS {component})", "devel")
            self.assertNotEqual(code, 0)
            self.assertIn(remedy, said)

    def test_the_kit_is_found_where_it_is_installed(self):
        code, said = self.found("find_package(beat_plugin REQUIRED COMPONENTS conform)\n"
                                "get_target_property(kit beat_plugin::conform LOCATION)\n"
                                "execute_process(COMMAND ${kit} --list OUTPUT_VARIABLE checks COMMAND_ERROR_IS_FATAL ANY)\n"
                                "message(STATUS ${checks})", "devel", "tools")
        self.assertEqual(code, 0, said)
        self.assertIn("stale-handles", said)

    def test_another_major_version_is_not_found(self):
        code, said = self.found("find_package(beat_plugin 2.0 REQUIRED)", "devel")
        self.assertNotEqual(code, 0)
        self.assertIn("version: 1.0", said)

    # ---- Nothing of the building machine

    def test_no_file_names_a_folder_of_the_build(self):
        findings, searched, octets = build_paths.search(self.everything, [str(tree.ROOT), str(tree.BINARY_DIR), str(self.folder)])
        self.assertEqual(findings, [])
        self.assertGreaterEqual(searched, sum(len(patterns) for patterns in FILES.values()))
        size = sum(path.stat().st_size for path in self.everything.rglob("*") if path.is_file())
        print(f"note: {searched} files with {size / 1e6:.1f} MB are installed; {octets / 1e6:.1f} MB of content hold no build path")

    def test_a_path_that_is_planted_is_found(self):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner.json", '{"made in": "/some/where/build"}')
        planted = {"plain": b"\0\0/some/where/source.cpp\0", "packed.gz": gzip.compress(b"x /some/where/else"), "packed.zip": packed.getvalue()}
        for name, octets in planted.items():
            (self.scratch / name).write_bytes(octets)
        (self.scratch / "link").symlink_to("/some/where/libx.so")
        findings, searched, _ = build_paths.search(self.scratch, ["/some/where"])
        self.assertEqual(searched, 4)
        self.assertEqual(sorted(finding.partition(":")[0] for finding in findings), ["link", "packed.gz unpacked", "packed.zip", "plain"])

    def test_a_search_of_nothing_proves_nothing(self):
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(build_paths.main([str(self.scratch), "/some/where"]), 2)


if __name__ == "__main__":
    unittest.main()
