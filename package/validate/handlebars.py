# SPDX-License-Identifier: Apache-2.0
"""Which variables an agent template names, and that it calls only what Fleet has. That brackets and blocks close is said
by the official validator; tests/package/render renders, with the real engine."""

import re

BLOCKS = {"if", "unless", "each", "with", "contains"}
HELPERS = {"contains", "escape_string", "escape_multiline_string", "to_json", "url_encode", "lookup"}
_TAG = re.compile(r"\{\{!--.*?--\}\}|\{\{\{(?P<raw>.*?)\}\}\}|\{\{(?P<plain>.*?)\}\}", re.DOTALL)
_OWN = re.compile(r"\bas\s*\|([^|]*)\|")
_WORD = re.compile(r"""\(|\)|"[^"]*"|'[^']*'|[^\s()]+""")
_LITERAL = re.compile(r"""^(["'].*["']|-?\d+(\.\d+)?|true|false|null|undefined|this(\..*)?|@.*)$""")


class Fault(ValueError):
    """Fleet cannot render the template; the text says where and why."""


def read(text):
    """Names of the variables of a template. Raises Fault."""
    names, local = set(), set()
    for tag in _TAG.finditer(text):
        content = (tag["raw"] or tag["plain"] or "").strip("~ \n")
        if not content or content == "else" or content.startswith(("!", "/")):
            continue
        line = text.count("\n", 0, tag.start()) + 1
        if content.startswith((">", "&")):
            raise Fault(f"line {line}: {{{{{content}}}}} is a partial; Fleet has none")
        local |= set(" ".join(_OWN.findall(content)).split())
        names |= _named(_OWN.sub("", content), line)
    return {name for name in names if name.split(".")[0] not in local}


def _named(content, line):
    """The variables of one tag. The first word, and the one after each '(', is a block or helper, unless it stands alone."""
    words = _WORD.findall(content.removeprefix("else ").lstrip("#^"))
    calls, names = content.startswith("#") or len(words) > 1 or words[0] in HELPERS, set()
    for word in words:
        if word == "(":
            calls = True
        elif calls and word not in BLOCKS | HELPERS:
            raise Fault(f"line {line}: {word} is no helper of Fleet; it has {', '.join(sorted(BLOCKS | HELPERS))}")
        elif calls:
            calls = False
        elif word != ")" and not _LITERAL.match(word):
            names.add(re.sub(r"^(\.\./|\./)+", "", word.split("=", 1)[-1]))
    return names
