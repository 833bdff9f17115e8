# SPDX-License-Identifier: Apache-2.0
"""ES|QL in dashboards and alerts, as far as text shows it: it reads this package's data streams and fields that
exist. The tests read the same queries with a real parser."""

import functools
import re

from . import fields
from .boards import controls, each, layers, lens_state, name
from .finding import Finding
from .kibana import objects

NOISE = re.compile(r'"""(?:.|\n)*?"""|"(?:[^"\\]|\\.)*"|//[^\n]*|/\*(?:.|\n)*?\*/')
SET = r"(?:SET\s+\w+\s*=\s*[^;]+;\s*)*"
SOURCE = re.compile(r"^\s*" + SET + r"(?:FROM|TS)\s+([^|]+?)(?:\s+METADATA\b[^|]*)?(?:\||$)", re.IGNORECASE)
CHOSEN = re.compile(r"^\s*\|\s*WHERE\s+data_stream\.dataset\s*(?:==|IN)\s*([^|]*)", re.MULTILINE)
DATASET = re.compile(r'"([a-z0-9_]+\.[a-z_]+)"')
UTC = re.compile(r'\s*(?:SET\s+\w+\s*=\s*[^;]+;\s*)*SET\s+time_zone\s*=\s*"UTC"\s*;', re.IGNORECASE)
IDENTIFIER = re.compile(r"(?<![\w.?@`\"])(@?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)(?![\w(.])")
VARIABLE = re.compile(r"\?{1,2}([A-Za-z_]\w*)")
TIME_RANGE = {"_tstart", "_tend"}
ASSIGNED = re.compile(r"([A-Za-z_][\w.]*)\s*=(?!=)|\bAS\s+([A-Za-z_][\w.]*)", re.IGNORECASE)


def queries(package):
    """[(path, what it belongs to, ES|QL text)] of every query of the package."""
    return package.once("queries", lambda: list(_queries(package)))


def _queries(package):
    for path, saved, panel in each(package):
        found = [layer.get("query") for _, layer in layers(panel, "textBased")] + [lens_state(panel).get("query")]
        for query in dict.fromkeys(q["esql"] for q in found if isinstance(q, dict) and isinstance(q.get("esql"), str)):
            yield path, name(panel), query
    for path, saved in objects(package, "dashboard"):
        for _, _, settings in controls(saved):
            if isinstance(settings.get("esql_query"), str):
                yield path, f"control '{settings.get('title')}'", settings["esql_query"]
    for path, saved in objects(package, "alerting_rule_template"):
        for query in _texts(((saved.get("attributes") or {}).get("params") or {}).get("esqlQuery"), "esql"):
            yield path, "its query", query


def _texts(value, key):
    if isinstance(value, dict):
        for name_, item in value.items():
            if name_ == key and isinstance(item, str) and item:
                yield item
            else:
                yield from _texts(item, key)


@functools.lru_cache(maxsize=1024)
def sources(text):
    """Names after FROM, or None if the query reads none."""
    found = SOURCE.match(NOISE.sub(lambda m: m.group(0) if m.group(0).startswith('"') else " ", text))
    return [part.strip().strip('"') for part in found.group(1).split(",")] if found else None


@functools.lru_cache(maxsize=1024)
def _names(text):
    """Dotted names that a query reads, without those it makes itself."""
    plain = SOURCE.sub("|", NOISE.sub(" ", text), count=1)
    made = {first or second for first, second in ASSIGNED.findall(plain)}
    return frozenset(IDENTIFIER.findall(plain.replace("`", ""))) - made


@functools.lru_cache(maxsize=1024)
def _chosen(text):
    """Data sets that a query chooses."""
    chosen = CHOSEN.search(text)
    return DATASET.findall(chosen.group(1)) if chosen else []


@functools.lru_cache(maxsize=1024)
def _variables(text):
    return frozenset(VARIABLE.findall(NOISE.sub(" ", text)))


def everything(package):
    """The pattern of all data streams of the package: it finds one as soon as one has documents."""
    return f"metrics-{package.name}.*-*"


def data_streams(package):
    known = {package.dataset(stream) for stream in package.streams()}
    for path, place, text in queries(package):
        read = sources(text)
        if read is None:
            if not re.match(r"\s*(ROW|SHOW)\b", NOISE.sub(" ", text), re.IGNORECASE):
                yield Finding(path, f"{place} reads no data stream", "begin the query with FROM")
            continue
        names = _chosen(text)
        if read != [everything(package)] or not names:
            yield Finding(path, f"{place} reads {', '.join(read)}, which fails where one has no documents yet",
                          f"read {everything(package)} and choose by data_stream.dataset right behind")
        for name in names:
            if name not in known:
                yield Finding(path, f"{place} takes {name}, which is no data set of the package",
                              f"use {', '.join(sorted(known))}")


def declared(package):
    names = {package.dataset(stream): set(fields.declared(package, stream)) for stream in package.streams()}
    for path, place, text in queries(package):
        read = _chosen(text)
        known = set().union(*(names.get(name, set()) for name in read))
        if not known:
            continue
        for found in sorted(_names(text) - known):
            yield Finding(path, f"{place} names {found}, which no field file of {', '.join(read)} declares",
                          "declare it or correct the name")


def variables(package):
    """Every ?name of a query is set by a control of its dashboard, or is the time range that Kibana fills in."""
    known = {path: {settings.get("variable_name") for _, kind, settings in controls(saved) if kind == "esql_control"}
             for path, saved in objects(package, "dashboard")}
    for path, place, text in queries(package):
        for found in sorted(_variables(text) - known.get(path, set()) - TIME_RANGE):
            yield Finding(path, f"{place} uses the variable ?{found}, which no control of the dashboard sets",
                          "add the control or correct the name")


def utc(package):
    """Kibana sends the browser's zone with every query; only a SET at the head of the query overrides it."""
    for path, place, text in queries(package):
        if not re.search(r'SET\s+unmapped_fields\s*=\s*"nullify"', text):
            yield Finding(path, f"{place} fails where a data stream has no documents yet",
                          'begin it with SET unmapped_fields = "nullify";')
        if not UTC.match(text):
            yield Finding(path, f"{place} leaves the time zone to the browser", 'begin it with SET time_zone = "UTC";')


RULES = {
    "queries.utc": utc,
    "queries.data_streams": data_streams,
    "queries.declared": declared,
    "queries.variables": variables,
}
