#!/usr/bin/env python3
"""Measures where Chromium sets the sentences of `src/text/sentences.txt`, with the fonts that ship.

    caption-layout/fonts/tools/chromium.py [PICTURE.png]      # writes src/text/chromium.txt, and a picture if one is named

A line a sentence; in it, separated by tabs, each grapheme that has a box: its first byte, its line, its left and its right edge in
pixels. `src/text/beside_chromium.rs` compares them with ours. It must never be needed for a build or a test.
"""

import html
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CRATE = Path(__file__).resolve().parent.parent.parent
SIZE_PX, WIDTH_PX, LINE_PX = 32, 520, 64
FALLBACK = "DejaVuSans-Bold.ttf"
MEASURE = """
document.fonts.ready.then(() => {
  const found = [...document.querySelectorAll('p')].map((p) => {
    const text = p.firstChild, own = p.getBoundingClientRect(), boxes = [];
    for (const { segment, index } of new Intl.Segmenter(p.lang, { granularity: 'grapheme' }).segment(text.data)) {
      const range = document.createRange();
      range.setStart(text, index);
      range.setEnd(text, index + segment.length);
      const rects = [...range.getClientRects()].filter((rect) => rect.width > 0);
      if (!rects.length || !segment.trim()) continue;
      const middle = (rects[0].top + rects[0].bottom) / 2 - own.top;
      boxes.push([index, Math.floor(middle / %d), Math.min(...rects.map((r) => r.left)) - own.left, Math.max(...rects.map((r) => r.right)) - own.left]);
    }
    return boxes;
  });
  document.body.dataset.found = JSON.stringify(found);
});
""" % LINE_PX


def main() -> None:
    sentences = [line.split("\t") for line in (CRATE / "src/text/sentences.txt").read_text().splitlines()]
    files = sorted({file for _, file, _ in sentences} | {FALLBACK})
    faces = "".join(f"@font-face {{ font-family: '{file}'; src: url('{where(file).as_uri()}') }}\n" for file in files)
    paragraphs = "".join(
        f"<p lang='{lang}' dir='auto' style=\"font-family: '{file}', '{FALLBACK}'\">{html.escape(text)}</p>\n"
        for lang, file, text in sentences
    )
    style = (
        f"p {{ font-size: {SIZE_PX}px; line-height: {LINE_PX}px; width: {WIDTH_PX}px; margin: 0 0 8px; text-align: left; "
        "line-break: strict; text-rendering: geometricPrecision; font-synthesis: none; text-autospace: no-autospace; text-spacing-trim: space-all }"
    )
    page = f"<!doctype html><meta charset=utf-8><style>{faces}{style}</style><body>{paragraphs}<script>{MEASURE}</script>"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.html")
        path.write_text(page)
        options = ["chromium", "--headless", "--no-sandbox", "--allow-file-access-from-files", "--font-render-hinting=none"]
        options += ["--enable-font-subpixel-positioning", "--virtual-time-budget=20000", "--disable-gpu", f"--user-data-dir={folder}/user"]
        dom = subprocess.run([*options, "--dump-dom", path.as_uri()], check=True, capture_output=True, text=True).stdout
        if sys.argv[1:]:
            size = f"--window-size={WIDTH_PX + 40},12000"
            subprocess.run([*options, size, f"--screenshot={sys.argv[1]}", path.as_uri()], check=True, capture_output=True)
    found = json.loads(html.unescape(re.search(r'data-found="([^"]*)"', dom)[1]))
    lines = []
    for (_, _, text), boxes in zip(sentences, found, strict=True):
        utf16 = text.encode("utf-16-le")
        byte = lambda index: len(utf16[: 2 * index].decode("utf-16-le").encode())  # noqa: E731
        lines.append("\t".join(f"{byte(index)} {line} {left:.3f} {right:.3f}" for index, line, left, right in boxes))
    (CRATE / "src/text/chromium.txt").write_text("\n".join(lines) + "\n")


def where(file: str) -> Path:
    return CRATE / "fonts" / ("noto" if file.startswith("Noto") else "") / file


if __name__ == "__main__":
    main()
