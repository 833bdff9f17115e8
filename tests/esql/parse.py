# SPDX-License-Identifier: Apache-2.0
"""Text to syntax.*, through the parser that is generated from Elasticsearch's own grammar.

The parser is slow, so parsed queries are kept: for the life of the process, and in the folder that
AM_ESQL_PARSED names, where the suites find those of each other. A query with a syntax fault raises
SyntaxFault with line and column as Elasticsearch counts them.

The grammar is that of 9.1, which has no SET: what stands at the head of a query since 9.4 is read here.
"""

import functools
import hashlib
import os
import pathlib
import pickle
import re

import antlr4
from antlr4.atn.PredictionMode import PredictionMode
from antlr4.error.ErrorListener import ErrorListener
from esql_parser.EsqlBaseLexer import EsqlBaseLexer
from esql_parser.EsqlBaseParser import EsqlBaseParser

import syntax
from expressions import expression, name_of, pattern_of, place_of, source_text, unquote


class Raising(ErrorListener):
    def syntaxError(self, recognizer, symbol, line, column, message, fault):
        raise syntax.SyntaxFault((line, column + 1), message)


class CaseBlind(antlr4.InputStream):
    """Keywords are written in any case; the grammar has them in lower case. Texts stay as they are."""

    def LA(self, offset):
        symbol = super().LA(offset)
        return ord(chr(symbol).lower()) if 65 <= symbol <= 90 else symbol


HERE = pathlib.Path(__file__).resolve().parent
SETTING = re.compile(r'(?:\s|//[^\n]*\n|/\*.*?\*/)*(SET\s+(\w+)\s*=\s*("(?:[^"\\\n]|\\.)*"|\w+)\s*;)', re.IGNORECASE | re.DOTALL)
READERS = ("parse.py", "expressions.py", "syntax.py", "values.py", "requirements.txt")


@functools.lru_cache(maxsize=None)
def parse(text):
    """The commands of a query, in order."""
    folder = os.environ.get("AM_ESQL_PARSED")
    if not folder:
        return _parse(text)
    kept = pathlib.Path(folder) / (hashlib.sha256((_version() + text).encode()).hexdigest() + ".pickle")
    if kept.exists():
        return pickle.loads(kept.read_bytes())
    commands = _parse(text)
    kept.parent.mkdir(parents=True, exist_ok=True)
    scratch = kept.with_suffix(f".{os.getpid()}")
    scratch.write_bytes(pickle.dumps(commands))
    scratch.rename(kept)
    return commands


@functools.lru_cache(maxsize=None)
def _version():
    """Changes with whatever reads a text, so that nothing old is found."""
    return hashlib.sha256(b"".join((HERE / name).read_bytes() for name in READERS)).hexdigest()


def _settings(text):
    """([SET commands at the head], the text with blanks in their place, so that places stay)."""
    found, at = [], 0
    while match := SETTING.match(text, at):
        begin, at = match.start(1), match.end(1)
        place = (text.count("\n", 0, begin) + 1, begin - text.rfind("\n", 0, begin))
        value = match.group(3)
        found.append(syntax.Set(match.group(2).lower(), unquote(value) if value.startswith('"') else value, place))
        text = text[:begin] + re.sub(r"[^\n]", " ", text[begin:at]) + text[at:]
    return found, text


def _parse(text):
    settings, text = _settings(text)
    lexer = EsqlBaseLexer(CaseBlind(text))
    lexer.removeErrorListeners()
    lexer.addErrorListener(Raising())
    parser = EsqlBaseParser(antlr4.CommonTokenStream(lexer))
    parser.removeErrorListeners()
    parser.addErrorListener(Raising())
    # The quick mode of prediction decides every text of this grammar that is met here; where it could not,
    # it would report a syntax fault, never another tree.
    parser._interp.predictionMode = PredictionMode.SLL
    tree = parser.singleStatement()
    return (*settings, *_commands(tree.query()))


def _commands(query):
    if isinstance(query, EsqlBaseParser.SingleCommandQueryContext):
        yield _command(query.sourceCommand())
    else:
        yield from _commands(query.query())
        yield _command(query.processingCommand())


def _command(wrapper):
    command = wrapper.getChild(0)
    kind = type(command).__name__.replace("Context", "")
    if kind not in COMMANDS:
        raise syntax.NotSupported(place_of(command), f"the command {source_text(command).split()[0].upper()}")
    return COMMANDS[kind](command)


def _from(command):
    indices = command.indexPatternAndMetadataFields()
    patterns = []
    for pattern in indices.indexPattern():
        text = pattern.getText()
        patterns += (unquote(text) if text.startswith('"') else text).split(",")
    metadata = indices.metadata()
    names = tuple(token.getText() for token in metadata.UNQUOTED_SOURCE()) if metadata else ()
    return syntax.From(tuple(p.strip() for p in patterns), names, place_of(command))


def _fields(fields):
    return tuple(_field(field) for field in fields.field()) if fields else ()


def _field(field, condition=None):
    value = expression(field.booleanExpression())
    if field.qualifiedName():
        name = name_of(field.qualifiedName())
    else:
        name = value.name if isinstance(value, syntax.Column) else source_text(field.booleanExpression())
    return syntax.Field(name, value, condition)


def _stats(command):
    aggregations = []
    for aggregation in command.stats.aggField() if command.stats else ():
        condition = aggregation.booleanExpression()
        aggregations.append(_field(aggregation.field(), expression(condition) if condition else None))
    return syntax.Stats(tuple(aggregations), _fields(command.grouping), place_of(command))


def _patterns(command):
    return tuple(pattern_of(p) for p in command.qualifiedNamePatterns().qualifiedNamePattern())


def _rename(command):
    pairs = []
    for clause in command.renameClause():
        old, new = pattern_of(clause.oldName), pattern_of(clause.newName)
        pairs.append((old, new))
    return syntax.Rename(tuple(pairs), place_of(command))


def _sort(command):
    orders = []
    for order in command.orderExpression():
        descending = order.DESC() is not None
        nulls_first = order.FIRST() is not None if order.NULLS() else descending
        orders.append(syntax.Order(expression(order.booleanExpression()), descending, nulls_first))
    return syntax.Sort(tuple(orders), place_of(command))


def _limit(command):
    text = command.constant().getText()
    if not re.fullmatch(r"[0-9]+", text):
        raise syntax.VerificationFault(place_of(command), f"LIMIT takes a whole number, not {text}")
    return syntax.Limit(int(text), place_of(command))


COMMANDS = {
    "FromCommand": _from,
    "RowCommand": lambda c: syntax.Row(_fields(c.fields()), place_of(c)),
    "WhereCommand": lambda c: syntax.Where(expression(c.booleanExpression()), place_of(c)),
    "EvalCommand": lambda c: syntax.Eval(_fields(c.fields()), place_of(c)),
    "StatsCommand": _stats,
    "KeepCommand": lambda c: syntax.Keep(_patterns(c), place_of(c)),
    "DropCommand": lambda c: syntax.Drop(_patterns(c), place_of(c)),
    "RenameCommand": _rename,
    "SortCommand": _sort,
    "LimitCommand": _limit,
    "MvExpandCommand": lambda c: syntax.MvExpand(name_of(c.qualifiedName()), place_of(c)),
}
