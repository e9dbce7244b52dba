#!/usr/bin/env python3
"""Makes the Noto fonts that ship, and the licence file beside them, from those of two packages of Debian and one of npm.

The same sources and the same fontTools give the same bytes: no time and no path is written, and each source is known by its
SHA-256. It must never be needed for a build: what it writes is committed.

    apt-get download fonts-noto-core=20201225-1 fonts-noto-cjk=1:20220127+repack1-1     # Debian 12
    for package in fonts-noto-*.deb; do dpkg-deb -x $package SOURCES; done
    npm pack @expo-google-fonts/noto-color-emoji@0.4.6 && tar -xzf expo-google-fonts-noto-color-emoji-0.4.6.tgz -C SOURCES
    pip install fonttools==4.68.0
    caption-layout/fonts/tools/subset.py SOURCES          # writes
    caption-layout/fonts/tools/subset.py SOURCES --check  # compares

Whole scripts have every character, every rule of shaping, no hints. Chinese, Japanese and Korean are four
regional fonts: the same character has another shape in each, and the shapes of all in one font would be larger than all four.
Each has the characters of its national sets as Python's codecs know them, and the punctuation, kana and full-width forms of all.
Symbols and mathematics are what no font before them has. The font of emoji is whole, but for a second copy of all pictures (SVG),
which nothing of ours reads, and what vertical lines need.
"""

import argparse
import hashlib
import io
import sys
from pathlib import Path

import fontTools
from fontTools import subset
from fontTools.ttLib import TTFont

FONTTOOLS = "4.68.0"
HERE = Path(__file__).resolve().parent.parent

