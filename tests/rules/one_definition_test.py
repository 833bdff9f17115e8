# SPDX-License-Identifier: Apache-2.0
"""One name, one type: two types of one name in one namespace, each in a file of its own, end as one at the linker, which takes the
destructor of either for both."""

import collections
import re
import unittest

import tree

PRODUCT = ("abi", "base", "net", "plugin", "host", "simulator")
OPENS = re.compile(r"^(?:inline )?namespace(?: ([\w:]+))? \{")
CLOSES = re.compile(r"^\}  // namespace")
TYPE = re.compile(r"^(?:struct|class|union|enum class|enum)(?: \[\[[^\]]*\]\])? (\w+)(?: final)?(?: :[^;]*)? ?\{")


def types_of(text):
    """Names of types that stand at the outermost level of a named namespace, with it."""
    spaces, found = [], []
    for line in text.splitlines():
        if opened := OPENS.match(line):
            if not line.rstrip().endswith("}"):
                spaces.append(opened[1] or "")
        elif CLOSES.match(line) and spaces:
            spaces.pop()
        elif (defined := TYPE.match(line)) and spaces and "" not in spaces:
            found.append("::".join([*spaces, defined[1]]))
    return found


def twice(paths):
    places = collections.defaultdict(set)
    for path in paths:
        for name in types_of(tree.read(path)):
            places[name].add(str(path))
    return [f"{name}: {', '.join(sorted(files))}" for name, files in sorted(places.items()) if len(files) > 1]


class OneDefinition(tree.TreeTest):
    def test_types_are_found(self):
        text = "namespace a::b {\nstruct One {\nclass Two final : public One {\nstruct Not;\n  struct Inner {\nnamespace {\nstruct Own {\n" \
               "}  // namespace\nenum class Three : int {\n}  // namespace a::b\nstruct Outside {\n"
        self.assertEqual(types_of(text), ["a::b::One", "a::b::Two", "a::b::Three"])

    def test_no_name_is_of_two_types(self):
        sources = tree.files(".cpp", ".hpp")
        product = [path for path in sources if path.parts[0] in PRODUCT]
        self.assertGreater(sum(len(types_of(tree.read(path))) for path in product), 300)
        wrong = twice(product)
        # What is linked together: a folder of tests, what tests share, and the product.
        shared = [path for path in sources if path.parts[:2] == ("tests", "support")]
        folders = collections.defaultdict(list)
        for path in sources:
            if path.parts[0] == "tests" and path.parts[1] != "support":
                folders[path.parts[1]].append(path)
        for files in folders.values():
            wrong += twice(product + shared + files)
        self.report([f"{one}: one name for two types; name each for what it alone is" for one in sorted(set(wrong))])


if __name__ == "__main__":
    unittest.main()
