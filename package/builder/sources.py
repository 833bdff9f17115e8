# SPDX-License-Identifier: Apache-2.0
"""Reading the tree. A part that is missing or broken stops the build with its name."""

import json

import yaml

from fault import PackageFault


# The same result, ten times as fast, where Python was built with the C library.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(root, path, remedy):
    """The bytes of the file `path` below root; `remedy` says what to do when it is not there."""
    try:
        return (root / path).read_bytes()
    except FileNotFoundError:
        raise PackageFault(f"{path}: the file is missing; {remedy}") from None
    except OSError as error:
        raise PackageFault(f"{path}: cannot be read ({error.strerror}); {remedy}") from None


def text(root, path, remedy):
    try:
        return read(root, path, remedy).decode("utf-8")
    except UnicodeDecodeError as error:
        raise PackageFault(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from None


def load_yaml(root, path, remedy):
    try:
        return yaml.load(text(root, path, remedy), Loader=_Loader)
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f":{place.line + 1}" if place else ""
        raise PackageFault(f"{path}{line}: not YAML ({getattr(error, 'problem', error)}); correct it") from None


def load_json_lines(root, path, remedy):
    documents = []
    for number, line in enumerate(text(root, path, remedy).splitlines(), 1):
        try:
            documents.append(json.loads(line))
        except ValueError as error:
            raise PackageFault(f"{path}:{number}: not JSON ({error}); correct it") from None
    return documents


class _Indented(yaml.SafeDumper):
    """Lists stand further in than their key, as Elastic's tools write them."""

    def increase_indent(self, flow=False, indentless=False):
        return super().increase_indent(flow, False)

    def ignore_aliases(self, data):
        return True


def _plain_or_block(dumper, value):
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Indented.add_representer(str, _plain_or_block)


def dump_yaml(value):
    return yaml.dump(value, Dumper=_Indented, sort_keys=False, width=110, allow_unicode=True).encode("utf-8")


def dump_json(value):
    return (json.dumps(value, indent=4, ensure_ascii=False) + "\n").encode("utf-8")
