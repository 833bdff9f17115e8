# SPDX-License-Identifier: Apache-2.0
"""Reads Handlebars templates as far as agent templates use them: which variables they name, whether blocks close,
and which helpers they call. It renders nothing; tests/package/render does, with the real engine."""

import re

BLOCKS = {"if", "unless", "each", "with", "contains"}
HELPERS = {"contains", "escape_string", "escape_multiline_string", "to_json", "url_encode", "lookup"}
_TAG = re.compile(r"\{\{!--.*?--\}\}|\{\{\{(?P<raw>.*?)\}\}\}|\{\{(?P<plain>.*?)\}\}", re.DOTALL)
_WORD = re.compile(r"""\(|\)|"[^"]*"|'[^']*'|as\s*\|[^|]*\||[^\s()]+""")
_LITERAL = re.compile(r"""^(["'].*["']|-?\d+(\.\d+)?|true|false|null|undefined)$""")


class Fault(ValueError):
    """The template cannot be read; the text says where and why."""


def read(text):
    """(names of variables, names of helpers) of a template. Raises Fault."""
    names, helpers, open_blocks = set(), set(), []
    position = 0
    for tag in _TAG.finditer(text):
        _no_braces(text, position, tag.start())
        position = tag.end()
        content = tag.group("raw") if tag.group("raw") is not None else tag.group("plain")
        if content is None or content.lstrip("~").startswith("!"):
            continue
        line = text.count("\n", 0, tag.start()) + 1
        _tag(content.strip("~").strip(), line, names, helpers, open_blocks)
    _no_braces(text, position, len(text))
    if open_blocks:
        name, line, _ = open_blocks[-1]
        raise Fault(f"line {line}: {{{{#{name}}}}} is never closed")
    return names, helpers


def _no_braces(text, start, end):
    for mark in ("{{", "}}"):
        found = text.find(mark, start, end)
        if found >= 0:
            raise Fault(f"line {text.count(chr(10), 0, found) + 1}: {mark} belongs to no tag")


def _tag(content, line, names, helpers, open_blocks):
    if not content:
        raise Fault(f"line {line}: an empty tag")
    if content.startswith("/"):
        name = content[1:].strip()
        if not open_blocks or open_blocks[-1][0] != name:
            raise Fault(f"line {line}: {{{{/{name}}}}} closes "
                        + (f"{{{{#{open_blocks[-1][0]}}}}} of line {open_blocks[-1][1]}" if open_blocks else "nothing"))
        open_blocks.pop()
        return
    if content.startswith((">", "&")):
        raise Fault(f"line {line}: {{{{{content}}}}} is a partial; Fleet has none")
    words = [word for word in _WORD.findall(content.lstrip("#^").strip()) if word.strip()]
    if content == "else" or content == "^":
        if not open_blocks:
            raise Fault(f"line {line}: {{{{else}}}} outside of a block")
        return
    if words[0] == "else":
        words = words[1:]
    local = {name for _, _, own in open_blocks for name in own}
    parameters = [word for word in words if word.startswith("as ") or word.startswith("as|")]
    words = [word for word in words if word not in parameters]
    own = set(re.findall(r"\w+", parameters[0].split("|", 1)[1])) if parameters else set()
    if content.startswith("#"):
        if words[0] not in BLOCKS:
            raise Fault(f"line {line}: {words[0]} is no block of Fleet's Handlebars; it has {', '.join(sorted(BLOCKS))}")
        open_blocks.append((words[0], line, own))
        _expression(words, line, names, helpers, local)
    elif len(words) == 1 and words[0] not in HELPERS:
        _reference(words[0], names, local)
    else:
        _expression(words, line, names, helpers, local)


def _expression(words, line, names, helpers, local):
    """A call: the first word, and the one after each '(', names a helper; what follows are references and literals."""
    depth, calls = 0, True
    for word in words:
        if word == "(":
            depth, calls = depth + 1, True
        elif word == ")":
            depth -= 1
        elif calls:
            calls = False
            if word not in HELPERS | BLOCKS:
                raise Fault(f"line {line}: {word} is no helper of Fleet; it has {', '.join(sorted(HELPERS))}")
            helpers.add(word)
        else:
            _reference(word.split("=", 1)[-1], names, local)
        if depth < 0:
            break
    if depth != 0:
        raise Fault(f"line {line}: parentheses do not match")


def _reference(word, names, local):
    if _LITERAL.match(word) or word == "this" or word.startswith(("this.", "@")):
        return
    word = re.sub(r"^(\.\./|\./)+", "", word)
    if word.split(".")[0] not in local:
        names.add(word)
