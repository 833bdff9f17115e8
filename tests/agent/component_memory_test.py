# SPDX-License-Identifier: Apache-2.0
"""The key that the Agent hands over lies in memory that no core dump has, and nowhere else, once it is in use."""

import os
import secrets
import time
import unittest

import with_grpc

with_grpc.enter()

import stub  # noqa: E402
from component_case import OUTPUT, ComponentCase, item  # noqa: E402

# Long and at random, and so refused by the organization; it goes the way of every key all the same.
KEY = f"sk-ant-admin01-fake-{secrets.token_hex(40)}"
# Memory that was given back loses its first octets, and perhaps its last.
PARTS = KEY[30:-20].encode(), OUTPUT["api_key"][5:].encode()


def mappings(pid):
    """(begin, end, name, whether core dumps have it) of what the process may write."""
    begin = end = name = None
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if "-" in words[0] and not words[0].endswith(":"):
                begin, end = (int(number, 16) for number in words[0].split("-"))
                writable, name = words[1][1] == "w", " ".join(words[5:])
            elif words[0] == "VmFlags:" and writable:
                yield begin, end, name, "dd" not in words


def found_in(pid, part):
    """{mapping: how often} beside memory that is kept out of core dumps, and how often there."""
    elsewhere, kept = {}, 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for begin, end, name, dumped in mappings(pid):
            try:
                memory.seek(begin)
                count = memory.read(end - begin).count(part)
            except OSError:
                continue
            if dumped and count:
                elsewhere[name or hex(begin)] = count
            elif not dumped:
                kept += count
    return elsewhere, kept


@unittest.skipIf(os.environ.get("AM_SANITIZE"), "below a sanitizer memory that is given back is not overwritten")
class Memory(ComponentCase):
    ORGANIZATION = {"groups": 2, "epoch": "now"}

    def test_the_key_lies_where_no_core_dump_finds_it(self):
        agent = self.agent()
        agent.set_input("one", item(self.organization, key=KEY))
        agent.start(self.command())
        for index in (1, 2):  # with a second configuration, too
            self.wait_unit(agent, "one", "FAILED", "401")
            stub.wait_for(lambda: agent.unit("one")["index"] == index, "the configuration")
            time.sleep(1)
            for part in PARTS:
                elsewhere, kept = found_in(agent.component.pid, part)
                self.assertEqual(elsewhere, {}, part)
                self.assertGreater(kept, 0, "it is not found where it has to be: this test would find nothing")
            agent.set_input("one", item(self.organization, key=KEY, batch={"max_documents": 100}))
        self.assert_clean(agent)


if __name__ == "__main__":
    unittest.main()
