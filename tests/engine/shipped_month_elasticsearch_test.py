# SPDX-License-Identifier: Apache-2.0
"""The same month into Elasticsearch, without pipelines; AM_ELASTICSEARCH says which major version, 8 or 9."""

import os

import engine
import fleet
import shipped_month_test

import store_engine

ENGINE = {"8": engine.esql, "9": engine.elasticsearch}[os.environ.get("AM_ELASTICSEARCH", "9")]


class ShippedMonthElasticsearch(shipped_month_test.ShippedMonth):
    @classmethod
    def backend(cls):
        node = engine.node(ENGINE)
        fleet.install(node)
        (info,) = node.ok("GET", "/_nodes")["nodes"].values()
        return node.name, store_engine.Stripped(node.url, info["version"])
