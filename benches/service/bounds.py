"""What a busy front keeps to: its memory under large uploads, a small client's wait beside a large one, many connections."""
import collections
import concurrent.futures
import json
import random
import resource
import selectors
import socket
import statistics
import subprocess
import time

import cluster
from client import Client, fresh
from load import load

UPLOADS, UPLOAD_BYTES = 100, 20_000_000
ALLOWED_MB = 20


def timed_ms(work):
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def noise(seed, wanted_bytes):
    """A GIF of about so many bytes: frames of 512 x 512 random indices, as codes of nine bits with a Clear before the table
    would need longer ones."""
    side, codes_a_run = 512, 254
    made = random.Random(seed)

    def frame():
        bits = bytearray()
        pool, held = 0, 0
        indices = made.randbytes(side * side)
        codes = []
        for start in range(0, len(indices), codes_a_run):
            codes.append(256)
            codes.extend(indices[start:start + codes_a_run])
        codes.append(257)
        for code in codes:
            pool |= code << held
            held += 9
            while held >= 8:
                bits.append(pool & 255)
                pool >>= 8
                held -= 8
        if held:
            bits.append(pool & 255)
        blocks = b"".join(bytes([len(bits[i:i + 255])]) + bits[i:i + 255] for i in range(0, len(bits), 255))
        size = side.to_bytes(2, "little") * 2
        return b"\x21\xf9\x04\0\x0a\0\0\0" + b"\x2c\0\0\0\0" + size + b"\0\x08" + blocks + b"\0"

    size = side.to_bytes(2, "little") * 2
    palette = b"".join(bytes([i, 255 - i, i ^ 85]) for i in range(256))
    head = b"GIF89a" + size + b"\xf7\0\0" + palette
    one = frame()
    return head + one * max(1, (wanted_bytes - len(head)) // len(one)) + b";"


def memory(given):
    """Memory of the api before, while and after a hundred uploads of 20 MB at once, all different."""
    picture = noise(1, UPLOAD_BYTES)
    with cluster.Cluster() as service:
        api = service.start_api(PUNCHLINE_MAX_TOTAL_PIXELS="4000000000").pid
        for n in range(3):
            Client(service.url).job(fresh(picture, n), "warm", wait_s=0)
        time.sleep(2)
        before_mb, _ = cluster.memory_mb(api)
        cluster.reset_peak(api)
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(UPLOADS) as clients:
            upload = lambda n: Client(service.url, timeout=300).submit(fresh(picture, f"{n} at once"), str(n))
            answers = collections.Counter(
                status if status == 202 else f"{status} {json.loads(body)['code']}" for status, _, body in clients.map(upload, range(UPLOADS)))
        took_s = time.monotonic() - begun
        after_mb, peak_mb = cluster.memory_mb(api)
        counts = ", ".join(f"{count} x {answer}" for answer, count in answers.items())
        print(f"{UPLOADS} uploads of {len(picture) / 1e6:.1f} MB at once, answered {counts} within {took_s:.0f} s")
        print(f"api, resident: before {before_mb:.1f} MB, at most {peak_mb:.1f} MB, after {after_mb:.1f} MB: "
              f"{peak_mb - before_mb:+.1f} MB, {ALLOWED_MB} MB allowed")


def keys_file(folder, names):
    """A key for each name, and the file that lets them in."""
    keys, lines = {}, []
    for name in names:
        words = subprocess.run([cluster.punchline(), "key", name], check=True, capture_output=True, text=True).stdout.split("\n")
        keys[name] = words[1].strip()
        lines.append(words[3].strip())
    path = folder / "keys"
    path.write_text("\n".join(lines) + "\n")
    return keys, path


def fairness(given):
    """A small client's latency while another client's jobs wait, beside its latency while nobody else asks."""
    gif = given.gifs[0].read_bytes()
    with cluster.Cluster() as service:
        keys, path = keys_file(service.folder, ["small", "large"])
        many = str(10 * given.queued)
        service.start_api(PUNCHLINE_API_KEYS_FILE=str(path), PUNCHLINE_RATE_BURST=many, PUNCHLINE_CLIENT_JOBS=many)
        worker = service.start_worker()
        small = Client(service.url, keys["small"])

        def p(jobs):
            times = []
            for n in range(jobs):
                times.append(small.job(fresh(gif, n), f"small {n} {time.time_ns()}")[1])
                time.sleep(0.1)
            return statistics.median(times), statistics.quantiles(times, n=20)[-1]

        p(20)
        quiet = p(100)
        cluster.end(worker)  # or it would be as fast as they come
        print(load(service.url, given.gifs, given.queued, 16, only_queue=True, key=keys["large"]).line)
        service.start_worker()
        time.sleep(5)
        busy = p(100)
        print(f"{given.queued} jobs of another client wait: p50 {busy[0]:.0f} ms, p95 {busy[1]:.0f} ms; "
              f"quiet: p50 {quiet[0]:.0f} ms, p95 {quiet[1]:.0f} ms; p95 {busy[1] / quiet[1]:.2f} x")


def connections(given):
    """Ten thousand connections that say nothing, what the next one gets, and how those fare that were there before."""
    wanted = 10_000
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    gif = given.gifs[0].read_bytes()
    with cluster.Cluster() as service:
        # A connection that says nothing is closed after this long: the test must be over before.
        api = service.start_api(PUNCHLINE_HEAD_TIMEOUT_S="300", PUNCHLINE_MAX_CONNECTIONS=str(wanted)).pid
        service.start_worker()
        client = Client(service.url)
        for n in range(10):
            client.job(fresh(gif, n), f"warm {n}")
        quiet = [client.job(fresh(gif, n), f"quiet {n}")[1] for n in range(30)]
        before_mb, _ = cluster.memory_mb(api)
        address = ("127.0.0.1", int(service.url.rpartition(":")[2]))
        opening_ms = []
        idle = []
        for _ in range(wanted - 1):  # the client's own is one
            opening_ms.append(timed_ms(lambda: idle.append(socket.create_connection(address, 10))))
        time.sleep(2)
        during_mb, _ = cluster.memory_mb(api)
        with socket.create_connection(address, 10) as one_more:
            one_more.settimeout(10)
            print("the one beyond is told:\n" + one_more.makefile("rb").read().decode())
        busy = [client.job(fresh(gif, n), f"busy {n}")[1] for n in range(30)]
        selector = selectors.DefaultSelector()
        for each in idle:
            selector.register(each, selectors.EVENT_READ)
        closed = len(selector.select(0))
        print(f"{len(idle) + 1} connections, {closed} of them closed by the api; api, resident: before {before_mb:.1f} MB, "
              f"with them {during_mb:.1f} MB, {(during_mb - before_mb) * 1024 / wanted:.1f} KB each")
        print(f"a job with `Prefer: wait`, p50: {statistics.median(quiet):.0f} ms without them, "
              f"{statistics.median(busy):.0f} ms with them")
        for each in idle:
            each.close()
