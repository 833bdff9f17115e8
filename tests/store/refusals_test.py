# SPDX-License-Identifier: Apache-2.0
"""A store that will not have it, whatever is tried: one sentence says what is wrong and what to do, and nothing is lost."""

import base64
import subprocess
import unittest

import shipped
import store_faults
import store_model

KEY = "id-of-key:secret-of-key"
SENT = "ApiKey " + base64.b64encode(KEY.encode()).decode()


class Refusals(shipped.Shipping):
    def says(self, world, *words, code=None, timeout=5):
        """The host gets nowhere, and its log says so with these words."""
        ended = world.host.once(timeout)
        self.assertNotEqual(ended, 0, world.host.log())
        if code is not None:
            self.assertEqual(ended, code, world.host.log())
        for word in words:
            self.assertTrue(any(word in message for message in world.host.messages()), f"no {word!r} in\n{world.host.log()}")

    def goes_on(self, world):
        """Mended, the same state loses nothing."""
        self.assertEqual(world.host.once(), 0, world.host.log())
        self.assert_exact(world)

    def test_without_setup_nothing_is_written(self):
        for engine in store_model.VERSIONS:
            with self.subTest(engine), self.world(store_model.Model(engine, templates=False)) as world:
                self.says(world, "setup")
                self.assertEqual(world.backend.count(), 0)
                world.backend.templates = store_model.Model(engine).templates
                self.goes_on(world)

    def test_without_setup_if_told_so(self):
        with self.world(store_model.Model(templates=False), require_templates=False) as world:
            self.goes_on(world)

    def test_a_wrong_credential(self):
        with self.world(store_model.Model(authorization=SENT), api_key="id-of-key:another") as world:
            self.says(world, "401")
            self.assertEqual(world.backend.count(), 0)
            world.backend.authorization = "ApiKey " + base64.b64encode(b"id-of-key:another").decode()
            self.goes_on(world)

    def test_the_credential_lets_in_and_stays_secret(self):
        with self.world(store_model.Model(authorization=SENT), api_key=KEY, host={"level": "debug"}) as world:
            self.goes_on(world)
            log = world.host.log()
            self.assertNotIn("secret-of-key", log)
            self.assertNotIn(SENT.partition(" ")[2], log)

    def test_a_missing_privilege(self):
        faults = store_faults.Script().on("status", count=0, status=403, body={
            "error": {"type": "security_exception", "reason": "action [indices:data/write/bulk] is unauthorized"}, "status": 403})
        with self.world(faults=faults) as world:
            self.says(world, "403")
            world.front.faults.clear()
            self.goes_on(world)

    def test_a_read_only_index(self):
        faults = store_faults.Script().on_item("read_only", count=0)
        with self.world(faults=faults) as world:
            self.says(world, "FORBIDDEN/8/index write")
            self.assertEqual(world.host.dead_letters(), [])
            world.front.faults.clear()
            self.goes_on(world)

    def test_a_full_disk_at_the_store(self):
        faults = store_faults.Script().on_item("flood", count=0)
        with self.world(faults=faults) as world:
            self.says(world, "flood-stage")
            self.assertEqual(world.host.dead_letters(), [])
            world.front.faults.clear()
            self.goes_on(world)

    def test_a_wrong_address(self):
        with self.world(hosts=["http://127.0.0.1:9"]) as world:
            self.says(world, "127.0.0.1:9")

    def test_another_host_takes_over(self):
        with self.world() as world:
            world.host.set_output(hosts=["http://127.0.0.1:9", world.front.url])
            self.goes_on(world)


class Tls(shipped.Shipping):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = cls.enterClassContext(shipped.scratch())
        cls.certificate, cls.authority = shipped.certificate(cls.folder / "store"), cls.folder / "store" / "ca.pem"
        shipped.certificate(cls.folder / "other")

    def test_an_authority_of_ones_own(self):
        with self.world(front={"certificate": self.certificate}, **{"ssl.certificate_authorities": [str(self.authority)]}) as world:
            self.assertEqual(world.host.once(), 0, world.host.log())
            self.assert_exact(world)

    def test_a_fingerprint_stands_for_the_authority(self):
        text = subprocess.run(["openssl", "x509", "-in", self.authority, "-noout", "-fingerprint", "-sha256"],
                              capture_output=True, text=True, check=True).stdout
        fingerprint = text.strip().partition("=")[2].replace(":", "").lower()
        with self.world(front={"certificate": self.certificate}, **{"ssl.ca_trusted_fingerprint": fingerprint}) as world:
            self.assertEqual(world.host.once(), 0, world.host.log())
            self.assert_exact(world)

    def test_nobody_else_is_trusted(self):
        with self.world(front={"certificate": self.certificate}, **{"ssl.certificate_authorities": [str(self.folder / "other/ca.pem")]}) as world:
            self.assertNotEqual(world.host.once(5), 0)
            self.assertIn("certificate", world.host.log())
            self.assertEqual(world.front.asked(""), [])


if __name__ == "__main__":
    unittest.main()
