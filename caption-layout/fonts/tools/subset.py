#!/usr/bin/env python3
"""Makes the fonts that ship, and the licence files beside them, from those of two packages of Debian and ten of npm.

The same sources and the same fontTools give the same bytes: no time and no path is written, and each source is known by its
SHA-256. It must never be needed for a build: what it writes is committed.

    apt-get download fonts-noto-core=20201225-1 fonts-noto-cjk=1:20220127+repack1-1     # Debian 12
    for package in fonts-noto-*.deb; do dpkg-deb -x $package SOURCES; done
    for package in noto-color-emoji@0.4.6 bangers@0.4.1 bebas-neue@0.4.1 comic-neue@0.4.1 inter@0.4.2 jetbrains-mono@0.4.1 \\
        league-gothic@0.4.2 oswald@0.4.2 permanent-marker@0.4.0 roboto-slab@0.4.2; do
        mkdir SOURCES/${package%@*} && tar -xzf $(npm pack @expo-google-fonts/$package) -C SOURCES/${package%@*}
    done
    pip install fonttools==4.68.0
    caption-layout/fonts/tools/subset.py SOURCES          # writes
    caption-layout/fonts/tools/subset.py SOURCES --check  # compares

Whole scripts have every character, every rule of shaping, no hints. Chinese, Japanese and Korean are four
regional fonts: the same character has another shape in each, and the shapes of all in one font would be larger than all four.
Each has the characters of its national sets as Python's codecs know them, and the punctuation, kana and full-width forms of all.
Symbols and mathematics are what no font before them has. The font of emoji is whole, but for a second copy of all pictures (SVG),
which nothing of ours reads, and what vertical lines need.

The fonts that people choose have all characters of Latin, Greek and Cyrillic that their sources have, signs, and what the shaper
does by itself, in one cut each; what they lack comes from the others.
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

# The fonts that people choose: by its name its package, the cut in it, and what its licence is called.
CHOSEN = {
    "Bangers-Regular": ("bangers", "400Regular/Bangers_400Regular", "OFL"),
    "BebasNeue-Regular": ("bebas-neue", "400Regular/BebasNeue_400Regular", "OFL"),
    "ComicNeue-Bold": ("comic-neue", "700Bold/ComicNeue_700Bold", "OFL"),
    "Inter-ExtraBold": ("inter", "800ExtraBold/Inter_800ExtraBold", "OFL"),
    "JetBrainsMono-ExtraBold": ("jetbrains-mono", "800ExtraBold/JetBrainsMono_800ExtraBold", "OFL"),
    "LeagueGothic-Regular": ("league-gothic", "400Regular/LeagueGothic_400Regular", "OFL"),
    "Oswald-Bold": ("oswald", "700Bold/Oswald_700Bold", "OFL"),
    "PermanentMarker-Regular": ("permanent-marker", "400Regular/PermanentMarker_400Regular", "Apache"),
    "RobotoSlab-ExtraBold": ("roboto-slab", "800ExtraBold/RobotoSlab_800ExtraBold", "Apache"),
}
# Latin, marks, Greek, Cyrillic; punctuation, currencies, arrows, signs of mathematics, boxes and shapes; ligatures.
CHOSEN_BLOCKS = [(0x20, 0x52F), (0x1C80, 0x1C8F), (0x1D00, 0x1FFF), (0x2000, 0x23FF), (0x2460, 0x27BF), (0x2C60, 0x2C7F)]
CHOSEN_BLOCKS += [(0x2DE0, 0x2E7F), (0xA640, 0xA69F), (0xA720, 0xA7FF), (0xAB30, 0xAB6F), (0xFB00, 0xFB06), (0xFFFD, 0xFFFD)]
# What is done unless it is asked not to be; fractions by their slash.
CHOSEN_FEATURES = ["ccmp", "locl", "mark", "mkmk", "rlig", "rclt", "calt", "clig", "liga", "kern", "frac", "numr", "dnom"]


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
    for name, (package, cut, kind) in CHOSEN.items():
        folder = args.sources / package / "package"
        source = found(folder, Path(cut).name + ".ttf")
        blocks = {c for first, last in CHOSEN_BLOCKS for c in range(first, last + 1)}
        characters = set(TTFont(source).getBestCmap()) & blocks
        files[f"chosen/{name}.ttf"], _ = made(source, 0, characters, CHOSEN_FEATURES)
        files[f"chosen/{name.split('-')[0]}-{kind}.txt"] = found(folder, "LICENSE_FONT", package).read_bytes()
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


def found(sources: Path, name: str, package: str = "") -> Path:
    paths = sorted(sources.rglob(name))
    if len(paths) != 1:
        sys.exit(f"one {name} was expected below {sources}, got {len(paths)}")
    digest = hashlib.sha256(paths[0].read_bytes()).hexdigest()
    if SOURCES.get(f"{package}/{name}" if package else name) != digest:
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
    "bangers/LICENSE_FONT": "630dd5a307c0657b094d324e069b390edf90182fe5003639e06c02a0e5769af7",
    "bebas-neue/LICENSE_FONT": "72082f6cb4d04be2ecf7cc7d9e1e7d73787f0af8a5a278a47cade70c16b78341",
    "comic-neue/LICENSE_FONT": "7c38a22e5878e60fe423360553e63dd7be23d29f1f60336034935dbfc96e8320",
    "inter/LICENSE_FONT": "5b9321a4298cfeb6b34354164a1c3afc3db114569984c502b9b35d988fd58c57",
    "jetbrains-mono/LICENSE_FONT": "b2fe5e8987594e9ffd1d2ca52a2f5d73eb8335243893c5d6254b5ad69269591d",
    "league-gothic/LICENSE_FONT": "44778c339892f79188c60b7471485dd5af92c59351c7f9629a00fc625c6cae5d",
    "oswald/LICENSE_FONT": "0fd731a904b729a4e02eaf5e8ebd06783edd9abe400e8882760160230675b652",
    "permanent-marker/LICENSE_FONT": "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30",
    "roboto-slab/LICENSE_FONT": "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30",
    "Bangers_400Regular.ttf": "1f9bcc5a779979918a0b8bbff38c87378040f0e52a45eecd47be7b2c6da363c2",
    "BebasNeue_400Regular.ttf": "830ea186acffc2316ed1a4e42319246ba3b46b04e33a211079249bf901193f04",
    "ComicNeue_700Bold.ttf": "c802d1294419c5584ab09cd1b9a674d16e94aa5ddc8b29705ccbf36ccede714e",
    "Inter_800ExtraBold.ttf": "1b9fab96ffc7bca31a9d4cd4d660cce80b94695908ec7613afdece2b8cf803c2",
    "JetBrainsMono_800ExtraBold.ttf": "4d65f6acd792c4b2007058d05d960671be218b61136050e157aea2f95bf05193",
    "LeagueGothic_400Regular.ttf": "d28a425c063a599d56fb6605770d6e17bf0e8829a804dde9347ecb9756a03b2c",
    "Oswald_700Bold.ttf": "21843a0ccca2e97030da1330961646510ed6e9b8bb39620974c1195b9803034a",
    "PermanentMarker_400Regular.ttf": "4a613a4e0a67ad9c48ee6bbf664a59f73450069ad27c08d4ed21e1b9b1893590",
    "RobotoSlab_800ExtraBold.ttf": "0901116413a8cbf16652b2999564995a2400400697002fc5e7dccc0d01be920d",
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
