"""Sees that wrong values are refused, each for its own reason.

    refused.py HELM CHART

A file of CHART/ci-refused is laid over ci/minimal.yaml. Its head says who refuses it and words of what is said: schema or template.
"""

import pathlib
import re
import subprocess
import sys

BY_SCHEMA = "meet the specifications of the schema"


def refuse(helm, chart, file):
    head = file.read_text()
    by, saying = (re.search(rf"^# {key}: (.*)$", head, re.M).group(1) for key in ("refused by", "saying"))
    command = [helm, "template", "punchline", str(chart), "-f", str(chart / "ci/minimal.yaml"), "-f", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stderr
    if done.returncode == 0:
        return "taken"
    if (BY_SCHEMA in said) != (by == "schema"):
        return f"not refused by the {by}: {said}"
    wanted = saying.split() if by == "schema" else [saying]
    missing = [word for word in wanted if word.lower() not in said.lower()]
    # One thing is wrong in each, so one thing must be told.
    problems = len(re.findall(r"^- ", said, re.M))
    if missing or problems > 1:
        return f"told {problems} problems, and not of {missing}: {said}"
    return None


def main(helm, chart):
    chart = pathlib.Path(chart)
    files = sorted((chart / "ci-refused").glob("*.yaml"))
    wrong = [(file, why) for file in files if (why := refuse(helm, chart, file))]
    for file, why in wrong:
        print(f"{file}: {why}", file=sys.stderr)
    print(f"{len(files)} wrong values files, {len(files) - len(wrong)} refused for the right reason")
    return 1 if wrong or len(files) < 5 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
