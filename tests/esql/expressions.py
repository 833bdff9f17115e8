# SPDX-License-Identifier: Apache-2.0
"""Expressions of the parse tree to syntax.*: one small function per grammar alternative."""

import re


import syntax
import values

ESCAPES = {"t": "\t", "n": "\n", "r": "\r", '"': '"', "\\": "\\"}


def place_of(context):
    return context.start.line, context.start.column + 1


def source_text(context):
    """The text as it was written, blanks included: unnamed columns are named by it."""
    stream = context.start.getInputStream()
    return stream.strdata[context.start.start : context.stop.stop + 1]


def unquote(text):
    if text.startswith('"""'):
        return text[3:-3]
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m.group(1), m.group(0)), text[1:-1])


def identifier(text):
    return text[1:-1].replace("``", "`") if text.startswith("`") else text


def name_of(qualified):
    for part in qualified.identifierOrParameter():
        if not part.identifier():
            raise syntax.NotSupported(place_of(qualified), f"the parameter {part.getText()} as a name")
    return ".".join(identifier(part.getText()) for part in qualified.identifierOrParameter())


def pattern_of(pattern):
    parts = []
    for part in pattern.identifierPattern():
        if not part.ID_PATTERN():
            raise syntax.NotSupported(place_of(pattern), f"the parameter {part.getText()} as a name")
        # A quoted part is one name; a star within it would be literal, which no field of ours has.
        parts.append(re.sub(r"`((?:[^`]|``)*)`", lambda m: m.group(1).replace("``", "`"), part.getText()))
    return ".".join(parts)


def expression(context):
    kind = type(context).__name__.replace("Context", "")
    if kind in PASS_THROUGH:
        return expression(PASS_THROUGH[kind](context))
    if kind not in BUILDERS:
        raise syntax.NotSupported(place_of(context), f"'{source_text(context)}'")
    return BUILDERS[kind](context)


def _call(context, name, *arguments):
    return syntax.Call(name, tuple(arguments), place_of(context), source_text(context))


def _literal(context, value, kind):
    return syntax.Literal(value, kind, place_of(context), source_text(context))


def _binary(context):
    return _call(context, context.operator.text.lower(), expression(context.left), expression(context.right))


def _comparison(context):
    return _call(context, context.comparisonOperator().getText(), expression(context.left), expression(context.right))


def _negated(context, call):
    return _call(context, "not", call) if context.NOT() else call


def _in(context):
    return _negated(context, _call(context, "in", *[expression(v) for v in context.valueExpression()]))


def _like(sign):
    def build(context):
        strings = context.string() if isinstance(context.string(), list) else [context.string()]
        patterns = [_literal(s, unquote(s.getText()), "keyword") for s in strings]
        return _negated(context, _call(context, sign, expression(context.valueExpression()), *patterns))

    return build


def _unary(context):
    inner = expression(context.operatorExpression())
    if context.operator.text == "+":
        return inner
    if isinstance(inner, syntax.Literal) and inner.type in values.NUMERIC:
        return _literal(context, -inner.value, inner.type)
    return _call(context, "neg", inner)


def _function(context):
    if context.mapExpression():
        raise syntax.NotSupported(place_of(context), f"options of a function, as in '{source_text(context)}',")
    arguments = [expression(a) for a in context.booleanExpression()]
    if context.ASTERISK():
        arguments = [_literal(context, "*", "star")]
    return _call(context, context.functionName().getText().lower(), *arguments)


def _integer(context, text):
    value = int(text)
    if -(2**31) <= value < 2**31:
        return _literal(context, value, "integer")
    if -(2**63) <= value < 2**63:
        return _literal(context, value, "long")
    raise syntax.NotSupported(place_of(context), f"the number {text}, which is too big for a long,")


def _period(context):
    unit = context.UNQUOTED_IDENTIFIER().getText()
    period = values.period(int(context.integerValue().getText()), unit)
    if period is None:
        raise syntax.VerificationFault(place_of(context), f"unexpected time interval qualifier: '{unit}'")
    return _literal(context, *period)


def _array(read, kind=None):
    def build(context):
        parts = [read(child) for child in context.getChildren() if child.getText() not in ("[", "]", ",")]
        types = {p.type for p in parts}
        shared = kind or ("double" if "double" in types else "long" if "long" in types else "integer")
        members = tuple(float(p.value) if shared == "double" else p.value for p in parts)
        return _literal(context, members if len(members) > 1 else members[0], shared)

    return build


def _number(context):
    text = context.getText()
    return _literal(context, float(text), "double") if re.search(r"[.eE]", text) else _integer(context, text)


def _text(context):
    return _literal(context, unquote(context.getText()), "keyword")


def _boolean(context):
    return _literal(context, context.getText().lower() == "true", "boolean")


def _parameter(context):
    name = context.getText().lstrip("?")
    if not name:
        raise syntax.NotSupported(place_of(context), "a parameter without a name")
    return syntax.Parameter(name, place_of(context), source_text(context))


PASS_THROUGH = {
    "BooleanDefault": lambda c: c.valueExpression(),
    "RegexExpression": lambda c: c.regexBooleanExpression(),
    "ValueExpressionDefault": lambda c: c.operatorExpression(),
    "OperatorExpressionDefault": lambda c: c.primaryExpression(),
    "ConstantDefault": lambda c: c.constant(),
    "ParenthesizedExpression": lambda c: c.booleanExpression(),
    "Function": lambda c: c.functionExpression(),
}

BUILDERS = {
    "LogicalNot": lambda c: _call(c, "not", expression(c.booleanExpression())),
    "LogicalBinary": _binary,
    "LogicalIn": _in,
    "IsNull": lambda c: _negated(c, _call(c, "is null", expression(c.valueExpression()))),
    "LikeExpression": _like("like"),
    "LikeListExpression": _like("like"),
    "RlikeExpression": _like("rlike"),
    "Comparison": _comparison,
    "ArithmeticBinary": _binary,
    "ArithmeticUnary": _unary,
    "Dereference": lambda c: syntax.Column(name_of(c.qualifiedName()), place_of(c), source_text(c)),
    "InlineCast": lambda c: _call(c, "::" + c.dataType().getText().lower(), expression(c.primaryExpression())),
    "FunctionExpression": _function,
    "NullLiteral": lambda c: _literal(c, None, "null"),
    "QualifiedIntegerLiteral": _period,
    "DecimalLiteral": lambda c: _number(c.decimalValue()),
    "IntegerLiteral": lambda c: _number(c.integerValue()),
    "BooleanLiteral": lambda c: _boolean(c.booleanValue()),
    "StringLiteral": lambda c: _text(c.string()),
    "InputParameter": _parameter,
    "NumericArrayLiteral": _array(_number),
    "BooleanArrayLiteral": _array(_boolean, "boolean"),
    "StringArrayLiteral": _array(_text, "keyword"),
}
