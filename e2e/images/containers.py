"""Runs the images with podman as a cluster would: no root, no capabilities, nothing writable, so much memory and no more.

Used by `prove` and `kube-play`. RabbitMQ and the store are those of benches/service, real ones with ports of their own. A
container that this started is gone when it is left, however it ended.
"""
import datetime
import json
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benches" / "service"))

import cluster  # noqa: E402
from client import Client  # noqa: E402

IMAGES = {"api": "localhost/punchline-api", "worker": "localhost/punchline-worker"}
LISTEN = {"api": "PUNCHLINE_LISTEN", "worker": "PUNCHLINE_OPS_LISTEN"}
# Without --read-only-tmpfs=false podman would lay a writable tmpfs over /tmp, which Kubernetes does not.
LOCKED = ["--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges", "--pids-limit=256"]
READY_WITHIN_S = 60


def podman(*arguments, **options):
    """Standard output of a podman command; one that fails ends the proof with what it said."""
    done = subprocess.run(["podman", *map(str, arguments)], capture_output=True, **options)
    if done.returncode:
        raise SystemExit(f"podman {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done.stdout


def inspect(name, template):
    return podman("inspect", "--format", template, name).decode().strip()


def check(holds, what):
    """One line for each thing that must hold; the first that does not ends the proof."""
    if not holds:
        raise SystemExit(f"NOT SO: {what}")
    print(f"  ok  {what}", flush=True)


class Container:
    """One of ours, created and not yet started."""

    def __init__(self, service, role, name, memory_mb, *options, **settings):
        self.name, self.memory_mb = f"punchline-try-{name}", memory_mb
        port = service.port()
        self.url = f"http://127.0.0.1:{port}"
        env = {key: value for key, value in service.env.items() if key != "PATH"}
        env |= {LISTEN[role]: f"127.0.0.1:{port}", "PUNCHLINE_LOG_FORMAT": "json"} | settings
        podman("rm", "--force", "--ignore", "--time", "0", self.name)
        given = [f"--env={key}={value}" for key, value in env.items()]
        podman("create", "--name", self.name, "--network=host", f"--memory={memory_mb}m", *LOCKED, *options, *given, IMAGES[role])
        service.stack.callback(podman, "rm", "--force", "--ignore", "--volumes", "--time", "0", self.name)

    def start(self):
        """Starts it and waits until it is ready: the milliseconds until it listened, until it had its store and its broker (by
        what it logs), and until `/readyz` answered 200."""
        begun, begun_at = time.perf_counter(), datetime.datetime.now(datetime.UTC)
        podman("start", self.name)
        deadline = time.monotonic() + READY_WITHIN_S
        while not cluster.answers(f"{self.url}/readyz", 200):
            if inspect(self.name, "{{.State.Running}}") != "true" or time.monotonic() > deadline:
                raise SystemExit(f"{self.name} did not get ready:\n{self.log_text()[-3000:]}")
            time.sleep(0.005)
        ready_ms = (time.perf_counter() - begun) * 1000
        logged = {line["message"]: datetime.datetime.fromisoformat(line["timestamp"]) for line in self.log()}
        return *((logged[message] - begun_at).total_seconds() * 1000 for message in ("listening", "connected")), ready_ms

    def stop(self, grace_s):
        """`podman stop`: its exit code and the seconds that it took."""
        begun = time.perf_counter()
        podman("stop", "--time", grace_s, self.name)
        return int(inspect(self.name, "{{.State.ExitCode}}")), time.perf_counter() - begun

    def log_text(self):
        done = subprocess.run(["podman", "logs", self.name], capture_output=True, text=True)
        return done.stdout + done.stderr

    def log(self):
        """What it logged, line by line."""
        return [json.loads(line) for line in self.log_text().splitlines() if line.startswith("{")]

    def metric(self, name):
        """The sum of a metric over its labels."""
        _, _, text = Client(self.url).ask("GET", "/metrics")
        values = [line.rsplit(" ", 1)[1] for line in text.decode().splitlines() if line.split("{")[0].split(" ")[0] == name]
        return sum(map(float, values))


def check_locked_down(name, memory_mb):
    """What the kernel says of a container's process, not what podman was told."""
    pid = inspect(name, "{{.State.Pid}}")
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    mounts = [line.split() for line in pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines()]
    root = next(mount for mount in mounts if mount[4] == "/")
    check(pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "punchline", f"{name}: punchline itself is what is told to stop")
    check(set(status["Uid"].split()) == set(status["Gid"].split()) == {"65532"}, "  user and group 65532")
    check({int(status[each], 16) for each in ("CapEff", "CapPrm", "CapBnd", "CapAmb", "CapInh")} == {0}, "  no capability, in any set")
    check(status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", "  no new privileges, system calls filtered")
    check("ro" in root[5].split(","), "  a root that can't be written")
    check(memory_limit(pid) == memory_mb << 20, f"  no more than {memory_mb} MiB of memory")


def memory_limit(pid):
    """Bytes, by either version of control groups."""
    for line in pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for file in (f"/sys/fs/cgroup/memory{path}/memory.limit_in_bytes", f"/sys/fs/cgroup{path}/memory.max"):
            if controllers in ("memory", "") and pathlib.Path(file).exists():
                return int(pathlib.Path(file).read_text())
    return None


def by_command_line(gif, text):
    """The same picture by `punchline caption` of the same image."""
    return podman("run", "--rm", "--interactive", "--network=none", *LOCKED, "--entrypoint=punchline", IMAGES["worker"],
                  "caption", "-", "--bottom", text, "-o", "-", input=gif)


def longer(gif, times):
    """The same animation over and over in one file: more work in a job."""
    table_bytes = 3 << ((gif[10] & 7) + 1) if gif[10] & 0x80 else 0
    head = 13 + table_bytes
    return gif[:head] + gif[head:-1] * times + b";"
