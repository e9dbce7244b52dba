#!/usr/bin/env python3
"""What a service of Punchline costs and how fast it answers, measured on a real RabbitMQ and a real S3 store.

    cargo build --release -p punchline
    benches/service/measure.py cost|peer|latency|memory|fairness|connections|refusals|times [GIF...]

README.md beside this file says what must be installed and what each of them does.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys

import bounds
import cluster
import refusals
import times
from client import Client, fresh
from load import load

DUCK = cluster.ROOT / "samples" / "duck.gif"


def rate(url, gifs, jobs, concurrency, check, own_files=False):
    """Sends jobs, all of which must be done; jobs a second."""
    loaded = load(url, gifs, jobs, concurrency, check, own_files)
    if loaded.failures:
        raise SystemExit("\n".join([loaded.line, *loaded.failures[:5]]))
    print("   ", loaded.line, file=sys.stderr)
    return loaded.jobs_per_s


def started(service, workers):
    """A service that has done its first jobs: the store makes its volumes with them."""
    service.start_api()
    for n in range(workers):
        service.start_worker(f"worker{n}")
    rate(service.url, [DUCK], 32, 8, check=32)
    return service


def measured(service, gifs, jobs, concurrency, own_files):
    """Jobs a second, and CPU milliseconds a job of each part."""
    before = service.cpu_s()
    jobs_per_s = rate(service.url, gifs, jobs, concurrency, 0, own_files)
    after = service.cpu_s()
    spent = {name: (after[name] - before[name]) * 1000 / jobs for name in after}
    spent["worker"] = sum(ms for name, ms in spent.items() if name.startswith("worker"))
    return jobs_per_s, spent


def cost(given):
    """CPU of api and worker beyond the engine's own, beside the engine's."""
    print("| GIF | upload | jobs/s | api ms | worker ms | of which engine | beyond the engine | RabbitMQ | SeaweedFS |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    with cluster.Cluster() as service:
        started(service, given.workers)
        for gif in given.gifs:
            for upload, own_files in [("known", False), ("new", True)]:
                rate(service.url, [gif], 16, given.concurrency, 16, own_files)
                jobs_per_s, ms = measured(service, [gif], given.jobs, given.concurrency, own_files)
                beyond = (ms["api"] + ms["worker"] - ms["engine"]) / ms["engine"]
                parts = " | ".join(f"{ms[name]:.1f}" for name in ("api", "worker", "engine"))
                others = " | ".join(f"{ms[name]:.1f}" for name in ("rabbitmq", "store"))
                print(f"| {gif.name} | {upload} | {jobs_per_s:.0f} | {parts} | {beyond:.2f} x | {others} |", flush=True)


def peer(given):
    """Jobs a second and CPU a job beside Celery, Pillow and boto3, on the same servers and GIFs, one after the other."""
    python = os.environ.get("PEER_PYTHON", sys.executable)
    here = pathlib.Path(__file__).resolve().parent
    print("| | jobs/s | CPU ms a job, without broker and store |\n| --- | ---: | ---: |")
    with cluster.Cluster() as service:
        started(service, given.workers)
        rates = {}
        env = os.environ | service.env | {"PEER_AMQP_URL": service.amqp_url.replace("%2f", "/"), "PYTHONPATH": str(here),
                                          "AWS_DEFAULT_REGION": "us-east-1"}
        celery = [python, "-m", "celery", "-A", "peer"]
        is_up = lambda: subprocess.run([*celery, "inspect", "ping", "-t", "2"], env=env, capture_output=True).returncode == 0
        for turn in range(given.turns):
            rates["punchline"], ms = measured(service, given.gifs, given.jobs, given.concurrency, given.upload == "new")
            print(f"| punchline | {rates['punchline']:.1f} | {ms['api'] + ms['worker']:.1f} |", flush=True)
            if turn == 0:
                service.start("celery", [*celery, "worker", "--concurrency", "2", "-l", "warning"], env, is_up)
            client = [python, str(here / "peer.py"), "--concurrency", str(given.concurrency), *map(str, given.gifs)]
            subprocess.run([*client, "--jobs", "4"], env=env, check=True, capture_output=True)
            before = service.cpu_s()["celery"]
            done = subprocess.run([*client, "--jobs", str(given.peer_jobs)], env=env, check=True, capture_output=True, text=True)
            spent_ms = (service.cpu_s()["celery"] - before) * 1000 / given.peer_jobs
            rates["peer"] = float(done.stdout.split()[-2])
            print(f"| Celery, Pillow, boto3 | {rates['peer']:.2f} | {spent_ms:.0f} |")
            print(f"| ratio | {rates['punchline'] / rates['peer']:.1f} x | {spent_ms / (ms['api'] + ms['worker']):.1f} x |", flush=True)


def latency(given):
    """Upload to result with `Prefer: wait`, one job at a time, beside the engine's wall time on the same GIF."""
    print("| GIF | upload to end p50 | p95 | with the result fetched p50 | engine p50 | 3 x engine + 15 ms |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    with cluster.Cluster() as service:
        if given.store == "files":
            service.env["PUNCHLINE_STORE_URL"] = f"file://{service.folder}/objects"
        started(service, given.workers)
        client = Client(service.url)
        for gif in given.gifs:
            bytes_in, ended, fetched, engine = gif.read_bytes(), [], [], []
            for n in range(given.jobs):
                job, took_ms = client.job(fresh(bytes_in, n), f"{n} of {given.jobs}")
                fetch_ms = bounds.timed_ms(lambda: client.ask("GET", f"/v1/jobs/{job['id']}/result"))
                if n >= 5:  # the first ones open connections
                    ended.append(took_ms), fetched.append(took_ms + fetch_ms), engine.append(job["stats"]["engine_wall_ms"])
            middle = [statistics.median(times) for times in (ended, fetched, engine)]
            p95 = statistics.quantiles(ended, n=20)[-1]
            print(f"| {gif.name} | {middle[0]:.1f} ms | {p95:.1f} ms | {middle[1]:.1f} ms | {middle[2]:.0f} ms | "
                  f"{3 * middle[2] + 15:.0f} ms |", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    whats = {"cost": cost, "peer": peer, "latency": latency, "memory": bounds.memory, "fairness": bounds.fairness,
             "connections": bounds.connections, "refusals": refusals.show,
             "times": lambda given: times.times(given, rate)}
    arguments.add_argument("what", choices=whats)
    arguments.add_argument("gifs", nargs="*", type=pathlib.Path, default=[DUCK])
    arguments.add_argument("--jobs", type=int, default=300)
    arguments.add_argument("--concurrency", type=int, default=8)
    arguments.add_argument("--workers", type=int, default=1, help="worker processes")
    arguments.add_argument("--parallelism", type=int, default=3, help="times: standard jobs that the worker has in hand")
    arguments.add_argument("--upload", choices=["new", "known"], default="new",
                           help="peer: whether every job of ours has a file of its own; the peer stores one for each in any case")
    arguments.add_argument("--turns", type=int, default=1, help="peer: how often the two are measured")
    arguments.add_argument("--store", choices=["s3", "files"], default="s3", help="latency: what api and worker share")
    arguments.add_argument("--peer-jobs", type=int, default=40)
    arguments.add_argument("--queued", type=int, default=10_000, help="fairness: jobs of the other client")
    given = arguments.parse_intermixed_args()
    print(cluster.machine(), file=sys.stderr)
    whats[given.what](given)
    print(f"load average {os.getloadavg()[0]:.1f} after", file=sys.stderr)


if __name__ == "__main__":
    main()
