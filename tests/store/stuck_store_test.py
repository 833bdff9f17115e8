# SPDX-License-Identifier: Apache-2.0
"""Few threads serve all inputs, and stores that never answer hold up nobody else: more such inputs than turns at once, and
another that writes files."""

import json
import socket
import threading
import unittest

import shipped
import waiting

STUCK = 12  # more than any host gives turns at once
INPUT = """  - type: anthropic_metrics
    id: {name}
    admin_api_key: {key}
    url: {url}
    data_stream.namespace: {name}
    use_output: {output}
"""


class SilentStore:
    """Accepts connections on loopback, reads, and never answers."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = []
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def accept(self):
        while True:
            try:
                self.connections.append(self.listener.accept()[0])
            except OSError:
                return

    def __exit__(self, *_):
        self.listener.close()
        for connection in self.connections:
            connection.close()


class StuckStores(unittest.TestCase):
    def round_over(self, host, name):
        """Then its health is told: degraded, since the simulator's time is not this machine's."""
        lines = (json.loads(line) for line in host.log().splitlines() if line.endswith("}"))
        return any(line["message"].startswith("now degraded: the API's Date") and line["labels"]["input"] == name for line in lines)

    def documents(self, folder):
        return sum(path.read_bytes().count(b"\n") for path in folder.glob("*.ndjson"))

    def test_an_input_goes_on_while_the_stores_of_others_never_answer(self):
        with shipped.organization() as api, shipped.scratch() as folder, SilentStore() as store:
            outputs = [f"  stuck{i}: {{type: elasticsearch, hosts: ['http://127.0.0.1:{store.port}'], setup: false}}" for i in range(STUCK)]
            said = {"key": api.key, "url": api.url}
            inputs = [INPUT.format(name=f"stuck{i}", output=f"stuck{i}", **said) for i in range(STUCK)]
            host = shipped.Host(folder, api, {})
            host.policy.write_text("outputs:\n" + "\n".join(outputs) + f"\n  files: {{type: file, path: '{folder}/documents'}}\n"
                                   + "inputs:\n" + "".join(inputs) + INPUT.format(name="files", output="files", **said), encoding="utf-8")
            host.start()
            try:
                waiting.wait_for(lambda: len(store.connections) >= STUCK, "every store was asked", 60, host.log)
                waiting.wait_for(lambda: self.round_over(host, "files"), "the input beside them has a whole round", 60, host.log)
                self.assertGreater(self.documents(folder / "documents"), 100)
                self.assertIsNone(host.process.poll())
            finally:
                self.assertEqual(host.stop(), 0, host.log()[-3000:])


if __name__ == "__main__":
    unittest.main()
