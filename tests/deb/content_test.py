# SPDX-License-Identifier: Apache-2.0
"""What is in the Debian package: files, modes, dependencies, what its manual and completion say, how closed its service is."""

import gzip
import os
import pathlib
import pty
import re
import shlex
import shutil
import subprocess
import tempfile
import threading
import unittest

import debian
import tree

HOST = tree.BINARY_DIR / "bin" / "anthropic-metrics"
UNIT = "packaging/systemd/anthropic-metrics.service"
MOST_EXPOSED = 2.0


def said(*words):
    return subprocess.run([HOST, *words], capture_output=True, text=True, check=True).stdout


def commands():
    """The words that the help lists."""
    listed = said("--help").partition("Subcommands:")[2].partition("Exit codes")[0]
    return re.findall(r"^  (\w+)", listed, re.MULTILINE)


def options(command):
    """Names of options in a command's help."""
    heads = re.findall(r"^  (-\S+)", said(command, "--help").partition("Options:")[2], re.MULTILINE)
    return {name for head in heads for name in head.split(",")}


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.deb = debian.built()
        cls.entries = debian.listing(cls.deb)

    def test_it_has_program_library_manual_completion_policy_and_unit(self):
        wanted = {
            "/usr/bin/anthropic-metrics": "-rwxr-xr-x",
            "/usr/lib/anthropic_metrics/libanthropic_metrics.so": "-rw-r--r--",
            "/usr/lib/anthropic_metrics/anthropic_metrics.assets.json": "-rw-r--r--",
            "/usr/lib/systemd/system/anthropic-metrics.service": "-rw-r--r--",
            "/etc/anthropic-metrics/anthropic-metrics.yml": "-rw-r--r--",
            "/usr/share/man/man1/anthropic-metrics.1.gz": "-rw-r--r--",
            "/usr/share/bash-completion/completions/anthropic-metrics": "-rw-r--r--",
            "/usr/share/zsh/vendor-completions/_anthropic-metrics": "-rw-r--r--",
            "/usr/share/fish/vendor_completions.d/anthropic-metrics.fish": "-rw-r--r--",
            "/usr/share/doc/anthropic-metrics/copyright": "-rw-r--r--",
            "/usr/share/doc/anthropic-metrics/operations.md": "-rw-r--r--",
        }
        for path, mode in wanted.items():
            with self.subTest(path=path):
                self.assertIn(path, self.entries)
                self.assertEqual(self.entries[path][0], mode)

    def test_everything_belongs_to_root_and_nobody_else_may_write_it(self):
        for path, (mode, owner) in self.entries.items():
            with self.subTest(path=path):
                self.assertEqual(owner, "root/root")
                self.assertNotRegex(mode, r"^.....w|^........w|[sS]|t$")
                self.assertRegex(path, r"^/((usr|etc)(/|$)|$)")

    def test_dependencies_are_the_libraries_that_its_files_are_linked_with(self):
        depends = debian.field(self.deb, "Depends")
        self.assertIn("adduser", depends)
        with tempfile.TemporaryDirectory() as folder:
            root = debian.unpacked(self.deb, folder)
            needed = set()
            for file in ("usr/bin/anthropic-metrics", "usr/lib/anthropic_metrics/libanthropic_metrics.so"):
                text = subprocess.run(["readelf", "-d", root / file], capture_output=True, text=True, check=True).stdout
                needed |= set(re.findall(r"NEEDED.*\[(.*)\]", text))
        self.assertIn("libc.so.6", needed)
        for library in needed:
            with self.subTest(library=library):
                owner = subprocess.run(["dpkg-query", "-S", f"*/{library}"], capture_output=True, text=True).stdout
                owners = {line.partition(":")[0] for line in owner.splitlines()}
                self.assertTrue(any(re.search(rf"(^|[ ,]){re.escape(name)}($|[ ,(:])", depends) for name in owners),
                                f"{library} is of {owners}, and the package depends on {depends}")

    def test_the_version_tells_distributions_apart(self):
        version = debian.field(self.deb, "Version")
        manifest = re.search(r"^version: (.*)$", tree.read("manifest.yml"), re.MULTILINE)[1]
        self.assertRegex(version, rf"^{re.escape(manifest)}-1(\+[a-z]+[0-9.]+)?$")
        self.assertEqual(debian.field(self.deb, "Package"), debian.NAME)

    def test_scripts_of_the_package_end_at_a_fault(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("preinst", "postinst", "prerm", "postrm"):
                script = debian.unpacked(self.deb, pathlib.Path(folder) / name) / "DEBIAN" / name
                self.assertTrue(os.access(script, os.X_OK), name)
                self.assertIn("\nset -e\n", script.read_text(), name)
                self.assertNotIn("@", script.read_text().partition("\n")[2].replace('"$@"', ""), name)
                subprocess.run(["sh", "-n", script], check=True)


class Service(unittest.TestCase):
    def test_it_is_closed(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", tree.ROOT / UNIT],
                              capture_output=True, text=True)
        found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
        if not found and "offline" in done.stderr:
            self.skipTest("this systemd-analyze judges no files")
        self.assertTrue(found, done.stderr)
        self.assertLessEqual(float(found[1]), MOST_EXPOSED, done.stdout)

    def test_systemd_takes_every_line_of_it(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", tree.ROOT / UNIT], capture_output=True, text=True)
        ours = [line for line in done.stderr.splitlines()
                if "anthropic-metrics.service" in line and "is not executable" not in line]  # it is not installed here
        self.assertEqual(ours, [])

    def test_what_only_a_person_mends_is_not_tried_again(self):
        codes = dict(re.findall(r"^\s*(\w+) =\s+(\d+),", tree.read("host/exit_codes.hpp"), re.MULTILINE))
        named = re.search(r"^RestartPreventExitStatus=(.*)$", tree.read(UNIT), re.MULTILINE)[1].split()
        self.assertEqual(named, [codes[name] for name in ("usage", "unreadable_file", "plugin_missing", "wrong_abi", "configuration")])

    def test_it_leaves_no_dump_and_takes_keys_as_credentials(self):
        text = tree.read(UNIT)
        self.assertIn("\nLimitCORE=0\n", text)
        policy = tree.load_yaml("packaging/systemd/anthropic-metrics.yml")
        named = {policy["outputs"]["default"]["api_key"], policy["inputs"][0]["admin_api_key"]}
        loaded = {f"systemd:{name}" for name in re.findall(r"^LoadCredential=([\w-]+):/etc/anthropic-metrics/\1$", text, re.MULTILINE)}
        self.assertEqual(named, loaded)


class Manual(unittest.TestCase):
    def setUp(self):
        self.page = said("export", "manual")

    def test_it_names_every_command_option_and_exit_code(self):
        text = self.page.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "").replace("\\fI", "")
        self.assertGreater(len(commands()), 10)
        for command in commands():
            part = re.search(rf"^\.SS {command}$(.*?)^\.S[SH] ", text, re.MULTILINE | re.DOTALL)
            self.assertTrue(part, f"the manual has no command {command}")
            heads = set(re.findall(r"(?<![\w-])--?[A-Za-z][\w.-]*", "\n".join(re.findall(r"^\.TP\n(.*)$", part[1], re.MULTILINE))))
            with self.subTest(command=command):
                self.assertLessEqual(options(command), heads | {"--help", "-h"})
        for code in re.findall(r"^\s*\w+ =\s+(\d+),", tree.read("host/exit_codes.hpp"), re.MULTILINE):
            self.assertIn(f".TP\n{code}\n", text.partition(".SH EXIT STATUS")[2])

    def test_groff_finds_no_fault_in_it(self):
        if not shutil.which("groff"):
            self.skipTest("groff is not installed")
        done = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=self.page, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("--path.data", done.stdout)

    def test_the_package_has_this_one(self):
        with tempfile.TemporaryDirectory() as folder:
            root = debian.unpacked(debian.built(), folder)
            for path, page in (("usr/share/man/man1/anthropic-metrics.1.gz", self.page),
                               ("usr/share/bash-completion/completions/anthropic-metrics", said("completion", "bash")),
                               ("usr/share/zsh/vendor-completions/_anthropic-metrics", said("completion", "zsh")),
                               ("usr/share/fish/vendor_completions.d/anthropic-metrics.fish", said("completion", "fish"))):
                content = (root / path).read_bytes()
                self.assertEqual(gzip.decompress(content).decode() if path.endswith(".gz") else content.decode(), page)


class Completion(unittest.TestCase):
    def offered(self, *words):
        """What bash offers for the last of the words."""
        script = ('source /dev/stdin; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _anthropic_metrics; '
                  'for one in "${COMPREPLY[@]}"; do printf "%s\\n" "$one"; done')
        done = subprocess.run(["bash", "--norc", "-c", script, "bash", "anthropic-metrics", *words], input=said("completion", "bash"),
                              capture_output=True, text=True, cwd=self.folder, check=True)
        self.assertEqual(done.stderr, "")
        return set(done.stdout.splitlines())

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name

    def test_bash_offers_commands_and_their_options(self):
        self.assertEqual(self.offered(""), {*commands(), "--help"})
        self.assertEqual(self.offered("ru"), {"run"})
        for command in commands():
            with self.subTest(command=command):
                self.assertEqual(self.offered(command, "-"), options(command))

    def test_bash_offers_values_files_and_folders(self):
        folder = pathlib.Path(self.folder)
        (folder / "a policy.yml").write_text("")
        (folder / "data").mkdir()
        self.assertEqual(self.offered("run", "-c", ""), {"a policy.yml", "data"})
        self.assertEqual(self.offered("run", "--path.data", ""), {"data"})
        self.assertEqual(self.offered("run", "--timeout", ""), set())
        self.assertLessEqual({"policy", "manual", "csv"}, self.offered("export", ""))
        self.assertEqual(self.offered("export", "--engine", "open"), {"opensearch"})

    def offered_by_fish(self, *words):
        """What fish offers for the last of the words."""
        line = shlex.join(("anthropic-metrics", *words[:-1])) + " " + words[-1]
        done = subprocess.run(["fish", "--no-config", "-c", "source -; complete -C $argv[1]", line], input=said("completion", "fish"),
                              capture_output=True, text=True, cwd=self.folder, env=self.shell_environment(), check=True)
        self.assertEqual(done.stderr, "")
        return {offer.partition("\t")[0] for offer in done.stdout.splitlines()}

    def offered_by_zsh(self, *words):
        """What zsh offers for the last of the words: it completes on a terminal alone, so it gets one."""
        with tempfile.TemporaryDirectory() as own:
            script, found = pathlib.Path(own) / "script", pathlib.Path(own) / "found"
            script.write_text(said("completion", "zsh"), encoding="utf-8")
            setup = ("autoload -Uz compinit && compinit -u -D && source {script}; "
                     "compadd() {{ local -a all_hits; builtin compadd -O all_hits \"$@\"; print -rl -- $all_hits >>{found}; builtin compadd \"$@\" }}; "
                     "leave() {{ print -r -- END >>{found}; exit }}; zle -N leave; bindkey '^X' leave; PS1='' TERM=dumb\n")
            typed = shlex.join(("anthropic-metrics", *words[:-1])) + " " + words[-1]
            terminal, end = pty.openpty()
            try:
                shell = subprocess.Popen(["zsh", "-f", "-i"], stdin=end, stdout=end, stderr=end, cwd=self.folder, env=self.shell_environment(),
                                         start_new_session=True)
                os.close(end)
                os.write(terminal, (setup.format(script=shlex.quote(str(script)), found=shlex.quote(str(found))) + typed + "\t\x18").encode())
                read = threading.Thread(target=drain, args=(terminal,), daemon=True)
                read.start()
                shell.wait(timeout=60)
            finally:
                os.close(terminal)
            *offers, last = found.read_text(encoding="utf-8").splitlines()
            self.assertEqual(last, "END")
            return {offer for offer in offers if offer}

    def shell_environment(self):
        return {"PATH": os.environ["PATH"], "HOME": self.folder, "LC_ALL": "C.UTF-8", "TERM": "dumb"}

    def test_fish_and_zsh_offer_commands_options_and_values(self):
        folder = pathlib.Path(self.folder)
        (folder / "policy.yml").write_text("")
        (folder / "data").mkdir()
        missing = []
        for shell, offered in (("fish", self.offered_by_fish), ("zsh", self.offered_by_zsh)):
            if not shutil.which(shell):
                missing.append(shell)
                continue
            with self.subTest(shell=shell):
                self.assertEqual(offered(""), set(commands()))
                self.assertEqual(offered("ru"), {"run"})
                for command in commands():
                    with self.subTest(command=command):
                        self.assertEqual(offered(command, "--"), {option for option in options(command) if option.startswith("--")})
                self.assertEqual(offered("export", "--engine", "open"), {"opensearch"})
                self.assertLessEqual({"policy", "manual", "csv"}, offered("export", ""))
                self.assertIn("policy.yml", offered("run", "-c", ""))
                self.assertEqual({offer.rstrip("/") for offer in offered("run", "--path.data", "")}, {"data"})
                self.assertEqual(offered("run", "--timeout", ""), set())
                self.assertEqual(offered("export", "--engine", ""), {"elasticsearch", "opensearch", "serverless"})
        if missing:
            self.skipTest(f"not installed: {' and '.join(missing)}; the others, if any, were tried")


def drain(terminal):
    """A shell that nobody reads would stand still."""
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        pass


if __name__ == "__main__":
    unittest.main()
