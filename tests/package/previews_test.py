# SPDX-License-Identifier: Apache-2.0
"""package/kibana/img has a picture of every dashboard, drawn from what the dashboard is now, and saying that it is no screenshot."""

import re
import unittest

import tree

import dashboards
import pictures
import numbers_shown
import plots
import png
import world
import world_operations
from source import source_hash

LARGEST, WIDTH = 500 * 1024, 1600


class Previews(tree.TreeTest):
    def test_each_dashboard_has_a_current_picture(self):
        findings = []
        for slug, board in tree.named(dashboards.load(tree.ROOT)).items():
            path = tree.ROOT / "package" / "kibana" / "img" / f"{slug}.png"
            if not path.exists():
                findings.append(f"package/kibana/img/{slug}.png: missing; run make previews and look at it")
                continue
            data = path.read_bytes()
            notes, (width, height) = png.texts(data), png.size(data)
            if len(data) > LARGEST:
                findings.append(f"package/kibana/img/{slug}.png: {len(data) // 1024} KiB, at most {LARGEST // 1024}; draw less")
            if width != WIDTH or not 1000 < height < 4000:
                findings.append(f"package/kibana/img/{slug}.png: {width}x{height}; a preview is {WIDTH} wide; run make previews")
            if "simulated data" not in notes.get("Comment", ""):
                findings.append(f"package/kibana/img/{slug}.png: does not say that it shows simulated data; run make previews")
            if notes.get("Source") != source_hash(board):
                findings.append(f"package/kibana/img/{slug}.png: the dashboard or the simulated world has changed since it was drawn; "
                                "run make previews and look at it")
        self.report(findings)

    def test_the_manifest_shows_them(self):
        shown = {entry["src"]: entry["title"] for entry in pictures.screenshots(tree.ROOT)}
        for slug in dashboards.load(tree.ROOT):
            self.assertIn("simulated data", shown[f"/img/{slug}.png"])


class World(tree.TreeTest):
    def test_failures_are_those_of_processors_that_pipelines_have(self):
        said = [d["error"]["message"] for d in world_operations.incidents() if "error" in d]
        self.assertTrue(said)
        for message in said:
            kind, tag, stream = re.fullmatch(r"Processor '(\w+)' with tag '(\w+)' failed with message '.*' in pipeline "
                                             r"'metrics-anthropic_metrics\.(\w+)-[0-9.]+'", message).groups()
            found = [options.get("tag") for entry in tree.pipeline(stream)["processors"]
                     for name, options in entry.items() if name == kind]
            self.assertIn(tag, found, message)


class Shown(unittest.TestCase):
    def test_a_lag_is_told_in_the_greatest_unit(self):
        self.assertEqual([numbers_shown.shown(m, "minutes") for m in (0.5, 45, 919, 3000)], ["30.0 s", "45.0 m", "15.3 h", "2.1 d"])

    def test_an_axis_of_bytes_has_no_thousand(self):
        for top in (10, 900, 1000, 9e5, 1e6, 1.1e6, 5e9):
            self.assertFalse([t for t in plots.nice(top, "bytes") if numbers_shown.tick(t, "bytes").startswith("1000")], top)

    def test_ids_are_cut_where_they_are_alike(self):
        cut = {plots.fitted(name, 20) for name in (world.ALPHA, world.BRAVO, world.CHARLY)}
        self.assertEqual((len(cut), {len(name) for name in cut}), (3, {20}))


class PngFiles(unittest.TestCase):
    def test_a_palette_keeps_pixels_and_texts(self):
        import struct
        import zlib
        rows = [[(255, 0, 0), (0, 0, 255), (255, 0, 0)], [(1, 2, 3), (0, 0, 255), (9, 9, 9)]]
        for filtered in (0, 1, 2, 3, 4):
            raw, above = b"", [0] * 9
            for row in rows:
                line = [channel for pixel in row for channel in pixel]
                raw += bytes([filtered]) + bytes((value - guess(filtered, line, above, at)) & 255 for at, value in enumerate(line))
                above = line
            header = struct.pack(">IIBBBBB", 3, 2, 8, 2, 0, 0, 0)
            picture = png.joined([(b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")])
            small = png.with_palette(picture, {"Source": "x"})
            self.assertEqual((png.size(small), png.texts(small)), ((3, 2), {"Source": "x"}))
            parts = dict(png.chunks(small))
            colours = [tuple(parts[b"PLTE"][n:n + 3]) for n in range(0, len(parts[b"PLTE"]), 3)]
            flat = zlib.decompress(parts[b"IDAT"])
            self.assertEqual([[colours[n] for n in flat[at + 1:at + 4]] for at in (0, 4)], rows, f"filter {filtered}")

    def test_something_else_is_refused(self):
        with self.assertRaisesRegex(ValueError, "not a PNG"):
            png.texts(b"GIF89a")


def guess(kind, line, above, at):
    left, up, corner = (line[at - 3] if at >= 3 else 0), above[at], (above[at - 3] if at >= 3 else 0)
    paeth = min((left, up, corner), key=lambda value: abs(left + up - corner - value))
    return (0, left, up, (left + up) // 2, paeth)[kind]


if __name__ == "__main__":
    unittest.main()
