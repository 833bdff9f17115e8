# SPDX-License-Identifier: Apache-2.0
"""Draws package/kibana/img/<slug>.png of every dashboard: what its panels answer on simulated documents.

    python3 package/previews/draw.py [slug ...]        (make previews)

Needs Chromium and what tests/esql needs. The pictures hold a hash of what they were drawn from, so that a test can say
when a dashboard has changed since, and one of the answers that they show, so that another can ask the engine again.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
for folder in ("package", "package/builder", "tests/support", "tests/package", "tests/engine", "tests/esql"):
    sys.path.append(str(ROOT / folder))
import answers  # noqa: E402 (found on the path that was just set, as the others are)
import dashboards  # noqa: E402
import elastic  # noqa: E402
import naming  # noqa: E402
import png  # noqa: E402
from page import LABEL, WIDTH, page  # noqa: E402
from source import source_hash  # noqa: E402

FOLDER = ROOT / "package" / "kibana" / "img"
TALL = 6000  # more than any dashboard; the page says how high it is


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


def draw(slug, board, all_boards, store):
    try:
        found = answers.answered(board, store)
    except elastic.EsqlError as fault:
        sys.exit(f"previews: package/kibana/dashboards/{slug}.yml: {fault}; correct its query")
    picture = photographed(page(slug, board, all_boards, found))
    notes = {"Source": source_hash(board), "Answers": answers.fingerprint(found), "Comment": LABEL}
    out = png.with_palette(picture, notes)
    (FOLDER / f"{slug}.png").write_bytes(out)
    print(f"package/kibana/img/{slug}.png  {png.size(out)[0]}x{png.size(out)[1]}  {len(out) // 1024} KiB")


def main(slugs):
    all_boards = naming.named(dashboards.load(ROOT), naming.default(ROOT))
    store = elastic.Store(answers.documents())
    for slug in slugs or all_boards:
        draw(slug, all_boards[slug], all_boards, store)


if __name__ == "__main__":
    main(sys.argv[1:])
