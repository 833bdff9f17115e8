# SPDX-License-Identifier: Apache-2.0
"""Hosts and plugins of different minor versions. v1_0/beat_plugin.h is the header of 1.0 and never changes; a later one is made here
from today's, grown at every tail as its preface allows. The kit is the host: it passes and reads what its header has.
"""
import hashlib
import os
import re
import shutil
import unittest

import kit
import tree

FROZEN = kit.HERE / "v1_0"
FROZEN_SHA256 = "6c00f83a7c20704cc327b1897f0075dcef78adfe783bb4b78f93bdf4a189e593"
# A member behind the last one of each struct that may grow: (struct, the new member).
TAILS = {
    "beat_host_api": "void(BEAT_CALL *later)(void *ctx);",
    "beat_init_args": "uint64_t later;",
    "beat_doc": "uint64_t later;",
    "beat_batch": "uint64_t later;",
    "beat_poll_args": "uint64_t later;",
    "beat_poll_result": "uint64_t later;",
    "beat_ack_args": "uint64_t later;",
    "beat_plugin_api": "beat_status(BEAT_CALL *later)(beat_handle instance);",
}


def grown(header):
    """The text of a header one minor version later."""
    text, count = re.subn(r"(#define BEAT_ABI_MINOR )(\d+)u", lambda found: f"{found[1]}{int(found[2]) + 1}u", header)
    assert count == 1, "no BEAT_ABI_MINOR"
    for struct, member in TAILS.items():
        assert f"\n}} {struct};" in text, struct
        text = text.replace(f"\n}} {struct};", f"\n  {member}\n}} {struct};")
    return re.sub(r"(BEAT_ASSERT\(\w+_size, sizeof\(\w+\)) == ", r"\1 >= ", text)


class Headers(kit.Tried):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        texts = {"1.0": (FROZEN / "beat_plugin.h").read_text(encoding="ascii"), "later": grown(tree.read("abi/beat_plugin.h"))}
        cls.headers = {name: cls.folder / name for name in texts}
        for name, text in texts.items():
            cls.headers[name].mkdir()
            (cls.headers[name] / "beat_plugin.h").write_text(text, encoding="ascii")
            # Beside it, since a header looks for those it includes in its own folder first.
            shutil.copy(tree.ROOT / "abi" / "beat_wait.h", cls.headers[name])
        cls.kits = dict(kit.each(lambda one: (one[0], kit.compile_kit(cls.folder / f"kit-{one[0]}", one[1])), cls.headers.items()))
        cls.kits["today"] = kit.KIT
        cls.headers["today"] = tree.ROOT / "abi"
        cls.plugins = {name: kit.compile_plugin(cls.folder / f"plugin-{name}.so", header=header) for name, header in cls.headers.items()}

    def test_the_frozen_header_is_the_one_of_1_0(self):
        text = (FROZEN / "beat_plugin.h").read_bytes()
        self.assertEqual(hashlib.sha256(text).hexdigest(), FROZEN_SHA256,
                         "tests/conformance/v1_0/beat_plugin.h was changed; hosts that exist were built with it, so restore it")

    def test_todays_header_has_all_of_1_0_in_its_place(self):
        """Every member of 1.0 stands where it stood: what of 1.0 is asserted is asserted still."""
        asserted = re.findall(r"^BEAT_ASSERT\(.*$", (FROZEN / "beat_plugin.h").read_text(encoding="ascii"), re.MULTILINE)
        self.assertGreater(len(asserted), 8)
        today = tree.read("abi/beat_plugin.h")
        if "BEAT_ABI_MINOR 0u" in today:
            self.assertEqual([line for line in asserted if line not in today], [])
        values = re.compile(r"^#define (BEAT_\w+) +(\(?-?\d+u?\)?)", re.MULTILINE)
        now = dict(values.findall(today))
        self.assertGreater(len(now), 30)
        for name, value in values.findall((FROZEN / "beat_plugin.h").read_text(encoding="ascii")):
            if name != "BEAT_ABI_MINOR":
                self.assertEqual(now.get(name), value, f"{name} of 1.0")

    def test_every_host_takes_every_plugin(self):
        pairs = [(host, plugin) for host in self.kits for plugin in self.plugins]
        for (host, plugin), told in zip(pairs, kit.each(
                lambda pair: kit.report(self.plugins[pair[1]], self.config, *kit.QUICK, kit=self.kits[pair[0]]), pairs)):
            with self.subTest(host=host, plugin=plugin):
                self.assertEqual(kit.failed(told), {})
                print(f"host of {host} ({told['abi']}), plugin of {plugin}: {told['passed']} checks passed")

    def test_a_host_of_1_0_and_a_later_one_take_our_library(self):
        """Without a server: all that needs no batch."""
        if os.environ.get("AM_SANITIZE"):
            self.skipTest("a host without the sanitizer's runtime cannot load a library that needs it")
        library = tree.BINARY_DIR / "lib" / "libanthropic_metrics.so"
        config = self.folder / "ours.json"
        config.write_text('{"url": "http://127.0.0.1:1", "admin_api_key": "${NOT_SET}", "state": {"path": "@STATE@"}}', encoding="ascii")
        checks = "symbols,versions,texts,stale-handles,double-handles,double-shutdown,concurrent-shutdown,shutdown-during-poll,one-writer,fork,reload"
        for host in ("1.0", "later"):
            with self.subTest(host):
                told = kit.report(library, config, *kit.QUICK, "--only", checks, kit=self.kits[host])
                self.assertEqual(kit.failed(told), {})
                self.assertEqual(told["passed"], len(checks.split(",")))


if __name__ == "__main__":
    unittest.main()
