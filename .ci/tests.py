"""Runs the test programs that cargo built, some of them side by side. Called by ./test, which builds them.

    cargo test --no-run --message-format=json-render-diagnostics ... >PROGRAMS && tests.py PROGRAMS [FOLDER OF RABBITMQ 4]

`cargo test` runs one program after the other, and most of the time that the tests across processes take is waiting. There are three
lanes. In the first, alone at full priority because they hold times against bounds, are the promises. Whatever a program says is shown
when it has ended. All are run, whatever fails; with a folder, the broker's own tests and one seed of chaos run on that release too.
"""

import json
import os
import pathlib
import subprocess
import sys
import threading
import time

PROMISES, PROCESSES, UNITS = "promises", "processes", "units"
SAYS = threading.Lock()
ended = []


def built(lines):
    """(what cargo would call it, package, program) of each test program."""
    for line in lines:
        message = json.loads(line)
        if message["reason"] == "build-finished" and not message["success"]:
            sys.exit(101)
        if message["reason"] == "compiler-artifact" and message["profile"]["test"] and message["executable"]:
            folder = pathlib.Path(message["manifest_path"]).parent
            yield message["target"], folder, message["executable"]


def lane_of(target, folder):
    if folder.name != "e2e" or "test" not in target["kind"]:
        return UNITS
    return PROMISES if target["name"] == "promises" else PROCESSES


def run(lane, name, folder, program, *arguments, **environment):
    """One program, as cargo starts it: in its package's folder."""
    nice = [] if lane == PROMISES else ["nice", "-n", "10"]
    variables = os.environ | {"CARGO_MANIFEST_DIR": str(folder)} | environment
    began = time.monotonic()
    done = subprocess.run([*nice, program, *arguments], cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    took_s = time.monotonic() - began
    with SAYS:
        print(f"     Running {name}", flush=True)
        sys.stdout.buffer.write(done.stdout)
        sys.stdout.buffer.flush()
        ended.append((took_s, name, done.returncode))


def main(programs, rabbitmq4=None):
    lanes = {PROMISES: [], PROCESSES: [], UNITS: []}
    again = []
    for target, folder, program in built(pathlib.Path(programs).read_text().splitlines()):
        name = f"{folder.name}: {target['name']} ({'unit tests' if 'test' not in target['kind'] else 'tests'})"
        lane = lane_of(target, folder)
        lanes[lane].append(lambda lane=lane, name=name, folder=folder, program=program: run(lane, name, folder, program))
        # What runs on the other release comes last in its lane.
        if lane != UNITS and rabbitmq4 and target["name"] in ("broker_rabbitmq", "promises"):
            only = ["chaos"] if target["name"] == "promises" else []
            again.append((lane, lambda lane=lane, name=name, folder=folder, program=program, only=only:
                          run(lane, f"{name} on RabbitMQ 4", folder, program, *only, PUNCHLINE_RABBITMQ=rabbitmq4)))
    for lane, program in again:
        lanes[lane].append(program)
    if not all(lanes.values()) or (rabbitmq4 and len(again) != 2):
        sys.exit("tests.py: cargo did not build the programs that are expected: is a package or a test named otherwise now?")

    threads = [threading.Thread(target=lambda programs=programs: [program() for program in programs]) for programs in lanes.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    print("\nThe longest:")
    for took_s, name, _ in sorted(ended, reverse=True)[:12]:
        print(f"{took_s:8.1f} s  {name}")
    failed = [name for _, name, status in ended if status]
    print(f"{len(ended)} test programs, {len(failed)} failed{''.join(f'{chr(10)}FAILED: {name}' for name in failed)}", flush=True)
    return 101 if failed or len(ended) != sum(map(len, lanes.values())) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
