# SPDX-License-Identifier: Apache-2.0
"""Dead letters go back: to the octet, each once, whatever the store, the host and other letters do meanwhile."""

import json
import subprocess
import unittest

import items_test
import shipped
import store_faults
import store_model


def said(host, *command):
    """What a command of the host said; kept beside the log, where it is searched for the key."""
    done = subprocess.run(host.command(*command), capture_output=True, text=True, timeout=120)
    with host.log_file.open("a", encoding="utf-8") as log:
        log.write(done.stdout + done.stderr)
    return done


def resend(host):
    return said(host, "resend")


class Resend(shipped.Shipping):
    def shipped_with_dead_letters(self, world, faults):
        world.front.faults = faults
        self.assertEqual(world.host.once(), 0, world.host.log())
        letters = world.host.dead_letters()
        self.assertGreater(len(letters), 5)
        return letters

    def file(self, world, ending=""):
        return world.host.data / "dead_letter" / f"default.ndjson{ending}"

    def refusing(self):
        faults, _ = items_test.once_in(20)
        return faults(store_faults.DEAD_ITEMS[0])

    def test_what_was_mended_is_taken_and_the_file_is_gone(self):
        with self.world() as world:
            letters = self.shipped_with_dead_letters(world, self.refusing())
            world.front.faults = store_faults.Script()
            done = resend(world.host)
            self.assertEqual((done.returncode, done.stdout),
                             (0, f"output 'default': {len(letters)} sent again, 0 refused again\n"), done.stderr)
            self.assertFalse(self.file(world).exists())
            self.assertFalse(self.file(world, ".resending").exists())
            self.assert_exact(world)
            again = resend(world.host)
            self.assertEqual((again.returncode, again.stdout), (0, "output 'default': 0 sent again, 0 refused again\n"))

    def test_what_is_refused_again_is_a_dead_letter_again(self):
        class Always(store_faults.Script):
            def item(self, action):
                return store_faults.DEAD_ITEMS[0] if action.id in some else None

        with self.world() as world:
            letters = self.shipped_with_dead_letters(world, self.refusing())
            some = {letter["id"] for letter in letters[:3]}
            world.front.faults = Always()
            done = resend(world.host)
            self.assertEqual(done.returncode, 74)
            self.assertIn(f"{len(letters) - 3} sent again, 3 refused again", done.stdout)
            self.assertIn("3 documents are still refused", done.stderr)
            self.assertEqual({letter["id"] for letter in world.host.dead_letters()}, some)
            self.assert_exact(world, dead=world.host.dead_letters())

    def test_a_store_that_is_down_loses_no_letter(self):
        with self.world() as world:
            letters = self.shipped_with_dead_letters(world, self.refusing())
            lines = self.file(world).read_bytes()
            world.host.set_output(hosts=["http://127.0.0.1:9"], max_retries=0)
            done = resend(world.host)
            self.assertEqual(done.returncode, 74, done.stderr)
            self.assertIn("127.0.0.1:9", done.stderr)
            self.assertEqual(self.file(world, ".resending").read_bytes(), lines)
            world.host.set_output(hosts=[world.front.url])
            world.front.faults = store_faults.Script()
            self.assertIn(f"{len(letters)} sent again", resend(world.host).stdout)
            self.assert_exact(world)

    def test_a_document_goes_back_to_the_octet(self):
        with self.world() as world:
            self.shipped_with_dead_letters(world, self.refusing())
            first = self.file(world).read_text(encoding="utf-8").splitlines()[0]
            document = first.split(',"document":', 1)[1][:-1]
            world.front.faults = store_faults.Script()
            self.assertEqual(resend(world.host).returncode, 0)
            found = json.loads(document)["event"]["id"]
            stored = [inner[found] for indices in world.backend.holdings().values() for inner in indices.values() if found in inner]
            self.assertEqual(stored, [document.encode()])

    def test_a_line_that_is_no_letter_is_named_and_nothing_is_sent(self):
        with self.world() as world:
            self.shipped_with_dead_letters(world, self.refusing())
            text = self.file(world).read_text(encoding="utf-8")
            self.file(world).write_text("no letter\n" + text, encoding="utf-8")
            done = resend(world.host)
            self.assertEqual(done.returncode, 74)
            self.assertIn("default.ndjson.resending:1: this line is no dead letter", done.stderr)
            self.assertEqual(self.file(world, ".resending").read_text(encoding="utf-8"), "no letter\n" + text)

    def test_a_host_whose_store_refuses_documents_is_degraded_until_they_are_gone(self):
        with self.world() as world:
            self.shipped_with_dead_letters(world, self.refusing())
            self.assertTrue(any("refused for good" in said for said in world.host.messages()), world.host.log())
            done = said(world.host, "test", "output")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("dead letters: ", done.stdout)


class Try(shipped.Shipping):
    """`test config` and `test output`."""

    def tried(self, world, what="output"):
        return said(world.host, "test", what)

    def test_a_store_that_is_ready_says_what_it_is(self):
        with self.world() as world:
            done = self.tried(world)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("input 'acme': fine, 6 data streams to output 'default'", done.stdout)
            self.assertIn(f"{world.front.url}: OpenSearch 2.19.1", done.stdout)
            self.assertIn("metrics-anthropic_metrics.usage-default: not there yet", done.stdout)
            self.assertEqual(world.front.asked("/_bulk"), [], "a try writes nothing")

    def test_config_asks_nobody(self):
        with self.world() as world:
            done = self.tried(world, "config")
            self.assertEqual((done.returncode, len(world.front.log)), (0, 0), done.stderr)
            world.host.set_output(hosts=["https://user:hunter2@es:9200"])
            done = self.tried(world, "config")
            self.assertEqual(done.returncode, 78)
            self.assertIn("user information is not allowed", done.stderr)
            self.assertNotIn("hunter2", done.stderr + done.stdout)

    def test_what_is_wrong_is_one_sentence(self):
        cases = [(lambda: store_model.Model(templates=False), "run 'anthropic-metrics setup' first"),
                 (lambda: store_model.Model(version="1.3.20"), "OpenSearch 2 is the least")]
        for backend, sentence in cases:
            with self.subTest(sentence), self.world(backend()) as world:
                done = self.tried(world)
                self.assertEqual(done.returncode, 74, done.stdout)
                self.assertIn(sentence, done.stderr)
                self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
                self.assertEqual(world.host.once(timeout=20), 74, "nor is anything written")
                self.assertEqual([count for _, count in world.sent().items()], [])


if __name__ == "__main__":
    unittest.main()
