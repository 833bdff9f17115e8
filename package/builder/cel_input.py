# SPDX-License-Identifier: Apache-2.0
"""The cel input of a stock Elastic Agent: it asks the Admin API with a program of package/agent/ and nothing of ours.

Its settings are the Agent's, so they are written here; groupings, widths and the API's address are the library's. A stream
is offered if it is in STREAMS: health is a collector's report, and there is none here.
"""

import re

import description as described
import naming
import variables
from fault import PackageFault
from sources import load_yaml, text

INPUT = "cel"
FOLDER = "package/agent"
PART = re.compile(r"^// ---- (\w+)\n(.*?)(?=^// ---- |\Z)", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"\$([a-z_]+)")
# The program of each stream: its file and what stands for the names in it. `most`: buckets that the API answers at once.
STREAMS = {
    "usage": ("report", {
        "path": "/v1/organizations/usage_report/messages",
        "grain": "{'name': state.bucket_width, 'width': {'1m': 60, '1h': 3600, '1d': 86400}[state.bucket_width],\n"
                 "  'most': {'1m': 1440, '1h': 168, '1d': 31}[state.bucket_width]}",
    }),
    "cost": ("report", {"path": "/v1/organizations/cost_report", "grain": "{'name': '1d', 'width': 86400, 'most': 31}"}),
    "rate_limit": ("list", {"path": "/v1/organizations/rate_limits"}),
}
# Settings of the library that mean the same here.
SHARED = ("bucket_width", "group_by", "preserve_original_event", "tags")
# How long after its end a bucket is read, once. Late data of six hours and more are below a thousandth in our simulations.
SETTLE = {"usage": "6h", "cost": "48h"}
INTERVAL = {"usage": "15m", "cost": "1h", "rate_limit": "1h"}

INPUT_TEMPLATE = """\
{{#if interval}}
interval: {{escape_string interval}}
{{/if}}
resource.url: {{escape_string url}}
{{#if http_client_timeout}}
resource.timeout: {{escape_string http_client_timeout}}
{{/if}}
# The API asks for one request a second at most; pages follow each other at that pace.
resource.rate_limit.limit: 1
resource.rate_limit.burst: 1
# A redirect could carry the key to somebody else. None is followed.
resource.redirect.max_redirects: 0
{{#if proxy_url}}
resource.proxy_url: {{escape_string proxy_url}}
{{/if}}
resource.tracer.filename: '../../logs/cel/http-request-trace-*.ndjson'
resource.tracer.maxbackups: 5
{{#if enable_request_tracer}}
resource.tracer.enabled: true
{{else}}
resource.tracer.enabled: false
{{/if}}
# Kept out of the debug log, whatever an Agent does by itself.
redact.fields: [secret]
secret_state:
  admin_api_key: {{escape_string admin_api_key}}
# The documents describe an organization, not the machine that ships them.
publisher_pipeline.disable_host: true
"""
# They stand before text, see templates.py.
YAML_VARIABLES = """\
{{#if ssl}}
resource.ssl: {{ssl}}
{{/if}}
{{#if processors}}
processors:
{{processors}}
{{/if}}
"""
TAGS = """\
tags:
{{#if preserve_original_event}}
- preserve_original_event
{{/if}}
{{#each tags as |tag|}}
- {{escape_string tag}}
{{/each}}
"""


def _variable(name, kind, title, text, **more):
    return {"name": name, "type": kind, "title": title, "description": text, "multi": False, "required": False,
            "show_user": False, **more}


def of_input(description):
    """Variables that hold for all streams."""
    library = described.settings(description)
    return [
        _variable("admin_api_key", "password", "Admin API key",
                  "Key of an organization administrator; it begins with sk-ant-admin. Kibana keeps it as a secret.",
                  required=True, show_user=True, secret=True),
        _variable("url", "url", "URL", library["url"]["description"], required=True, default=library["url"]["default"],
                  url_allowed_schemes=["https", "http"]),
        _variable("anthropic_version", "text", "API version", library["anthropic_version"]["description"], required=True,
                  default=library["anthropic_version"]["default"]),
        _variable("http_client_timeout", "duration", "HTTP timeout", "Longest time for one request and its whole answer.",
                  default="60s", min_duration="1s", max_duration="10m"),
        _variable("proxy_url", "password", "Proxy", "Proxy to connect through, such as http://proxy.example:3128; user and "
                  "password may stand in it.", secret=True),
        _variable("ssl", "yaml", "TLS", "Settings of the Elastic Agent for TLS.",
                  default="# certificate_authorities: [/etc/ssl/corporate-ca.pem]\n"),
        _variable("enable_request_tracer", "bool", "Request tracer",
                  "For looking into a problem only: the Agent writes every request and answer into files of its logs folder, with "
                  "their headers, so the Admin API key too. Switched off again, it removes them.", default=False),
    ]


