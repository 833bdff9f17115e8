# SPDX-License-Identifier: Apache-2.0
"""Who may include whom. The walls keep streams short, builds fast and the C interface sufficient."""

import fnmatch
import re
import unittest

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
SOURCES = [path for path in tree.files(".c", ".h", ".cpp", ".hpp")
           if path.parts[0] in ("abi", "base", "net", "plugin", "host", "simulator", "examples")]

# Headers that only the files named may include: (pattern of the header, files, reason).
RESERVED = [
    ("boost/beast/*", ["simulator/server.cpp"],
     "Beast costs 15 s of compile time per file; go through net/transport.hpp"),
    ("boost/asio/ssl*", ["net/connection.cpp", "net/tls.[ch]pp", "simulator/server.cpp"],
     "TLS is set up in one place, so that host name verification cannot be forgotten in another"),
    ("openssl/*", ["net/connection.cpp", "net/tls.[ch]pp", "net/pem.[ch]pp", "net/system_trust.[ch]pp", "net/trust.[ch]pp",
                   "host/control/tls_stream.cpp",
                   "simulator/certificates.cpp", "simulator/server.cpp", "simulator/paging.cpp"],
     "OpenSSL stays behind tls, pem and connection"),
    ("nghttp2/*", ["host/control/http2.cpp"], "HTTP/2 stays behind host/control/http2.hpp"),
    ("sqlite3.h", ["plugin/ledger/database.cpp", "plugin/ledger/gathered_writes.*"], "SQL stays behind ledger/database.hpp"),
    ("xxhash.h", ["plugin/ledger/identity.cpp", "plugin/ledger/database.cpp"],
     "identity.hpp is the one way to name a row or a document; the database checks its own bytes"),
    ("isa-l/*", ["net/gzip_stream_isal.cpp"], "unpacking stays behind net/gzip_stream.hpp"),
    ("zlib.h", ["net/gzip_stream_zlib.cpp", "simulator/http.cpp"], "unpacking stays behind net/gzip_stream.hpp"),
    ("libdeflate.h", ["host/outputs/gzip.cpp"], "packing stays behind host/outputs/gzip.hpp"),
    ("yaml-cpp/*", ["host/policy/settings_tree.cpp"], "YAML is turned into a settings tree once"),
    ("CLI/*", ["host/commands/command_line.cpp", "simulator/main.cpp"],
     "the command line is read once; a command describes its options as commands/command.hpp says"),
    ("beat_*.h", ["plugin/edge/*", "host/*", "examples/*", "abi/*"],
     "the C interface is translated at the edge; inside, our own types are used"),
]

# Who may include whom, room by room, each from its own room too. A room stands above all that it includes.
ROOMS = {
    "abi": [],
    "abi/conform": ["abi"],
    "base": [],
    "net": ["base"],
    "plugin/streams": ["base", "net"],
    "plugin/api": ["base", "net"],
    "plugin/ledger": ["base", "plugin/streams"],
    "plugin/settings": ["base", "net", "plugin/api", "plugin/ledger", "plugin/streams"],
    "plugin/collect": ["base", "net", "plugin/api", "plugin/ledger", "plugin/settings", "plugin/streams"],
    "plugin/edge": ["abi", "base", "plugin/collect", "plugin/settings", "plugin/streams"],
    "host": ["abi", "base"],
    "host/control": ["base", "host", "net"],
    "host/policy": ["base", "host"],
    "host/store": ["base", "host", "net"],
    "host/setup": ["base", "host", "host/store", "net"],
    "host/outputs": ["abi", "base", "host", "host/policy", "host/store", "net"],
    "host/placement": ["base", "host", "host/policy"],
    "host/proof": ["abi", "base", "host", "host/outputs", "host/policy", "host/store"],
    "host/forecast": ["base", "host"],
    "host/finance": ["base", "host", "host/forecast", "host/proof"],
    "host/endpoint": ["base", "host", "host/forecast", "host/outputs", "host/policy"],
    "host/run": ["abi", "base", "host", "host/endpoint", "host/finance", "host/outputs", "host/policy", "host/proof", "host/store"],
    "host/agent": ["abi", "base", "host", "host/control", "host/endpoint", "host/outputs", "host/placement",
                   "host/policy", "host/run"],
    "host/commands": ["abi", "base", "host", "host/agent", "host/endpoint", "host/finance", "host/forecast", "host/outputs",
                      "host/placement", "host/policy", "host/proof", "host/run", "host/setup", "host/store"],
    "host/main.cpp": ["host", "host/commands", "host/run"],
    "simulator": [],
    "examples": ["abi"],
}
# A library that somebody has to understand: few rooms, and few floors of them.
MOST_ROOMS, MOST_FLOORS = 8, 6