# Whole fonts, and what the shaper of each script needs: fontTools' own list of features.
SCRIPTS = ["Arabic", "Armenian", "Bengali", "Devanagari", "Georgian", "Hebrew", "Khmer", "Lao", "Myanmar", "Tamil", "Thai"]
# In the order in which they are asked: each without what DejaVu Sans Bold and those before it have.
REST = ["Symbols-Bold", "Symbols2-Regular", "Math-Regular"]
# Nothing of vertical lines, of widths that nobody asks for, or of another region's shapes.
CJK_FEATURES = ["ccmp", "calt", "clig", "liga", "rlig", "kern", "mark", "mkmk"]
# ASCII (a run's spaces, digits and marks stay in its font), punctuation, kana, and full-width and half-width forms.
CJK_COMMON = [(0x20, 0x7E), (0x3000, 0x30FF), (0x31F0, 0x31FF), (0xFF01, 0xFFEE)]
# By region: its face in the collection, its codecs, and characters beside them.
CJK = {
    "SC": (2, ["gb2312"], ""),
    "TC": (3, ["big5"], ""),
    # JIS X 0208; Microsoft's set has the forms of names (髙, 﨑) beside it. The four are of daily use, but of a later standard.
    "JP": (0, ["shift_jis", "cp932"], "剝𠮟塡頰"),
    # KS X 1001; Microsoft's set has the other 8,822 syllables beside it.
    "KR": (1, ["euc_kr", "cp949"], ""),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", type=Path, help="where the packages were unpacked")
    parser.add_argument("--check", action="store_true", help="write nothing, and fail if a file would change")
    args = parser.parse_args()
    if fontTools.version != FONTTOOLS:
        sys.exit(f"fontTools {FONTTOOLS} was expected, got {fontTools.version}: another one may write other bytes")

    files, notices = {}, {}
    for name, (source, face, characters, features) in fonts(args.sources).items():
        data, notice = made(source, face, characters, features)
        files["noto/" + name + (".otf" if data[:4] == b"OTTO" else ".ttf")] = data
        notices.setdefault(notice, []).append(name)
    files["noto/NotoColorEmoji.ttf"], notice = emoji(args.sources)
    notices.setdefault(notice, []).append("NotoColorEmoji")
    files["Noto-OFL.txt"] = licence(notices)

    changed = []
    for name, data in files.items():
        path = HERE / name
        if not path.exists() or path.read_bytes() != data:
            changed.append(name)
            if not args.check:
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(data)
        if not name.endswith(".txt"):
            font = TTFont(io.BytesIO(data))
            print(f"{path.name:32} {len(data):9,} bytes {len(font.getBestCmap()):6,} characters {len(font.getGlyphOrder()):6,} glyphs")
    print(f"{'together':32} {sum(len(data) for name, data in files.items()):9,} bytes")
    if args.check and changed:
        sys.exit(f"these would change: {', '.join(changed)}")


def fonts(sources: Path) -> dict[str, tuple[Path, int, set[int], list[str] | None]]:
    """What is made: by its name its source, the face in it, its characters, and its features (None: those that fontTools keeps)."""
    made = {}
    for script in SCRIPTS:
        source = found(sources, f"NotoSans{script}-Bold.ttf")
        made[f"NotoSans{script}-Bold"] = (source, 0, set(TTFont(source).getBestCmap()), None)
    have = set(TTFont(HERE / "DejaVuSans-Bold.ttf").getBestCmap())
    for name in REST:
        source = found(sources, f"NotoSans{name}.ttf")
        characters = set(TTFont(source).getBestCmap()) - have
        have |= characters
        made[f"NotoSans{name}"] = (source, 0, characters, None)
    collection = found(sources, "NotoSansCJK-Bold.ttc")
    for region, (face, codecs, more) in CJK.items():
        characters = {c for first, last in CJK_COMMON for c in range(first, last + 1)} | set(map(ord, more))
        for codec in codecs:
            characters |= two_byte_characters(codec)
        made[f"NotoSans{region}-Bold"] = (collection, face, characters, CJK_FEATURES)
    return made


def found(sources: Path, name: str) -> Path:
    paths = sorted(sources.rglob(name))
    if len(paths) != 1:
        sys.exit(f"one {name} was expected below {sources}, got {len(paths)}")
    digest = hashlib.sha256(paths[0].read_bytes()).hexdigest()
    if SOURCES.get(name) != digest:
        sys.exit(f"{paths[0]} is not the file that was used: its SHA-256 is {digest}")
    return paths[0]


def two_byte_characters(codec: str) -> set[int]:
    """All characters of two bytes: those of one are ASCII, and half-width kana."""
    characters = set()
    for first in range(0x81, 0xFF):
        for second in range(0x40, 0xFF):
            try:
                text = bytes([first, second]).decode(codec)
            except UnicodeDecodeError:
                continue
            # A private character is somebody else's.
            if len(text) == 1 and not 0xE000 <= ord(text) <= 0xF8FF:
                characters.add(ord(text))
    return characters


def made(source: Path, face: int, characters: set[int], features: list[str] | None) -> tuple[bytes, str]:
    """The font of these characters, and its copyright notice."""
    options = subset.Options()
    options.hinting = False
    options.glyph_names = False
    options.notdef_outline = True
    options.harfbuzz_repacker = False
    # Copyright, family, style, number, full name, version, PostScript name, licence and where it stands.
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["BASE", "MATH", "STAT", "gasp", "vhea", "vmtx"]
    if features is not None:
        options.layout_features = features
    font = TTFont(source, fontNumber=face, recalcTimestamp=False, lazy=False)
    notice = font["name"].getDebugName(0)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    out = io.BytesIO()
    font.save(out, reorderTables=True)
    return out.getvalue(), notice


def emoji(sources: Path) -> tuple[bytes, str]:
    """The font of emoji without tables that nothing reads, the others to the byte, and its copyright notice."""
    font = TTFont(found(sources, "NotoColorEmoji_400Regular.ttf"), recalcTimestamp=False, lazy=True)
    for table in ["SVG ", "vhea", "vmtx"]:
        del font[table]
    out = io.BytesIO()
    font.save(out, reorderTables=True)
    return out.getvalue(), font["name"].getDebugName(0)


def licence(notices: dict[str, list[str]]) -> bytes:
    lines = [f"{', '.join(names)}:\n{notice}\n" for notice, names in notices.items()]
    head = "Each font in noto/ is a part of the Noto font of its name (https://notofonts.github.io), made by tools/subset.py.\n\n"
    text = (HERE / "Anton-OFL.txt").read_text()
    return (head + "\n".join(lines) + "\n" + text[text.index("This Font Software is licensed under the SIL") :]).encode()


# SHA-256 of each source.
SOURCES: dict[str, str] = {
    "NotoColorEmoji_400Regular.ttf": "7fb39738ab18f10612d6f4595e2e8e47a0afdf34738460442d99cd0c344a4d90",
    "NotoSansCJK-Bold.ttc": "faa5f3656a78b2e2d450d27fe8382c778bc2b6bb5ea29c986664a6a435056ceb",
    "NotoSansArabic-Bold.ttf": "ded6fc7359ca36d15d7aab9ef0c066e21ce48b26a069994d6602fa2cb9a1b952",
    "NotoSansArmenian-Bold.ttf": "a0f398d0205f0b96d6637ac66d92e6e42b230f8ed3853a050d0aa5792eb9b7f7",
    "NotoSansBengali-Bold.ttf": "22c9ff99baca4d31c531ce450a1369beed889467e1ad964f4b8a6f810aa46955",
    "NotoSansDevanagari-Bold.ttf": "77ad688cfe1dc55185bf4edb4db3c614202c65dd23a1463ad0e23fc52bcc9a5c",
    "NotoSansGeorgian-Bold.ttf": "2cee22513f5c94b5577fe1a91df94836dc9825ac78e5b3a9f3c49d1f038a5f11",
    "NotoSansHebrew-Bold.ttf": "d3b01343f71e8a93fffb84c345a1aecbaf4694b98d0eaace916cb9eac9e6dcd3",
    "NotoSansKhmer-Bold.ttf": "cc74e7ac685da9a84e18b773ec8d80d06765aa1754bb14acc390c3620023c4dc",
    "NotoSansLao-Bold.ttf": "b87a8592f1cdd8b15e1e827967afd45a8c5ffc1123773bc4bd023fe1ccecd321",
    "NotoSansMyanmar-Bold.ttf": "e37e2ef189431020b1eaf4fb8d43252666dc24265d628145fff119613afea174",
    "NotoSansMath-Regular.ttf": "8242bd1e55368b27e32455260754cf9aa58f3ad7ea80664b66c21f1b09910d6c",
    "NotoSansSymbols-Bold.ttf": "c46ee5f6447f99edf6a69e24969bcfee891e3699cff9fc45bfb98ec1b7d684fa",
    "NotoSansSymbols2-Regular.ttf": "876598db5f1e3bef2bc77c4d94c5b0d5d2c1620be4878a06f18fb5434e331688",
    "NotoSansTamil-Bold.ttf": "7ef7071ba2fad67dcae397dc7f5bfd4dbce69d86cdc453c2cc4abe640df0b442",
    "NotoSansThai-Bold.ttf": "97bbc8ea98328325285f2f552228c7aac1db39d8f38f0096a61ba7df1f1f780e",
}


if __name__ == "__main__":
    main()
