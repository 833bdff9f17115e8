# SPDX-License-Identifier: Apache-2.0
"""What the processor check_types of a stream's pipeline has to know of the stream's fields: their names by kind, and
the statements that check them with the functions of ingest_pipelines/_frame.yml."""


def names(own):
    """The processor's params: names of whole numbers and of texts. The revision has a rule of its own."""
    found = {"counters": _of_kind(own, "long"), "texts": _of_kind(own, "keyword")}
    return {kind: listed for kind, listed in found.items() if listed}


def statements(stream, own):
    """Painless; $checked is the map of the stream's fields."""
    place = f"anthropic.{stream}."
    out = []
    # In this order the start of a bucket comes before its end.
    if edges := sorted((f.name for f in own.fields if f.kind == "date" and f.said("required") == "always"), reverse=True):
        out.append(f"times($checked, {_list(edges)}, '{place}');")
    if _of_kind(own, "keyword"):
        out.append(f"texts($checked, params.texts, '{place}');")
    if own.has("revision"):
        out.append(f"wholeNumbers($checked, ['revision'], '{place}', false);")
    if _of_kind(own, "long"):
        out.append(f"wholeNumbers($checked, params.counters, '{place}', {_may_be_negative(own)});")
    out += _numbers(own, "$checked", place)
    for group in own.fields:
        if group.is_group:
            out += _of_group(own, group, f"{place}{group.name}.")
    return "\n".join(out)


def _of_group(own, group, place):
    each = "entry" if group.said("list") else f"$checked.{group.name}"
    inner = []
    if numbers := _of_kind(group, "long"):
        listed = "params.counters" if numbers == _of_kind(own, "long") else _list(numbers)
        inner.append(f"wholeNumbers({each}, {listed}, '{place}', false);")
    if texts := _of_kind(group, "keyword"):
        inner.append(f"texts({each}, {_list(texts)}, '{place}');")
    inner += _numbers(group, each, place)
    if group.said("list"):
        inner = [f"for (def entry : $checked.{group.name}) {{", *(f"  {line}" for line in inner), "}"]
    return [f"if ($checked.{group.name} != null) {{", *(f"  {line}" for line in inner), "}"]


def _numbers(group, each, place):
    out = []
    for name in _of_kind(group, "double"):
        out += [f"if ({each}.{name} != null && !({each}.{name} instanceof Number)) {{",
                f"  throw new IllegalArgumentException('{place}{name}: expected a number, got ' + {each}.{name});",
                "}"]
    for name in _of_kind(group, "boolean"):
        out += [f"if ({each}.{name} != null && !({each}.{name} instanceof Boolean)) {{",
                f"  throw new IllegalArgumentException('{place}{name}: expected true or false, got ' + {each}.{name});",
                "}"]
    return out


def _may_be_negative(own):
    if any(field.kind == "long" and field.said("signed") for field in own.fields):
        return "true"
    return "$checked.revision != null && $checked.revision > 0" if own.has("revision") else "false"


def _of_kind(group, kind):
    return [field.name for field in group.fields if field.kind == kind and field.name != "revision"]


def _list(listed):
    return "[" + ", ".join(f"'{name}'" for name in listed) + "]"
