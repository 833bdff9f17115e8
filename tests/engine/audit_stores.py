# SPDX-License-Identifier: Apache-2.0
"""Real engines in which each test has stores of its own to spoil and to audit."""

import contextlib

import engine
import fleet
import setup_run

import audited
import store_engine
import store_front


class Stores:
    """A mixin for tests: `store` gives one of its own namespace. front: whether what the host asks passes a store_front.Front, whose
    faults the test sets; it is then `store.front`."""

    @classmethod
    def setUpClass(cls):
        cls.node = engine.node(cls.START)
        cls.node.ok("PUT", "/_cluster/settings", {"persistent": {"cluster.max_shards_per_node": 10_000}})
        cls.prepare()

    @contextlib.contextmanager
    def store(self, namespace, seed, front=False, **settings):
        backend = self.backend(namespace)
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(store_front.Front(backend)) if front or self.FRONT else None
            store = stack.enter_context(audited.Store(backend, server.url if server else self.node.url, seed,
                                                      pipelines=self.PIPELINES, failures=self.FAILURES, **settings))
            store.front = server
            yield store


class OpenSearchStores(Stores):
    START, FRONT, PIPELINES, FAILURES = engine.opensearch, False, True, False

    @classmethod
    def prepare(cls):
        done = setup_run.setup(cls.node.url, datasets=[f"anthropic_metrics.{stream}" for stream in audited.GRAINS])
        if done.returncode:
            raise AssertionError(f"setup failed: {done.stdout}{done.stderr}")

    def backend(self, namespace):
        return store_engine.Engine(self.node.url, namespace)

    def forget(self, namespace):
        self.node.call("DELETE", f"/_data_stream/metrics-anthropic_metrics.*-{namespace}")


class ElasticsearchStores(Stores):
    """Without pipelines, which the published server lacks, and with failure stores, which it lacks too, see Stripped."""

    START, FRONT, PIPELINES, FAILURES = engine.elasticsearch, True, False, True

    @classmethod
    def prepare(cls):
        fleet.install(cls.node)
        (info,) = cls.node.ok("GET", "/_nodes/_local")["nodes"].values()
        cls.version = info["version"]

    def backend(self, namespace):
        return store_engine.Stripped(self.node.url, self.version, namespace)

    def forget(self, namespace):
        """The published server cannot give up data streams."""
