# SPDX-License-Identifier: Apache-2.0
"""Bodies of `_bulk`: actions and documents, a line each."""

import json


class Action:
    """One action with its document, both as they were sent."""

    def __init__(self, kind, meta, source):
        self.kind, self.meta, self.source = kind, meta, source
        self.index, self.id = meta.get("_index"), meta.get("_id")

    def lines(self):
        return json.dumps({self.kind: self.meta}).encode() + b"\n" + self.source + b"\n"


class Malformed(ValueError):
    """What an engine refuses with 400 before it looks at any item."""

    def __init__(self, reason, kind="illegal_argument_exception"):
        super().__init__(reason)
        self.kind = kind


def parse(body):
    """The actions of a body. Malformed says what is wrong with it, in the words of the engines."""
    if not body:
        raise Malformed("request body is required", "parse_exception")
    if not body.endswith(b"\n"):
        raise Malformed("The bulk request must be terminated by a newline [\\n]")
    lines = body[:-1].split(b"\n")
    actions = []
    position = 0
    while position < len(lines):
        if not lines[position]:
            position += 1
            continue
        try:
            ((kind, meta),) = json.loads(lines[position]).items()
        except (ValueError, AttributeError):
            raise Malformed(f"Malformed action/metadata line [{position + 1}], expected START_OBJECT") from None
        if kind not in ("create", "index") or not isinstance(meta, dict):
            raise Malformed(f"Malformed action/metadata line [{position + 1}], expected one of [create, index]")
        if position + 1 >= len(lines):
            raise Malformed("Validation Failed: 1: source is missing;", "action_request_validation_exception")
        actions.append(Action(kind, meta, lines[position + 1]))
        position += 2
    if not actions:
        raise Malformed("Validation Failed: 1: no requests added;", "action_request_validation_exception")
    return actions


def join(actions):
    return b"".join(action.lines() for action in actions)


def refusal(status, kind, reason, outer=None):
    """(status, body) of an answer that refuses the request as a whole; outer: the type around the cause's own."""
    return status, {"error": {"root_cause": [{"type": kind, "reason": reason}], "type": outer or kind, "reason": reason},
                    "status": status}


def item(action, index, status, kind, reason):
    """An item that was refused."""
    return {action.kind: {"_index": index, "_id": action.id, "status": status, "error": {"type": kind, "reason": reason}}}


def filtered(value, paths):
    """What `filter_path` leaves of an answer: paths with dots, separated by commas; * stands for any one name."""
    if not paths:
        return value
    return _kept(value, [path.split(".") for path in paths.split(",")])


def _kept(value, paths):
    if isinstance(value, list):
        return [inner for inner in (_kept(one, paths) for one in value) if inner not in ({}, [])]
    if not isinstance(value, dict):
        return value
    out = {}
    for name, inner in value.items():
        below = [path[1:] for path in paths if path[0] in (name, "*")]
        if not below:
            continue
        left = inner if [] in below else _kept(inner, below) if isinstance(inner, (dict, list)) else {}
        if [] in below or left not in ({}, []):
            out[name] = left
    return out
