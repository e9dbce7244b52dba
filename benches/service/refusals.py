"""What those are told who may not, or do not behave: printed as it comes over the wire."""
import contextlib
import os
import pathlib
import socket
import time

import bounds
import cluster
from client import BOUNDARY, form

SHOWN_HEADERS = ("http/", "retry-after", "www-authenticate", "connection")


def held(api):
    """What the api has open, in words. Uploads in files have no name, only a descriptor."""
    links = pathlib.Path(f"/proc/{api}/fd").iterdir()
    targets = []
    for link in links:
        with contextlib.suppress(OSError):
            targets.append(os.readlink(link))
    files = sum(target.endswith("(deleted)") for target in targets)
    return f"{files} uploads in files, {len(targets)} descriptors in all"


def head(key, length, path="/v1/jobs"):
    authorization = f"authorization: Bearer {key}\r\n" if key else ""
    return (f"POST {path} HTTP/1.1\r\nhost: a\r\n{authorization}content-type: multipart/form-data; boundary={BOUNDARY}\r\n"
            f"content-length: {length}\r\n\r\n").encode()


def read(stream):
    """What comes until the answer is over, or the connection."""
    got = b""
    with contextlib.suppress(OSError):
        while chunk := stream.recv(65536):
            got += chunk
            before, found, body = got.partition(b"\r\n\r\n")
            lengths = [line for line in before.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            if found and lengths and len(body) >= int(lengths[0].split(b":")[1]):
                break
    return got.decode()


def tell(what, answer, took_s=None):
    lines, _, body = answer.partition("\r\n\r\n")
    shown = [line for line in lines.split("\r\n") if line.lower().startswith(SHOWN_HEADERS)]
    print(f"$ {what}" + (f"   ({took_s:.1f} s)" if took_s else ""))
    print("\n".join(shown) + f"\n{body}" if answer else "the connection is closed without an answer", end="\n\n", flush=True)


def show(given):
    gif = given.gifs[0].read_bytes()
    with cluster.Cluster() as service:
        keys, path = bounds.keys_file(service.folder, ["good", "old"])
        lines = path.read_text().splitlines()
        path.write_text(f"{lines[0]}\n{lines[1]} expires 2025-01-01T00:00:00Z\n")
        api = service.start_api(PUNCHLINE_API_KEYS_FILE=str(path)).pid
        address = ("127.0.0.1", int(service.url.rpartition(":")[2]))

        def connect():
            stream = socket.create_connection(address, 30)
            stream.settimeout(60)
            return stream

        def ask(what, key, body):
            with connect() as stream:
                stream.sendall(head(key, len(body)) + body)
                tell(what, read(stream))

        job = form(gif, "monday")
        ask("no key", None, job)
        ask("a wrong key", "punchline_" + "0" * 48, job)
        ask("a key that has expired", keys["old"], job)
        spec = f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="spec"\r\n\r\n{{"captions": "{"a" * 1_000_000}"}}\r\n'
        ask("a spec of 1 MB", keys["good"], spec.encode() + job)

        half = form(bounds.noise(1, 20_000_000), "monday")[:10_000_000]
        with connect() as stream:
            stream.sendall(head(keys["good"], 20_000_000) + half)
            time.sleep(1)
            stream.shutdown(socket.SHUT_WR)
            tell("a body cut off half way, by a client that still listens", read(stream))
        time.sleep(3)  # what a client still sends after its answer is read for two seconds
        print("$ a body cut off half way, by a client that is gone\nbefore:", held(api))
        stream = connect()
        stream.sendall(head(keys["good"], 20_000_000) + half)
        time.sleep(1)
        print("half of it has come:", held(api))
        stream.close()
        time.sleep(1)
        print("a second after it went:", held(api), end="\n\n")

        def drip(what, first, each, every_s):
            begun = time.monotonic()
            with connect() as stream:
                stream.sendall(first)
                stream.settimeout(every_s)
                got = b""
                while time.monotonic() - begun < 60:
                    try:
                        if not (chunk := stream.recv(65536)):
                            break
                        got += chunk
                    except TimeoutError:
                        with contextlib.suppress(OSError):
                            stream.sendall(each)
                    except OSError:
                        break
                tell(what, got.decode(), time.monotonic() - begun)

        drip("a head that comes a byte a second", b"POST /v1/jobs HTTP/1.1\r\n", b"x", 1)
        drip("a body that comes ten bytes a second", head(keys["good"], len(job)) + job[:200], b"0123456789", 1)