# Third-party headers a folder must not see: (files, header, reason).
FOREIGN = [
    ("base/*", "boost/asio/*", "base has values, and waits for nothing"),
    ("plugin/streams/*", "boost/asio/*", "a fetcher has no I/O"),
    ("plugin/ledger/*", "boost/asio/*", "the ledger is called, it never waits"),
    ("abi/*", "*[!h]", "C headers only"),
    *((f"host/{room}/*", "boost/asio/*", "the host waits in poll; a store is asked by host/store")
      for room in ("commands", "control", "finance", "forecast", "outputs", "placement", "policy", "proof", "run")),
]
# Words that a library below must not know: (files, pattern, reason).
WORDS = [
    ("net/*", r"(?i)anthropic(?!_metrics\b)|elastic|opensearch|admin.api|api\.anthropic", "net serves any HTTPS service"),
]

ROOTS = {"plugin": ["", "plugin", "abi"], "host": ["", "host", "abi"], "simulator": [""], "abi": ["abi"], "examples": ["abi"], "base": [""], "net": [""]}


def resolve(source, header):
    """The file of ours that an #include means, relative to the root, or None for a foreign header."""
    for root in [source.parent.as_posix()] + ROOTS[source.parts[0]]:
        candidate = tree.ROOT / root / header
        if candidate.is_file() or candidate.with_name(candidate.name + ".in").is_file():
            return candidate.resolve().relative_to(tree.ROOT)
    return None


def room(path):
    """The room that a file stands in."""
    name = path.as_posix()
    return next((r for r in sorted(ROOMS, key=len, reverse=True) if name == r or name.startswith(r + "/")), None)


def floor(name, within, seen=()):
    """How many rooms of those within a folder the longest way down from this one passes, itself included."""
    if name in seen:
        raise AssertionError(f"the rooms {' -> '.join(seen + (name,))} include each other in a circle")
    return 1 + max((floor(r, within, seen + (name,)) for r in ROOMS[name] if r.startswith(within)), default=0)


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
            here, there = room(source), room(ours)
            if here != there and there not in ROOMS[here]:
                findings.append(f"{name} includes {header}; {here} must not see {there}: see ROOMS in tests/rules/layering_test.py")
        self.report(findings)

    def test_every_source_stands_in_a_room(self):
        self.report([f"{path} stands in no room; move it into one, or add the room to tests/rules/layering_test.py"
                     for path in SOURCES if room(path) is None])

    def test_the_plugin_has_few_rooms_on_few_floors(self):
        children = {path.parts[1].partition(".")[0] for path in SOURCES if path.parts[0] == "plugin"}
        self.assertLessEqual(len(children), MOST_ROOMS, f"rooms of plugin/: {sorted(children)}; put things together that belong together")
        floors = {name: floor(name, "plugin/") for name in ROOMS}
        self.assertLessEqual(max(floors.values()), MOST_FLOORS, floors)

    def test_no_rooms_include_each_other_in_a_circle(self):
        for name in ROOMS:
            floor(name, "")

    def test_libraries_below_do_not_know_who_uses_them(self):
        findings = []
        for path in SOURCES:
            for who, pattern, reason in WORDS:
                if any_match(path.as_posix(), [who]):
                    findings += [f"{path}:{number}: says {found.group(0)!r}; {reason}"
                                 for number, line in enumerate(tree.read(path).splitlines(), 1)
                                 for found in re.finditer(pattern, line)]
        self.report(findings)

    def test_the_host_links_nothing_of_the_plugin(self):
        build = tree.read("host/CMakeLists.txt")
        self.report([f"host/CMakeLists.txt links {target}; the host knows a plugin through abi/beat_plugin.h alone"
                     for target in ("am_core", "am_streams", "am_plugin_objects", "am_simulator") if target in build])

    def test_the_table_names_files_that_exist(self):
        names = [source.as_posix() for source in SOURCES]
        self.report([f"tests/rules/layering_test.py allows {pattern}, which is not there; correct the table"
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
