# SPDX-License-Identifier: Apache-2.0
"""The text of an ES|QL query in its parts: commands, and the fields of STATS and EVAL. For making rules wrong on
purpose and for finding what names an alert; whether a query is right is Elasticsearch's to say."""

import re

# What is no place to cut at: comments, texts, quoted names; and what may hold one.
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|""".*?"""|"(?:\\.|[^"\\])*"|`[^`]*`|[(\[]|[)\]]|\w+|.', re.DOTALL)
HEAD = re.compile(r'^(?:\s*SET\b[^;]*;)*')


def split(text, separator):
    """The parts of a text between separators (a sign or a word, in capitals) outside of texts and brackets; comments
    are left out."""
    parts, depth = [""], 0
    for token in TOKEN.findall(text):
        if token.startswith(("//", "/*")):
            continue
        depth += (token in "([") - (token in ")]")
        if depth == 0 and token.upper() == separator:
            parts.append("")
        else:
            parts[-1] += token
    return [part.strip() for part in parts]


def commands(query):
    """The commands of a query, without its head."""
    return split(HEAD.sub("", query), "|")


def keyword(command):
    return command.split(None, 1)[0].upper()


def fields(command):
    """(what is made, what it is grouped by) of an EVAL or STATS: texts such as 'a = SUM(b)'."""
    _, body = command.split(None, 1)
    made, *by = split(body, "BY")
    return split(made, ","), split(by[0], ",") if by else []


def changed(command, change):
    """An EVAL or STATS with change(name, expression) as the expression of every field that has a name."""
    def one(field):
        found = re.match(r"([\w.]+)\s*=(?!=)\s*(.*)", field, re.DOTALL)
        return f"{found.group(1)} = {change(*found.groups())}" if found else field

    made, by = ([one(field) for field in several] for several in fields(command))
    return f"{keyword(command)} {', '.join(made)}" + (f" BY {', '.join(by)}" if by else "")


def groupings(query):
    """Plain columns that the last STATS groups by, under the names that they have in the end."""
    names = []
    for command in commands(query):
        if keyword(command) == "STATS":
            names = [field.strip("`") for field in fields(command)[1] if re.fullmatch(r"[\w.@]+|`[^`]+`", field)]
        elif keyword(command) == "RENAME":
            for pair in split(command.split(None, 1)[1], ","):
                old, new = split(pair, "AS")
                names = [new if name == old else name for name in names]
    return names
