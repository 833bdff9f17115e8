// SPDX-License-Identifier: Apache-2.0
// One OpenSearch node in this process: java -cp "lib/*" Engine.java PORT FOLDER
// It stops when its standard input ends, so it never outlives whoever started it.

import org.codelibs.opensearch.runner.OpenSearchRunner;

public class Engine {
    public static void main(String[] arguments) throws Exception {
        OpenSearchRunner node = new OpenSearchRunner();
        node.setMaxHttpPort(-1); // take the port below, do not look for a free one
        node.onBuild((number, settings) -> {
            settings.put("http.port", arguments[0]);
            settings.put("network.host", "127.0.0.1");
            settings.put("discovery.type", "single-node"); // look for no other node; two runs must not meet
            settings.putList("node.roles", "cluster_manager", "data", "ingest"); // the default lacks ingest
            settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
            settings.put("action.auto_create_index", true);
        });
        node.build(OpenSearchRunner.newConfigs().basePath(arguments[1]).numOfNode(1)
                .clusterName("anthropic-metrics-tests-" + arguments[0]));
        node.ensureYellow();
        while (System.in.read() >= 0) {
            continue;
        }
        node.close();
        System.exit(0);
    }
}
