# SPDX-License-Identifier: Apache-2.0
"""One bucket with very many rows, all of them different or all of them equal: what the host's process needs for it."""

import email.utils
import http.server
import json
import threading
import time
import urllib.parse

import measuring
from measuring import figure


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


def measure(build, folder, url, rows, distinct):
    """The run of the host's process that collects the bucket."""
    Api.rows, Api.distinct = rows, distinct
    into = folder / f"{rows}-{distinct}"
    # Plain HTTP on loopback: no certificate is asked for one.
    words = measuring.policy(into, {"url": url}, measuring.FILES.format(folder=into), measuring.USAGE.format(width="1d", hours=24))
    found = measuring.run(build, folder, f"{into.name}-run", measuring.host(build, "run", *words, "--once", "--timeout", "1200"))
    documents = measuring.count_lines(into / "documents")
    if documents != (rows if distinct else 1):
        measuring.fail(f"{rows} rows became {documents} documents")
    for file in (into / "documents").glob("*.ndjson"):
        file.unlink()
    return found


def main():
    asked = measuring.parser(__doc__, "a million rows, too").parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with measuring.scratch() as folder:
        for rows, name in ((100_000, "bucket"), *([(1_000_000, "bucket_million")] if asked.whole else [])):
            for distinct, kind in ((True, ""), (False, "_equal")):
                found = measure(asked.build.resolve(), folder, f"http://127.0.0.1:{server.server_port}", rows, distinct)
                figure(f"{name}{kind}_peak", found.peak)
                figure(f"{name}{kind}_wall", found.wall)


main()
