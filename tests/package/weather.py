# SPDX-License-Identifier: Apache-2.0
"""A stream that the tree does not have, for tests: its fields, of every kind, and its part of the ingest pipeline."""

import contextlib
import pathlib
import shutil
import tempfile

import tree

FIELDS = """
- name: event.dataset
  type: constant_keyword
  value: PACKAGE_NAME.weather
  description: Name of the data set.
- name: anthropic.weather
  type: group
  document: {category: process}
  description: Weather of one place.
  fields:
    - {name: place, type: keyword, document: {required: always}, description: Name.}
    - {name: seen_at, type: date, document: {required: always}, description: When.}
    - {name: sky, type: keyword, document: {values: [clear, grey]}, description: How it looks.}
    - {name: drops, type: long, document: {required: measured}, description: How many.}
    - {name: degrees, type: double, document: {signed: true}, description: How warm.}
    - name: winds
      type: group
      document: {list: true}
      description: Where from.
      fields:
        - {name: from, type: keyword, document: {required: always}, description: A direction.}
        - {name: speed, type: double, description: How fast.}
"""
DESCRIPTION = "description: Documents of the stream weather.\n"
# Its rows may arrive raw.
ROWS = DESCRIPTION + """
of: rows
row: report
shape: |-
  Map weather = row;

  weather.drops = count(row.drops, 'drops');
"""
GOOD = {"place": "x", "seen_at": "2026-01-31T00:00:00Z", "sky": "grey", "drops": 3, "degrees": -1.5,
        "winds": [{"from": "n", "speed": 2}]}


def write(root, folder, text):
    (root / folder / "weather.yml").write_text(text, encoding="ascii")


@contextlib.contextmanager
def added(part=DESCRIPTION):
    """A copy of what says how documents look and are stored, with this stream in it."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name in ("fields", "ingest_pipelines"):
            shutil.copytree(tree.ROOT / name, root / name)
        write(root, "fields", FIELDS)
        write(root, "ingest_pipelines", part)
        yield root
