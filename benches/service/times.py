"""How long a worker has a job in hand, job by job: what `punchline-plan` draws from. Used by measure.py alone."""
import json
import pathlib

import cluster

# With more clients than jobs in hand, so that the worker's hands are full and some jobs wait.
CLIENTS_FOR_EACH_JOB_IN_HAND = 4


def times(given, rate):
    """One worker on one CPU, every job with a GIF of its own; prints the milliseconds from delivery to settlement, a line each."""
    with cluster.Cluster() as service:
        # One lane, so that all jobs are alike.
        service.start_api(PUNCHLINE_EXPRESS_BYTES="1")
        settings = {"PUNCHLINE_LOG_FORMAT": "json", "PUNCHLINE_PARALLELISM": str(given.parallelism)}
        service.start_worker("worker0", before=["taskset", "-c", "0"], **settings)
        clients = given.parallelism * CLIENTS_FOR_EACH_JOB_IN_HAND
        rate(service.url, given.gifs, 32, clients, 32, own_files=True)
        log = service.folder / "worker0.log"
        warm = len(taken(log))
        before = service.cpu_s()["worker0"]
        jobs_per_s = rate(service.url, given.gifs, given.jobs, clients, 0, own_files=True)
        cpu_ms = (service.cpu_s()["worker0"] - before) * 1000 / given.jobs
        ready_s = service.start_s["worker0"]
        print(f"# milliseconds from delivery to settlement; a worker on one CPU with {given.parallelism} standard jobs in hand,")
        print(f"# beside api, broker and store on 2 CPUs; {jobs_per_s:.1f} jobs/s, {cpu_ms:.1f} ms of CPU a job, ready {ready_s:.2f} s after its start")
        for ms in taken(log)[warm:]:
            print(ms)


def taken(log):
    lines = (json.loads(line) for line in pathlib.Path(log).read_text().splitlines() if line.startswith("{"))
    return [line["took_ms"] for line in lines if line.get("message") == "done"]
