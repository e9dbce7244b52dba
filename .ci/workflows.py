"""What no linter of workflows looks at, as .ci/workflows asks it. Reads .github/workflows, .ci/run and nothing else."""

import os
import pathlib
import re
import subprocess
import sys

import yaml

RUN = pathlib.Path(".ci/run").read_text()
problems, pins, steps = [], {}, 0

for file in sorted(pathlib.Path(".github/workflows").glob("*.yml")):
    text = file.read_text()
    workflow = yaml.safe_load(text)
    if workflow.get("permissions") not in ({}, {"contents": "read"}):
        problems.append(f"{file}: every job may do more than read")
    # GitHub's own default is `bash -e`: in `push | tee` it goes on after a push that failed. Asked for by name, bash has pipefail.
    shells = [workflow.get("defaults", {}).get("run", {}).get("shell")]
    for job in workflow["jobs"].values():
        shells += [part["shell"] for part in [job.get("defaults", {}).get("run", {}), *job.get("steps", [])] if "shell" in part]
    if set(shells) != {"bash"}:
        problems.append(f"{file}: scripts run without pipefail: defaults.run.shell must be bash, and no job or step may change it")
    if "concurrency" not in workflow:
        problems.append(f"{file}: two runs may push at once")
    for action, pin in re.findall(r"uses: ([\w/-]+)@(.*)", text):
        if not re.fullmatch(r"[0-9a-f]{40} # v\d+\.\d+\.\d+", pin):
            problems.append(f"{file}: {action} is not pinned to a commit with its version beside it")
        if pins.setdefault(action, pin) != pin:
            problems.append(f"{file}: {action} at {pin}, elsewhere at {pins[action]}")
    for name, job in workflow["jobs"].items():
        if "steps" in job and "timeout-minutes" not in job:
            problems.append(f"{file}: {name} may take six hours")
        if job.get("uses", "").startswith("./"):
            # YAML reads `on` as true.
            called = yaml.safe_load(pathlib.Path(job["uses"]).read_text())[True]["workflow_call"] or {}
            inputs, given = called.get("inputs", {}), set(job.get("with", {}))
            if given - set(inputs) or {key for key, of in inputs.items() if of.get("required")} - given:
                problems.append(f"{file}: {name} gives {given or 'nothing'}, {job['uses']} takes {set(inputs)}")
        for step in job.get("steps", []):
            # An expression becomes text before a shell reads it: whatever comes from outside goes by the environment.
            script = step.get("run", "")
            steps += bool(script)
            if "${{" in script:
                problems.append(f"{file}: {name}: an expression within a script")
            # What must hold is said once, in .ci/run.
            if re.search(r"\bcargo (?!-)|\bpytest\b|^\s*npm test", script, re.M):
                problems.append(f"{file}: {name} repeats what .ci/run says")
            for program in re.findall(r"(?:^|\s)((?:\./|\.ci/)[\w./-]+)", script):
                if not os.access(program, os.X_OK):
                    problems.append(f"{file}: {name}: {program} can't be run")
            for package, version in re.findall(r"([\w-]+)==([\d.]+)", script):
                if f"{package} {version} " not in RUN:
                    problems.append(f"{file}: {name}: {package} {version} is not what .ci/run takes")
            if script:
                # As GitHub starts it: bash -eo pipefail, and SC2154 would name what `env` sets.
                linted = subprocess.run(
                    ["shellcheck", "--shell=bash", "--exclude=SC2154", "-"], input=f"set -eo pipefail\n{script}", text=True, check=False
                )
                if linted.returncode:
                    problems.append(f"{file}: {name}: shellcheck")

if steps < 10 or "actions/checkout" not in pins:
    problems.append("the workflows were not read")
sys.exit("\n".join(problems) or None)
