# SPDX-License-Identifier: Apache-2.0
"""Draws package/kibana/img/<slug>.png of every dashboard: what its panels answer on simulated documents.

    python3 package/previews/draw.py [slug ...]        (make previews)

Needs Chromium and the packages of tests/esql/requirements.txt. The pictures hold a hash of what they were drawn
from, so that a test can say when a dashboard has changed since.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import answers  # first: it finds the folders of the others
import board as boards
import dashboards
import engine
import png
import world_operations
import world_reports
from page import LABEL, WIDTH, page
from source import source_hash
from world import NOW

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "package" / "kibana" / "img"
TALL = 6000  # more than any dashboard; the page says how high it is


def documents():
    """The same for every dashboard, so that one says what another says."""
    return [*world_reports.usage(), *world_reports.cost(), *world_operations.limits(), *world_operations.health(),
            *world_operations.incidents()]


def browser():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return name
    sys.exit("previews: no Chromium on this system; install chromium (Debian) and run make previews again")


def photographed(html):
    """The page as PNG. It is measured first, in a window that is higher than it."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder) / "page.html", pathlib.Path(folder) / "page.png"
        script = "<script>document.title=document.documentElement.getBoundingClientRect().height</script>"
        source.write_text(html + script, encoding="utf-8")
        command = [browser(), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                   "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
                   "--force-device-scale-factor=1", "--force-color-profile=srgb", f"--user-data-dir={folder}/profile"]
        dumped = subprocess.run(command + [f"--window-size={WIDTH},{TALL}", "--dump-dom", source.as_uri()], check=True,
                                capture_output=True, text=True).stdout
        height = round(float(dumped.split("<title>")[1].split("</title>")[0]))
        subprocess.run(command + [f"--window-size={WIDTH},{height}", f"--screenshot={target}", source.as_uri()], check=True,
                       capture_output=True)
        return target.read_bytes()


def answered(slug, board, store):
    """{panel's name: the records of its answer}."""
    out = {}
    for _, panel in boards.panels(board):
        try:
            out[panel["name"]] = answers.answer(board, panel, store, NOW).records()
        except engine.EsqlError as fault:
            sys.exit(f"previews: package/kibana/dashboards/{slug}.yml: panel {panel['name']}: {fault}; correct its query")
    return out


def draw(slug, board, all_boards, store):
    found = answered(slug, board, store)
    picture = photographed(page(slug, board, all_boards, found))
    out = png.with_palette(picture, {"Source": source_hash(board), "Comment": LABEL})
    (FOLDER / f"{slug}.png").write_bytes(out)
    print(f"package/kibana/img/{slug}.png  {png.size(out)[0]}x{png.size(out)[1]}  {len(out) // 1024} KiB")


def main(slugs):
    all_boards = dashboards.load(ROOT)
    store = engine.Store(documents())
    for slug in slugs or all_boards:
        draw(slug, all_boards[slug], all_boards, store)


if __name__ == "__main__":
    main(sys.argv[1:])
