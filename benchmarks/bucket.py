# SPDX-License-Identifier: Apache-2.0
"""One bucket with very many rows, all of them different or all of them equal: what the host's process needs for it, beside the
limits. Usage: bucket.py BINARY_DIR [ROWS ...]."""

import email.utils
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

POLICY = """outputs:
  default: {{type: file, path: "{folder}/documents", rotate_every_kb: 10000000}}
inputs:
  - type: anthropic_metrics
    id: bucket
    admin_api_key: sk-ant-admin01-simulator
    url: {url}
    http_client_timeout: 20m
    streams:
      - data_stream.dataset: anthropic_metrics.usage
        bucket_width: 1d
        initial_interval: 24h
        settle: 0s
        group_by: [inference_geo, model, service_tier, workspace_id]
"""
LIMITS = {100_000: ("<= 64", "<= 32")}


class Api(http.server.BaseHTTPRequestHandler):
    """Answers every report with one bucket of `rows` rows, written as it goes."""
    protocol_version = "HTTP/1.1"
    rows, distinct = 0, True

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(timestamp or time.time(), usegmt=True)

    def start(self, *headers):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        if url.path.endswith("/me"):
            body = json.dumps({"id": "5e1f5d5c-0000-4000-8000-000000000001", "type": "organization"}).encode()
            self.start(("Content-Length", str(len(body))))
            self.wfile.write(body)
            return
        query = urllib.parse.parse_qs(url.query)
        self.start(("Transfer-Encoding", "chunked"))
        self.piece('{"data":[{"starting_at":"%s","ending_at":"%s","results":[' % (query["starting_at"][0], query["ending_at"][0]))
        for begin in range(0, self.rows, 1000):
            end = min(begin + 1000, self.rows)
            self.piece(("," if begin else "") + ",".join(self.row(n if self.distinct else 0) for n in range(begin, end)))
        self.piece(']}],"has_more":false,"next_page":null}')
        self.wfile.write(b"0\r\n\r\n")

    def piece(self, text):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text.encode()))

    @staticmethod
    def row(n):
        return ('{"account_id":null,"api_key_id":null,"cache_creation":{"ephemeral_1h_input_tokens":%d,"ephemeral_5m_input_tokens":%d},'
                '"cache_read_input_tokens":%d,"context_window":null,"inference_geo":"global","model":"claude-sonnet-%d",'
                '"output_tokens":%d,"server_tool_use":{"web_search_requests":%d},"service_account_id":null,"service_tier":"standard",'
                '"uncached_input_tokens":%d,"workspace_id":"wrkspc_01Invented%014d"}'
                % (n * 7, n * 311, n * 1003, n % 8, n * 977, n % 5, n * 4001, n // 8))


def high_water(process):
    """Most KB that the process had so far; 0 if it is over."""
    try:
        status = pathlib.Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)


def measure(binaries, scratch, url, rows, distinct):
    """Documents, wall seconds, and the peak in MB of the host's process."""
    Api.rows, Api.distinct = rows, distinct
    folder = scratch / f"{rows}-{distinct}"
    folder.mkdir()
    (folder / "policy.yml").write_text(POLICY.format(folder=folder, url=url), encoding="utf-8")
    begin = time.monotonic()
    process = subprocess.Popen([binaries / "anthropic-metrics", "run", "-c", folder / "policy.yml", "--path.data", folder / "data",
                                "--once", "--timeout", "1200"], stdin=subprocess.DEVNULL, stderr=(folder / "log.txt").open("w"))
    # Not what wait4() says: that counts what this script had before the host took the process over.
    peak = 0
    while process.poll() is None:
        peak = max(peak, high_water(process.pid))
        time.sleep(0.005)
    if process.returncode != 0:
        sys.exit(f"bucket.py: the host ended with {process.returncode}:\n{(folder / 'log.txt').read_text()}")
    wall = time.monotonic() - begin
    documents = 0
    for file in (folder / "documents").glob("*.ndjson"):
        with file.open("rb") as stream:
            documents += sum(1 for _ in stream)
        file.unlink()
    return documents, wall, peak / 1024


binaries = pathlib.Path(sys.argv[1]).resolve() / "bin"
counts = [int(count) for count in sys.argv[2:]] or [100_000, 1_000_000]
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
with tempfile.TemporaryDirectory(prefix="am-bench-") as scratch:
    print(f"\n{'one bucket, peak RSS of host + plugin in MB':<62} {'measured':>8}  {'must':<8} aim")
    for count in counts:
        for distinct in (True, False):
            documents, wall, peak = measure(binaries, pathlib.Path(scratch), f"http://127.0.0.1:{server.server_port}", count, distinct)
            if documents != (count if distinct else 1):
                sys.exit(f"bucket.py: {count} rows became {documents} documents")
            must, aim = LIMITS.get(count, ("", "")) if distinct else ("", "")
            what = f"{count} {'different' if distinct else 'equal'} rows, {wall:.0f} s"
            print(f"{what:<62} {peak:>8.1f}  {must:<8} {aim}", flush=True)