def of_stream(description, stream):
    library = described.settings(description, stream)
    out = [_variable("interval", "duration", "Interval",
                     "Time from one look to the next. Nothing is asked while no bucket has closed and settled."
                     if stream in SETTLE else "Time from one poll to the next.",
                     required=True, show_user=True, default=INTERVAL[stream], min_duration="1m", max_duration="24h")]
    if stream in SETTLE:
        out += [
            _variable("initial_interval", "duration", "Initial interval", library["initial_interval"]["description"],
                      required=True, show_user=True, default=library["initial_interval"]["default"], min_duration="1m",
                      max_duration="8760h"),
            _variable("settle", "duration", "Settle",
                      "How long after it closed a bucket is read, once. What the API changes later is never seen: shorter is "
                      "sooner and further from the bill.", required=True, show_user=True, default=SETTLE[stream],
                      min_duration="0s", max_duration="720h"),
        ]
    out += [variables.variable(name, library[name]) for name in SHARED if name in library]
    out.append(_variable("processors", "yaml", "Processors", "Processors that the Elastic Agent runs before it sends an event, "
                         "as a YAML list. They see the row of the API as text in message."))
    return out


def program(root, stream):
    """The program of a stream: the frame, with the stream's parts and names put in."""
    kind, named = STREAMS[stream]
    path = f"{FOLDER}/{kind}.cel"
    parts = {name: body.rstrip("\n") for name, body in PART.findall(text(root, path, "restore it; it is a program of the cel input"))}
    values = parts | named
    made = text(root, f"{FOLDER}/frame.cel", "restore it; programs of the cel input are made from it")
    made = "\n".join(line for line in made.splitlines() if not line.startswith("//"))
    for _ in range(3):  # parts hold names
        made = re.sub(r"^( *)(.*?)\$(question|taken|grain)\b", lambda found: _placed(found, values, path), made, flags=re.MULTILINE)
    return NAME.sub(lambda found: _value(found[1], values, path), made) + "\n"


def _placed(found, values, path):
    """A part on lines of its own keeps the indentation of the line it stands on."""
    lines = _value(found[3], values, path).splitlines()
    return found[1] + found[2] + ("\n" + found[1]).join(lines)


def _value(name, values, path):
    if name not in values:
        raise PackageFault(f"{path}: nothing stands for ${name}; add the part '// ---- {name}', or a value in "
                           "package/builder/cel_input.py")
    return values[name]


def template(root, stream):
    """agent/stream/cel.yml.hbs of a stream."""
    version = load_yaml(root, "manifest.yml", "restore it")["version"]
    dated = stream in SETTLE
    state = ["anthropic_version: {{escape_string anthropic_version}}", f"user_agent: {naming.NAME}/{version}"]
    if dated:
        state += ["initial_interval: {{escape_string initial_interval}}", "settle: {{escape_string settle}}"]
    if stream == "usage":
        state.append("bucket_width: {{escape_string bucket_width}}")
    if dated:
        state += ["{{#if group_by}}", "group_by:", "{{#each group_by as |name|}}", "- {{escape_string name}}", "{{/each}}",
                  "{{else}}", "group_by: []", "{{/if}}"]
    lines = [line if line.startswith("{{#") or line.startswith("{{/") or line == "{{else}}" else f"  {line}" for line in state]
    return (YAML_VARIABLES + INPUT_TEMPLATE + "state:\n" + "\n".join(lines) + "\n" + TAGS + "program: |\n"
            + "".join(f"  {line}\n" if line else "\n" for line in program(root, stream).splitlines())).encode("ascii")

