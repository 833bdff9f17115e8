# SPDX-License-Identifier: Apache-2.0
"""Who may include whom. The walls keep streams short, builds fast and the C interface sufficient."""

import fnmatch
import re
import unittest

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
SOURCES = [path for path in tree.files(".c", ".h", ".cpp", ".hpp")
           if path.parts[0] in ("abi", "plugin", "host", "simulator")]

# Headers that only the files named may include: (pattern of the header, files, reason).
RESERVED = [
    ("boost/beast/*", ["simulator/server.cpp"],
     "Beast costs 15 s of compile time per file; go through http/transport.hpp"),
    ("boost/asio/ssl*", ["plugin/http/connection.cpp", "plugin/http/tls.[ch]pp", "simulator/server.cpp"],
     "TLS is set up in one place, so that host name verification cannot be forgotten in another"),
    ("openssl/*", ["plugin/http/connection.cpp", "plugin/http/tls.[ch]pp", "plugin/http/pem.[ch]pp",
                   "plugin/http/secret.cpp", "simulator/certificates.cpp", "simulator/server.cpp", "simulator/paging.cpp"],
     "OpenSSL stays behind tls, pem, connection and secret"),
    ("sqlite3.h", ["plugin/ledger/database.cpp"], "SQL stays behind ledger/database.hpp"),
    ("xxhash.h", ["plugin/identity.cpp", "plugin/ledger/database.cpp"],
     "identity.hpp is the one way to name a row or a document; the database checks its own bytes"),
    ("zlib.h", ["plugin/http/inflate.cpp", "simulator/http.cpp"], "inflating is the transport's job"),
    ("yaml-cpp/*", ["host/settings_tree.cpp"], "YAML is turned into a settings tree once"),
    ("CLI/*", ["host/options.cpp", "simulator/main.cpp"], "the command line is read once"),
    ("beat_plugin.h", ["plugin/entry.cpp", "plugin/guard.hpp", "plugin/host_link.[ch]pp", "plugin/instance*.[ch]pp",
                       "plugin/describe.[ch]pp", "host/*"],
     "the C interface is translated at the edge; inside, our own types are used"),
]

# What a folder must not see of ours: (files, pattern of the included file, reason).
FORBIDDEN = [
    ("host/*", "plugin/*", "the host proves that abi/beat_plugin.h suffices"),
    ("plugin/*", "host/*", "a plugin knows its host through abi/beat_plugin.h alone"),
    ("plugin/*", "simulator/*", "what is shipped never depends on what tests it"),
    ("simulator/*", "plugin/*", "the simulator is written from the API's documentation, so that both cannot share a mistake"),
    ("simulator/*", "host/*", "the simulator serves any client"),
    ("abi/*", "[phs]*", "the contract depends on nothing"),
    ("plugin/http/*", "plugin/streams/*", "the network does not know what it carries"),
    ("plugin/http/*", "plugin/ledger/*", "the network does not know what is stored"),
    ("plugin/ledger/*", "plugin/http/*", "storing does not fetch"),
    ("plugin/streams/*", "plugin/ledger/*", "a fetcher decodes; the driver stores"),
]
# Inner layers and what is above them, by stem.
ABOVE_STREAMS = ["driver", "runtime", "entry", "guard", "host_link", "instance*", "document", "batch"]
for stem in ABOVE_STREAMS:
    FORBIDDEN.append(("plugin/streams/*", f"plugin/{stem}.hpp", "a stream never waits, sends or stores; the driver does"))
    if stem not in ("document", "batch", "host_link"):
        FORBIDDEN.append(("plugin/http/*", f"plugin/{stem}.hpp", "the network serves the driver, not the reverse"))
        FORBIDDEN.append(("plugin/ledger/*", f"plugin/{stem}.hpp", "the ledger serves the driver, not the reverse"))

# Third-party headers a folder must not see: (files, header, reason).
FOREIGN = [
    ("plugin/streams/*", "boost/asio/*", "a fetcher has no I/O"),
    ("plugin/ledger/*", "boost/asio/*", "the ledger is called, it never waits"),
    ("abi/*", "*[!h]", "C headers only"),
    ("host/*", "boost/asio/*", "the host waits in poll"),
]

ROOTS = {"plugin": ["plugin", "abi"], "host": ["host", "abi"], "simulator": ["", "simulator"], "abi": ["abi"]}


def resolve(source, header):
    """The file of ours that an #include means, relative to the root, or None for a foreign header."""
    roots = [source.parent.as_posix()] + ROOTS[source.parts[0]] + ["", "plugin", "host", "simulator"]
    for root in roots:
        candidate = tree.ROOT / root / header
        if candidate.is_file() or candidate.with_name(candidate.name + ".in").is_file():
            return candidate.resolve().relative_to(tree.ROOT).as_posix()
    return None


def any_match(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


class Layering(tree.TreeTest):
    def includes(self):
        for source in SOURCES:
            for header in INCLUDE.findall(tree.read(source)):
                yield source, header

    def test_includes_keep_to_the_table(self):
        findings = []
        for source, header in self.includes():
            name = source.as_posix()
            for pattern, allowed, reason in RESERVED:
                if any_match(header, [pattern, f"*/{pattern}"]) and not any_match(name, allowed):
                    findings.append(f"{name} includes {header}; only {', '.join(allowed)} may: {reason}")
            for who, pattern, reason in FOREIGN:
                if any_match(name, [who]) and any_match(header, [pattern]):
                    findings.append(f"{name} includes {header}; {who} must not: {reason}")
            ours = resolve(source, header)
            if ours is None:
                continue
            for who, what, reason in FORBIDDEN:
                if any_match(name, [who]) and any_match(ours, [what]):
                    findings.append(f"{name} includes {header}; {who} must not see {what}: {reason}")
        self.report(findings)

    def test_the_table_names_files_that_exist(self):
        names = [source.as_posix() for source in SOURCES]
        self.report([f"tests/package/layering_test.py allows {pattern}, which is not there; correct the table"
                     for _, allowed, _ in RESERVED for pattern in allowed
                     if not any(fnmatch.fnmatchcase(name, pattern) for name in names)])

    def test_headers_are_included_once_and_are_not_sources(self):
        findings = []
        for source in SOURCES:
            headers = INCLUDE.findall(tree.read(source))
            findings += [f"{source} includes {h} twice; remove one" for h in sorted(set(headers)) if headers.count(h) > 1]
            findings += [f"{source} includes the source file {h}; build it as one of its target's sources"
                         for h in headers if h.endswith((".cpp", ".c"))]
            if source.suffix == ".hpp" and "#pragma once" not in tree.read(source):
                findings.append(f"{source} has no #pragma once; add it")
        self.report(findings)


if __name__ == "__main__":
    unittest.main()
