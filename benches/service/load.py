#!/usr/bin/env python3
"""Sends jobs to a service: how many it gets done, and how long each takes, as its clients see it.

    benches/service/load.py --url http://127.0.0.1:8080 --jobs 100 --concurrency 8 GIF...

Every job has words of its own, so that none is answered from what was done before, and with --fresh a picture of its own. A
latency is from the first byte of the upload to the answer that the job is done (`Prefer: wait`). Refusals that say when to come
back (429, 503) are obeyed and counted. Of the outputs a sample is held, byte for byte, to what `punchline caption` makes of the
same job. measure.py uses it too.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

import cluster
from client import Client, fresh

Loaded = collections.namedtuple("Loaded", "line jobs_per_s p50_ms p95_ms p99_ms failures")
WAIT_S = 30
BETWEEN_LOOKS_S = 0.2


def load(url, gifs, jobs=100, concurrency=8, check=10, own_files=False, only_queue=False, key=None, patience_s=120):
    """Sends the jobs, `concurrency` at a time, and gives what came of them."""
    sources = [pathlib.Path(gif).read_bytes() for gif in gifs]
    run, sent_away, of_thread = time.time_ns(), [], threading.local()

    def text(n):
        return f"{n} of {jobs} in {run}"

    def one(n):
        """A job from its upload to its end: its picture, its id and its latency."""
        if not hasattr(of_thread, "client"):
            of_thread.client = Client(url, key, patience_s)
        client, source = of_thread.client, sources[n % len(sources)]
        picture = fresh(source, n) if own_files else source
        begun = time.monotonic()
        while True:
            status, headers, answer = client.submit(picture, text(n), **({} if only_queue else {"prefer": f"wait={WAIT_S}"}))
            if status < 300:
                break
            after = headers["retry-after"]
            if not after or time.monotonic() + float(after) > begun + patience_s:
                raise RuntimeError(f"refused with {status}: {answer.decode(errors='replace')}")
            sent_away.append(n)
            time.sleep(float(after))
        job = json.loads(answer)
        while not only_queue and job["state"] != "done":
            if job["state"] != "queued":
                raise RuntimeError(f"job {job['id']} ended as {job}")
            if time.monotonic() > begun + patience_s:
                raise RuntimeError(f"job {job['id']} was not done within {patience_s} s")
            time.sleep(BETWEEN_LOOKS_S)
            job = json.loads(client.ask("GET", f"/v1/jobs/{job['id']}")[2])
        return n, picture, job["id"], (time.monotonic() - begun) * 1000

    def is_ours(n, picture, job):
        """Whether an output is, byte for byte, what the command line makes of the same job."""
        status, _, got = Client(url, key).ask("GET", f"/v1/jobs/{job}/result")
        with tempfile.NamedTemporaryFile(suffix=".gif") as file:
            file.write(picture)
            file.flush()
            command = [cluster.punchline(), "caption", file.name, "--bottom", text(n), "-o", "-"]
            return status == 200 and got == subprocess.run(command, check=True, capture_output=True).stdout

    begun = time.monotonic()
    done, failures = [], []
    with concurrent.futures.ThreadPoolExecutor(concurrency) as clients:
        for sent in concurrent.futures.as_completed([clients.submit(one, n) for n in range(jobs)]):
            try:
                done.append(sent.result())
            except (OSError, RuntimeError, ValueError) as failure:
                failures.append(str(failure))
    took_s = time.monotonic() - begun
    sample = [] if only_queue or not check else done[::max(1, len(done) // check)][:check]
    failures += [f"job {job}: the output is not what the command line makes of it"
                 for n, picture, job, _ in sample if not is_ours(n, picture, job)]
    latencies_ms = sorted(job[3] for job in done) or [0.0]
    p = [latencies_ms[max(0, -(-len(latencies_ms) * share // 100) - 1)] for share in (50, 95, 99)]
    line = (f"{len(done)} jobs in {took_s:.1f} s: {len(done) / took_s:.1f} jobs/s, latency p50 {p[0]:.0f} ms, p95 {p[1]:.0f} ms, "
            f"p99 {p[2]:.0f} ms; sent away {len(sent_away)} times; {len(sample)} outputs checked; {len(failures)} failures")
    return Loaded(line, len(done) / took_s, *p, failures)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("gifs", nargs="+", type=pathlib.Path)
    arguments.add_argument("--url", default="http://127.0.0.1:8080", help="where the service is")
    arguments.add_argument("--jobs", type=int, default=100)
    arguments.add_argument("--concurrency", type=int, default=8, help="jobs at a time")
    arguments.add_argument("--check", type=int, default=10, help="outputs to check byte for byte")
    arguments.add_argument("--patience-s", type=float, default=120, help="how long a job may take")
    arguments.add_argument("--fresh", dest="own_files", action="store_true",
                           help="make every GIF another file, by a comment at its end, so that each upload must be stored")
    arguments.add_argument("--only-queue", action="store_true",
                           help="be content with the answer that a job is accepted: it is left in the queue, nothing is checked")
    given = vars(arguments.parse_args())
    loaded = load(key=os.environ.get("PUNCHLINE_API_KEY"), **given)
    print(loaded.line, *(f"  {failure}" for failure in loaded.failures[:5]), sep="\n")
    sys.exit(bool(loaded.failures))


if __name__ == "__main__":
    main()
