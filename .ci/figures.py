"""What the house measures: lines by crate, files by folder, `pub` items, crates in the lock, names in several versions.

    python3 .ci/figures.py [FOLDER OF A CHECKOUT]

Production is what ends up in what ships, so without tests in its files, conformance suites, and the crates that only test or measure.
"""

import collections
import pathlib
import re
import sys

ONLY_TESTS = {"samples", "e2e", "benches", "fuzz", "model"}


def without_tests(text):
    """(lines of production, lines of tests) of a Rust file."""
    lines, tests, i = text.splitlines(), 0, 0
    while i < len(lines):
        if re.match(r"\s*#\[cfg\((test|all\(test)", lines[i]):
            depth, seen, start = 0, False, i
            while i < len(lines):
                # Good enough for code that rustfmt has set: the block ends with a brace at its own indent.
                depth += lines[i].count("{") - lines[i].count("}")
                seen = seen or "{" in lines[i]
                if (seen and depth <= 0) or (not seen and lines[i].rstrip().endswith(";")):
                    break
                i += 1
            tests += min(i, len(lines) - 1) - start + 1
        i += 1
    return len(lines) - tests, tests


def is_test_file(path):
    return any(part in ("tests", "conformance", "benches", "examples") for part in path.parts[1:]) or "reference" in path.parts or path.name in ("tests.rs", "naive.rs")


def main(root):
    crates = collections.defaultdict(lambda: [0, 0, 0, 0])
    folders = collections.Counter()
    for path in sorted(root.rglob("*")):
        short = path.relative_to(root)
        if path.suffix not in (".rs", ".js", ".css", ".html") or short.parts[0] in ("target", ".git") or "node_modules" in short.parts:
            continue
        if not (root / short.parts[0] / "Cargo.toml").exists():
            continue
        text = path.read_text()
        production, tests = without_tests(text) if path.suffix == ".rs" else (len(text.splitlines()), 0)
        if short.parts[0] in ONLY_TESTS or is_test_file(short):
            production, tests = 0, production + tests
        else:
            crates[short.parts[0]][2] += len(re.findall(r"^\s*pub (?:async |const )?(?:fn|struct|enum|trait|type|const|static|mod|use)\b", text, re.M))
            crates[short.parts[0]][3] += 1
            folders[str(short.parent)] += 1
        crates[short.parts[0]][0] += production
        crates[short.parts[0]][1] += tests
    print(f"{'crate':<16}{'production':>11}{'tests':>8}{'pub items':>11}{'files':>7}")
    for name, figures in sorted(crates.items()):
        print("{:<16}{:>11}{:>8}{:>11}{:>7}".format(name, *figures))
    print("{:<16}{:>11}{:>8}{:>11}{:>7}".format("together", *map(sum, zip(*crates.values()))))
    print("\nfolders with more than 12 files:")
    for folder, count in folders.most_common():
        if count > 12:
            print(f"{count:>6}  {folder}")
    names = re.findall(r'^name = "(.*)"', (root / "Cargo.lock").read_text(), re.M)
    doubles = sorted(name for name, count in collections.Counter(names).items() if count > 1)
    print(f"\n{len(names)} crates in Cargo.lock, {len(doubles)} names in several versions: {' '.join(doubles)}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve())
