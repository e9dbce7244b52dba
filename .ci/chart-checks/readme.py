"""Makes the chart's README of its values and their comments.

    readme.py CHART            writes CHART/README.md
    readme.py CHART --check    fails when it is not what would be written

A value's comment begins with `# -- ` and may go on over lines that begin with `# `; the text around the table is
README.template.md. Every value must be told of, by itself or by the one that it is within.
"""

import json
import pathlib
import re
import sys

import yaml

LINE = re.compile(r"^(?P<indent> *)(?:# -- (?P<begins>.*)|# (?P<goes_on>.*)|(?P<key>[A-Za-z][A-Za-z0-9]*):(?P<rest>.*))$")


def comments(text):
    """{path: what is told of it}"""
    told, words, path = {}, None, []
    for line in text.splitlines():
        match = LINE.match(line)
        if not match:
            continue
        if match["begins"] is not None:
            words = match["begins"]
        elif match["goes_on"] is not None:
            words = words and f"{words} {match['goes_on']}"
        else:
            path[len(match["indent"]) // 2:] = [match["key"]]
            if words:
                told[tuple(path)] = words
            words = None
    return told


def leaves(value, path=()):
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    else:
        yield path


def at(values, path):
    for key in path:
        values = values[key]
    return values


def untold(values, told):
    return [path for path in leaves(values) if not any(path[:length] in told for length in range(1, len(path) + 1))]


def table(values, told):
    rows = ["| value | default | what it is |", "| --- | --- | --- |"]
    for path, words in told.items():
        value = at(values, path)
        groups = isinstance(value, dict) and any(other[:len(path)] == path and len(other) > len(path) for other in told)
        default = "" if groups or value == "" else f"`{json.dumps(value)}`"
        rows.append(f"| `{'.'.join(path)}` | {default} | {words} |".replace("|  |", "| |"))
    return "\n".join(rows)


def scenarios(chart):
    rows = ["| file | what for |", "| --- | --- |"]
    for file in sorted((chart / "ci").glob("*.yaml")):
        rows.append(f"| [`ci/{file.name}`](ci/{file.name}) | {file.read_text().splitlines()[0].removeprefix('# ')} |")
    return "\n".join(rows)


def main(chart, check=None):
    chart = pathlib.Path(chart)
    text = (chart / "values.yaml").read_text()
    values, told = yaml.safe_load(text), comments(text)
    missing = untold(values, told)
    if missing:
        print(f"values that are told nothing of: {['.'.join(path) for path in missing]}", file=sys.stderr)
        return 1
    template = (chart / "README.template.md").read_text()
    made = template.replace("<!-- values -->", table(values, told)).replace("<!-- scenarios -->", scenarios(chart))
    readme = chart / "README.md"
    if check is None:
        readme.write_text(made)
    elif not readme.exists() or readme.read_text() != made:
        print(f"{readme} is not up to date: {pathlib.Path(__file__).name} {chart} writes it", file=sys.stderr)
        return 1
    print(f"{len(told)} values in the README, {len(list(leaves(values)))} in all")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
