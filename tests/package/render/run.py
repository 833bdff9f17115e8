# SPDX-License-Identifier: Apache-2.0
"""Renders the built package's agent templates as Fleet does and gives the policies to the built host.

Node does the rendering, with Handlebars and YAML in the versions of package-lock.json, installed into build/tools.
Where Node, npm or the registry is missing the test is skipped with the reason.
"""

import concurrent.futures
import json
import subprocess
import sys

import cel_input
import naming
import searched
import tree
from gotools import SKIPPED, Skip
from rendered import BINARY_DIR, rendered

HOST = BINARY_DIR / "bin" / "anthropic-metrics"
SIMULATOR = BINARY_DIR / "bin" / "anthropic-metrics-simulator"
POLICY_REFUSED = 78
# With a closed port for the API: the policy was taken, the collection had no time to end.
ACCEPTED = {0, 75}
API, CLOSED = "https://api.anthropic.com", "http://127.0.0.1:9"
KEY = searched.CANARY
# The others of choices.mjs.
OAUTH_TOKEN, ENTERPRISE_KEY = (KEY.replace("sk-ant-admin01-", start) for start in ("oat.", "sk-ant-api01-"))
STREAMS = tree.streams()
NAMES = naming.offered(tree.ROOT)


def run_host(text, api=CLOSED, seconds=1):
    """(exit code, what the host said, documents) for a policy, its API at the address and its output a scratch folder."""
    with searched.folder(inputs=["policy.yml"]) as scratch:
        text = text.replace("/documents-of-the-test", str(scratch / "documents")).replace(API, api)
        (scratch / "policy.yml").write_text(text, encoding="utf-8")
        done = subprocess.run([HOST, "run", "-c", scratch / "policy.yml", "--path.data", scratch / "data", "--once",
                               "--timeout", str(seconds)], capture_output=True, text=True, timeout=seconds + 60,
                              stdin=subprocess.DEVNULL)
        (scratch / "log.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
        documents = [json.loads(line) for path in sorted(scratch.rglob("*.ndjson"))
                     for line in path.read_text(encoding="utf-8").split("\n") if line]
        return done.returncode, done.stderr, documents


def simulated(text):
    """The same against a simulated organization: from a form in Kibana to stored documents."""
    with subprocess.Popen([SIMULATOR, "serve", "--plain", "--exit-with-stdin", "--kind", "any", "--admin-key", KEY, "--oauth-token",
                           OAUTH_TOKEN, "--enterprise-key", ENTERPRISE_KEY, "--groups", "3", "--plain-watermark"],  # an odd one is none by the hour
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as simulator:
        try:
            address = json.loads(simulator.stdout.readline())["url"]
            return run_host(text, address, 180)  # one request a second, fifty of them
        finally:
            simulator.stdin.close()
            simulator.wait(timeout=30)


def input_of(one, kind):
    found, = [entry for entry in one["policy"]["inputs"] if entry["type"] == kind]
    return found


def native(one):
    """The host by itself takes every policy of the Agent's tile, and hears the same as the person typed."""
    place = f"anthropic_metrics with {one['set']}"
    entry = input_of(one, "anthropic_metrics")
    datasets = [stream["data_stream"]["dataset"] for stream in entry["streams"]]
    if datasets != [f"{one['name']}.{stream}" for stream in STREAMS]:
        yield f"{place}: streams are {datasets}; expected one for each data stream"
    if entry.get("_runtime_experimental") != "process":
        yield f"{place}: an administrator's default for OpenTelemetry would stop the component; set _runtime_experimental"
    wanted = {"state_path": f"${{path.data}}/{one['name']}", "write_to": "files", "self_update": True}
    if one["set"] == "other":
        wanted = {"state_path": "${path.data}/second", "write_to": "elasticsearch", "self_update": False}
    if said := {name: entry.get(name) for name in wanted if entry.get(name) != wanted[name]}:
        yield f"{place}: {said}, expected {wanted}"
    for stream in entry["streams"] if "tags" in one else []:
        if stream["tags"] != one["tags"]:
            yield f"{place}: {stream['data_stream']['dataset']}: tags are {stream['tags']}, not those that were set"
    code, said, _ = run_host(one["text"])
    if code not in ACCEPTED:
        yield f"{place}: the host ends with {code}: {said.strip()[:800]}; correct package/builder/templates.py or the host"
    elif "state_path" not in said:
        yield f"{place}: the host does not say that it leaves state_path alone: {said.strip()[:800]}"
    elif "tags" in one:
        code, said, documents = simulated(one["text"])
        wrong = [document for document in documents if document.get("tags") != one["tags"]]
        if code != 0 or not documents:
            yield f"{place}: {len(documents)} documents from the simulator, exit {code}: {said.strip()[-800:]}"
        elif (sets := {document["data_stream"]["dataset"] for document in documents}) != set(datasets):
            yield f"{place}: documents of data sets {sorted(sets)}; expected {datasets}"
        elif wrong:
            yield f"{place}: {len(wrong)} of {len(documents)} documents carry other tags: {wrong[0].get('tags')}"


def marker(one):
    """Fleet leaves a mark where a secret was; the host says so instead of sending it as a key."""
    code, said, _ = run_host(one["text"].replace(KEY, "$co.elastic.secret{4kWTQZcBV7yQ9nmb5vJF}"))
    if code != POLICY_REFUSED or "secret" not in said or "admin_api_key" not in said:
        yield (f"a policy with Fleet's mark of a secret: exit {code}, {said.strip()[:400]}; expected {POLICY_REFUSED} and a "
               "message that names admin_api_key and the secret")


# Where the tiles look for files, by default and with other values of their variables.
FOLDERS = {("elastic_agent", "defaults"): "${path.data}/NAME/documents",
           ("elastic_agent", "emptied"): "${path.data}/NAME/documents",
           ("host_files", "defaults"): "/var/lib/anthropic-metrics/documents",
           ("host_files", "emptied"): "/var/lib/anthropic-metrics/documents"}


def expected_filestream(name, stream, folder):
    """What an Elastic Agent has to be told so that each line of the files is stored once."""
    return {
        "data_stream": {"type": "metrics", "dataset": f"{name}.{stream}"},
        "paths": [f"{folder}/metrics-{name}.{stream}-*.ndjson*"],
        "prospector.scanner.fingerprint.enabled": True,
        "file_identity.fingerprint": None,
        "clean_removed": True,
        "clean_inactive": -1,
        "parsers": [{"ndjson": {"target": "", "overwrite_keys": True, "expand_keys": True, "add_error_key": True,
                                "document_id": "event.id"}}],
        "publisher_pipeline.disable_host": True,
        "processors": [{"drop_fields": {"fields": ["log"], "ignore_missing": True}}],
    }


def files(one):
    entry = input_of(one, "filestream")
    ids = [stream.get("id") for stream in entry["streams"]]
    if len(set(ids)) != len(STREAMS):
        yield (f"filestream with {one['set']}: stream ids are {ids}; an Agent reads files twice or not at all unless each "
               "has its own")
    for stream, name in zip(entry["streams"], STREAMS):
        stream.pop("id")
        place = f"filestream of {name} in {one['tile']} with {one['set']}"
        folder = FOLDERS.get((one["tile"], one["set"]), "").replace("NAME", one["name"])
        expected = expected_filestream(one["name"], name, folder)
        if one["set"] in ("defaults", "emptied") and stream != expected:
            yield f"{place}: {json.dumps(stream)}; expected {json.dumps(expected)}"
        if stream.get("parsers") != expected["parsers"]:
            yield f"{place}: parsers are {stream.get('parsers')}; without document_id a line read twice counts twice"
        if one["set"] == "other" and [next(iter(p)) for p in stream["processors"]] != ["drop_fields", "add_tags"]:
            yield f"{place}: processors are {stream['processors']}; a person's own come after the template's"
        if one["set"] == "other" and stream["paths"] != ["/srv/one/*.ndjson", "/srv/two/*.ndjson"]:
            yield f"{place}: paths are {stream['paths']}; what somebody sets goes before the folder"
        if "tags" in one and stream["tags"] != one["tags"]:
            yield f"{place}: tags are {stream['tags']}, not those that were set"


def asked(one):
    """What the cel input of a stock Agent is told. tests/package/cel runs its programs."""
    entry = input_of(one, "cel")
    for stream in entry["streams"]:
        name = stream["data_stream"]["dataset"].rpartition(".")[2]
        place = f"cel of {name} in {one['tile']} with {one['set']}"
        if stream["program"] != cel_input.program(tree.ROOT, name):
            yield f"{place}: the program is not the one of package/agent; something folded its lines"
        if stream["secret_state"] != {"admin_api_key": KEY} or KEY in json.dumps(dict(stream, secret_state={})):
            yield f"{place}: the key is not in secret_state alone"
        if stream["redact.fields"] != ["secret"] or stream["resource.redirect.max_redirects"] != 0:
            yield f"{place}: redaction {stream['redact.fields']}, redirects {stream['resource.redirect.max_redirects']}"
        preserved = ["preserve_original_event"] if one["set"] == "other" else []
        wanted = one.get("tags") or {"other": ["forwarded", "finance"], "emptied": None}.get(one["set"], ["forwarded"])
        if stream["tags"] != (preserved + wanted if wanted is not None else None):
            yield f"{place}: tags are {stream['tags']}"
        if one["set"] == "other":
            yield from asked_otherwise(place, stream)
    if [stream["data_stream"]["dataset"].rpartition(".")[2] for stream in entry["streams"]] != sorted(cel_input.STREAMS):
        yield f"{one['tile']}: streams are {[stream['data_stream'] for stream in entry['streams']]}"


def asked_otherwise(place, stream):
    """Every setting reaches the input."""
    told = {key: stream.get(key) for key in ("interval", "resource.url", "resource.timeout", "resource.proxy_url", "resource.ssl",
                                             "resource.tracer.enabled", "processors")}
    wanted = {"interval": "7m", "resource.url": CLOSED, "resource.timeout": "90s", "resource.tracer.enabled": True,
              "resource.proxy_url": "http://someone:pass%20word@127.0.0.1:9", "resource.ssl": {"supported_protocols": ["TLSv1.3"]},
              "processors": [{"add_tags": {"tags": ["shipped"]}}]}
    if told != wanted:
        yield f"{place}: {told}; expected {wanted}"
    if stream["state"].get("settle", "2h") != "2h" or stream["state"].get("initial_interval", "72h") != "72h":
        yield f"{place}: state is {stream['state']}"


CHECKS = {"stock_agent": (asked,), "elastic_agent": (native, files), "host_files": (files,)}


def findings_of(one):
    return [finding for check in CHECKS[one["tile"]] for finding in check(one)]


def main():
    for program in (HOST, SIMULATOR):
        if not program.exists():
            raise Skip(f"{program} is not built")
    made = rendered(NAMES[0])
    findings = list(made["findings"])
    # The second package differs in its name only.
    second = [one for one in rendered(NAMES[1], "policies")["policies"] if one["set"] in ("defaults", "hostile tags")]
    with concurrent.futures.ThreadPoolExecutor(4) as several:  # a host takes its second, which is spent waiting
        for found in several.map(findings_of, made["policies"] + second):
            findings += found
    findings += marker(next(one for one in made["policies"] if one["tile"] == "elastic_agent"))
    print("\n".join(findings))
    print(f"{made['tried']} values came through, {len(made['policies']) + len(second)} policies, {len(findings)} findings")
    return 1 if findings or not made["tried"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
