# SPDX-License-Identifier: Apache-2.0
"""The messages of the Elastic Agent's control protocol V2, for the stub of its server: written for the tests alone, so that
what the host writes is read by somebody else. A message is a dict; nothing here knows the host's code."""

import struct


def varint(value):
    out = bytearray()
    value &= (1 << 64) - 1
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def tag(number, kind):
    return varint(number << 3 | kind)


def number(field, value):
    return tag(field, 0) + varint(int(value)) if value else b""


def blob(field, value):
    value = value.encode() if isinstance(value, str) else value
    return tag(field, 2) + varint(len(value)) + value


def text(field, value):
    return blob(field, value) if value else b""


def fields(message):
    """[(number, value)]: an int, or bytes."""
    found, at = [], 0

    def read_varint():
        nonlocal at
        value = shift = 0
        while True:
            octet = message[at]
            at += 1
            value |= (octet & 0x7F) << shift
            shift += 7
            if octet < 0x80:
                return value

    while at < len(message):
        key = read_varint()
        kind = key & 7
        if kind == 0:
            value = read_varint()
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, at = message[at:at + size], at + size
        elif kind == 2:
            size = read_varint()
            value, at = message[at:at + size], at + size
            if len(value) != size:
                raise ValueError("a field ends beyond its message")
        else:
            raise ValueError(f"wire type {kind} is not of this protocol")
        found.append((key >> 3, value))
    return found


# ---- JSON as messages ---------------------------------------------------------------------------------------------------

def to_value(value):
    if value is None:
        return tag(1, 0) + b"\0"
    if isinstance(value, bool):
        return tag(4, 0) + varint(value)
    if isinstance(value, (int, float)):
        return tag(2, 1) + struct.pack("<d", value)
    if isinstance(value, str):
        return blob(3, value)
    if isinstance(value, dict):
        return blob(5, to_struct(value))
    return blob(6, b"".join(blob(1, to_value(item)) for item in value))


def to_struct(value):
    return b"".join(blob(1, blob(1, key) + blob(2, to_value(item))) for key, item in value.items())


def from_value(message):
    for field, value in fields(message):
        if field == 1:
            return None
        if field == 2:
            return struct.unpack("<d", value)[0]
        if field == 3:
            return value.decode()
        if field == 4:
            return bool(value)
        if field == 5:
            return from_struct(value)
        if field == 6:
            return [from_value(item) for _, item in fields(value)]
    raise ValueError("a value without any")


def from_struct(message):
    pairs = [dict(fields(entry)) for _, entry in fields(message)]
    return {pair.get(1, b"").decode(): from_value(pair[2]) for pair in pairs}


# ---- What the Agent says ------------------------------------------------------------------------------------------------

INPUT, OUTPUT = 0, 1
STATES = ("STARTING", "CONFIGURING", "HEALTHY", "DEGRADED", "FAILED", "STOPPING", "STOPPED")
LEVELS = ("error", "warn", "info", "debug", "trace")


def agent(facts):
    return (text(1, facts["id"]) + text(2, facts["version"]) + number(3, facts.get("snapshot", False))
            + number(4, not facts.get("managed", True)) + number(5, facts.get("unprivileged", False)))


def bootstrap(address, server_name, token, authority, certificate, key, facts, services=(1,), largest=104857600):
    """What the Agent writes to the component's standard input."""
    return (text(1, address) + text(2, server_name) + text(3, token) + text(4, authority) + text(5, certificate) + text(6, key)
            + (blob(7, b"".join(varint(service) for service in services)) if services else b"") + blob(8, b"\0")
            + number(9, largest) + blob(10, agent(facts)))


def configuration(source):
    """The raw item, and beside it the fields that repeat parts of it."""
    stream = source.get("data_stream", {})
    out = blob(1, to_struct(source)) + text(2, source.get("id", "")) + text(3, source.get("type", "")) + text(4, source.get("name", ""))
    out += number(5, int(source.get("revision", 0))) + blob(6, b"")
    out += blob(7, blob(1, to_struct(stream)) + text(4, stream.get("namespace", "")))
    for item in source.get("streams", []):
        out += blob(8, blob(1, to_struct(item)) + text(2, item.get("id", "")))
    return out


def mark(value):
    return number(1, int(value)) + number(2, int(value % 1 * 1e9))


def expected(units, facts, features_index, component_index, chunk=None, head=True):
    """units: [{id, side, stopped, index, level, source or None}]."""
    out = b""
    for unit in units:
        out += blob(1, text(1, unit["id"]) + number(2, unit["side"]) + number(3, 6 if unit["stopped"] else 2)
                    + number(4, unit["index"])
                    + (blob(5, configuration(unit["source"])) if unit["source"] is not None else b"")
                    + number(6, LEVELS.index(unit["level"])))
    if head:
        out += blob(2, agent(facts))
        out += blob(3, blob(1, to_struct({"agent": {"features": {}}})) + blob(2, b"")) + number(4, features_index)
        out += blob(5, blob(1, blob(1, to_struct({})) + number(2, 0))) + number(6, component_index)
    return out + (blob(7, mark(chunk)) if chunk is not None else b"")


def action(request):
    level = {None: 0, "all": 0, "component": 1, "unit": 2}[request.get("level")]
    return (text(1, request["id"]) + text(2, request.get("name", "")) + text(3, request.get("parameters", ""))
            + text(4, request.get("unit", "")) + number(5, request.get("side", 0))
            + number(6, request.get("diagnostics", False)) + number(7, level))


# ---- What the component says --------------------------------------------------------------------------------------------

def observed(message):
    out = {"token": "", "units": {}, "programme": None, "features": 0, "component": 0, "extras": [], "pid": 0}
    for field, value in fields(message):
        if field == 1:
            out["token"] = value.decode()
        elif field == 2:
            unit = {"side": 0, "index": 0, "state": "STARTING", "message": "", "payload": {}}
            for part, content in fields(value):
                if part == 1:
                    unit["id"] = content.decode()
                elif part == 2:
                    unit["side"] = content
                elif part == 3:
                    unit["index"] = content
                elif part == 4:
                    unit["state"] = STATES[content]
                elif part == 5:
                    unit["message"] = content.decode()
                elif part == 6:
                    unit["payload"] = from_struct(content)
                else:
                    raise ValueError(f"a unit has no field {part}")
            out["units"][unit["side"], unit["id"]] = unit
        elif field == 3:
            known = {1: "name", 4: "build"}
            programme = {"name": "", "build": "", "facts": {}}
            for part, content in fields(value):
                if part == 3:
                    pair = dict(fields(content))
                    programme["facts"][pair.get(1, b"").decode()] = pair.get(2, b"").decode()
                else:
                    programme[known[part]] = content.decode()
            out["programme"] = programme
        elif field == 8:
            out["extras"] += list(value) if isinstance(value, bytes) else [value]
        elif field in (5, 6, 9):
            out[{5: "features", 6: "component", 9: "pid"}[field]] = value
        else:
            raise ValueError(f"a check-in has no field {field} that we use")
    return out


def answer(message):
    out = {"token": "", "id": "", "failed": False, "result": b"", "files": []}
    for field, value in fields(message):
        if field == 5:
            names = {1: "name", 2: "file_name", 3: "description", 4: "content_type", 5: "content", 6: "time"}
            out["files"].append({names[part]: content if part in (5, 6) else content.decode() for part, content in fields(value)})
        elif field == 3:
            out["failed"] = bool(value)
        elif field == 4:
            out["result"] = value
        else:
            out[{1: "token", 2: "id"}[field]] = value.decode()
    return out
