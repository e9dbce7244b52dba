#!/usr/bin/env python3
"""Takes the steps of docs/MIGRATING.md, with its own nginx blocks and commands: a stand-in for the old system, the real
Punchline (PUNCHLINE_BIN), the real nginx, the real import.

Called by .ci/migrating. Everything runs on addresses of 127.0.0.1 that were free, and is ended before this ends.
"""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

REPO = pathlib.Path(__file__).resolve().parents[2]
PAGE = (REPO / "docs/MIGRATING.md").read_text()
BLOCKS = {f"{kind} {name}": text for kind, name, text in re.findall(r"^```(\w+) ([\w-]+)\n(.*?)^```$", PAGE, re.M | re.S)}
PATIENCE_S = 300


class Old(http.server.BaseHTTPRequestHandler):
    """Says of every path that the old system was asked."""

    def do_GET(self):
        size = int(self.headers.get("Content-Length", 0))
        body = f"old {self.path} {len(self.rfile.read(size))}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def check(true, what):
    if not true:
        sys.exit(f"docs/MIGRATING.md: {what}")


def until(what, ready):
    end = time.monotonic() + PATIENCE_S
    while not ready():
        check(time.monotonic() < end, f"no {what} in {PATIENCE_S} s")
        time.sleep(0.05)


class Front:
    """What clients reach: nginx with one of the page's steps."""

    def __init__(self, folder, old, new):
        self.folder, self.port, self.process, self.addresses = folder, free_port(), None, {"old.internal:3000": old, "punchline.internal:8080": new}
        (folder / "moved.map").touch()
        (folder / "temporary").mkdir()

    def take(self, step):
        common = BLOCKS["nginx common"] + BLOCKS["nginx moved"]
        for name, port in self.addresses.items():
            check(name in common, f"no {name} in its nginx blocks")
            common = common.replace(name, f"127.0.0.1:{port}")
        kept = "".join(f"{what}_temp_path temporary/{what};\n" for what in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
        # By this header it is known when the step has been taken.
        server = f"listen 127.0.0.1:{self.port};\nadd_header X-Step {step} always;\n{BLOCKS['nginx proxy']}\n{BLOCKS[f'nginx {step}']}"
        config = self.folder / "nginx.conf"
        config.write_text(
            f"daemon off;\nmaster_process on;\nworker_processes 1;\npid nginx.pid;\nerror_log error.log notice;\nevents {{}}\n"
            f"http {{\naccess_log off;\nkeepalive_timeout 0;\n{kept}{common}\nserver {{\n{server}\n}}\n}}\n"
        )
        nginx = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(self.folder), "-c", str(config), "-e", "error.log"]
        tested = subprocess.run([*nginx, "-t"], capture_output=True, text=True, check=False)
        check(tested.returncode == 0, f"{step}: nginx -t: {tested.stderr}")
        if self.process:
            subprocess.run([*nginx, "-s", "reload"], check=True, capture_output=True)
        else:
            self.process = subprocess.Popen(nginx)
        # A reload leaves the former worker answering for a moment.
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        until(step, lambda: self.answers() == step and len(children.read_text().split()) == 1)

    def answers(self):
        with contextlib.suppress(OSError):
            return self.ask("/")[2].get("X-Step")

    def ask(self, path, method="GET", body=None, headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers

    def owner(self, path):
        """Who answers: `old`, `punchline`, or the status when it is nginx itself."""
        status, body, headers = self.ask(path)
        if body.startswith(b"old "):
            check(body == f"old {path} 0".encode(), f"{path} reaches the old system as {body}")
            return "old"
        return status if headers.get("Server", "").startswith("nginx") and b"<center>nginx" in body else "punchline"

    def end(self):
        if self.process:
            self.process.terminate()
            self.process.wait(PATIENCE_S)


ALWAYS_OURS = ["/v1/info", "/v1/gallery", "/v1/jobs/0192f0c1a2b37c4d8e9f001122334455", "/page/app.js", "/docs", "/docs/docs.css", "/openapi.json"]
NEVER_OURS = ["/metrics", "/healthz", "/readyz", "/docsx", "/v1"]
OLD_ROUTES = ["/api/upload", "/api/images/99"]


def owners(front, step, page, api, rest):
    front.take(step)
    for path in ALWAYS_OURS:
        check(front.owner(path) == "punchline", f"{step}: {path} is {front.owner(path)}'s")
    check(front.owner("/") == page, f"{step}: the page is {front.owner('/')}'s")
    for path in OLD_ROUTES:
        check(front.owner(path) == api, f"{step}: {path} is {front.owner(path)}'s")
    for path in NEVER_OURS:
        check(front.owner(path) == rest, f"{step}: {path} is {front.owner(path)}'s")


def a_job(front):
    """One through nginx: submitted, followed, fetched."""
    gif = (REPO / "samples/duck.gif").read_bytes()
    edge = b"edge"
    body = b'--%b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n%b\r\n' % (edge, gif)
    body += b'--%b\r\nContent-Disposition: form-data; name="bottom"\r\n\r\nthrough nginx\r\n--%b--\r\n' % (edge, edge)
    kind = {"Content-Type": "multipart/form-data; boundary=edge"}
    status, answer, headers = front.ask("/v1/jobs", "POST", body, kind)
    check(status == 202, f"POST /v1/jobs: {status} {answer[:200]}")
    events = front.ask(headers["Location"] + "/events")[1].decode()
    check("event: done" in events, f"no end among the events: {events[-200:]}")
    status, result, _ = front.ask(headers["Location"] + "/result")
    check(status == 200 and result[:6] == b"GIF89a" and result != gif, "no captioned GIF")
    # More than nginx takes by itself, less than Punchline does: whoever refuses it must be Punchline.
    status, answer, _ = front.ask("/v1/jobs", "POST", body.replace(gif, b"x" * 20_000_000), kind)
    check(status == 415 and json.loads(answer)["code"] == "unsupported_media", f"20 MB: {status} {answer[:200]}")
    status, answer, _ = front.ask("/api/upload", "POST", b"x" * 20_000_000)
    check(answer == b"old /api/upload 20000000", f"20 MB to the old system: {status} {answer[:200]}")


def moved(front, folder, key):
    """The import, run three times, the last without what it remembers; then the map of old addresses."""
    files = folder / "files"
    files.mkdir()
    shutil.copy(REPO / "samples/duck.gif", files / 'a cat; "duck".gif')
    (files / "note.gif").write_text("not a picture")
    (folder / "secret").write_text("not on the volume")
    rows = [
        ("1", 'a cat; "duck".gif', "@top", "\\N"),
        ("2", 'a cat; "duck".gif', "", "two\\nlines\\tand a tab"),
        ("3", "note.gif", "x", "y"),
        ("4", "gone.gif", "x", "y"),
        ("5", "../secret", "x", "y"),
        ("6", 'a cat; "duck".gif', "<not a file", "50 % \\\\o/"),
    ]
    (folder / "rows.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    (folder / "deploy").symlink_to(REPO / "deploy")
    command = (
        BLOCKS["sh import"]
        .replace("https://gifs.example.com", f"http://127.0.0.1:{front.port}")
        .replace("PUNCHLINE_API_KEY=...", f"PUNCHLINE_API_KEY={key}")
    )
    check(f":{front.port}" in command and key in command, "its import command has other names")
    environment = {"PATH": os.environ["PATH"], "OLD_FILES": str(files)}
    found = []
    for again in range(3):
        if again == 2:
            (folder / "imported.tsv").unlink()
        done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        check(done.returncode == 65, f"import: ends with {done.returncode}\n{done.stdout}{done.stderr}")
        refused = dict(line.split("\t") for line in (folder / "imported.tsv.refused").read_text().splitlines())
        check(refused == {"3": "unsupported_media", "4": "no such file", "5": "no such file"}, f"import: refused {refused}")
        found.append([line.split("\t") for line in (folder / "imported.tsv").read_text().splitlines()])
    check([row[0] for row in found[0]] == ["1", "2", "6"] and {row[2] for row in found[0]} == {"done"}, f"import: {found[0]}")
    check(len({row[1] for row in found[0]}) == 3, "two rows have one job")
    check(found[0] == found[1] == found[2], f"import: another time, other jobs: {found}")
    texts = []
    for _, job, _ in found[0]:
        spec = json.loads(front.ask(f"/v1/jobs/{job}", headers={"Authorization": f"Bearer {key}"})[1])["spec"]
        texts.append([caption["text"] for caption in spec["captions"]])
    check(texts == [["@top"], ["two\nlines\tand a tab"], ["<not a file", "50 % \\o/"]], f"import: texts {texts}")
    subprocess.run(["bash", "-c", BLOCKS["sh map"]], cwd=folder, check=True)
    return found[0]


def caller(port, key):
    """The old caption route that asks Punchline, in Node; what Express would give it is made up around it."""
    gif = str(REPO / "samples/duck.gif")
    route = BLOCKS["js caller"].replace("punchline.internal:8080", f"127.0.0.1:{port}")
    script = f"""
import {{ readFileSync }} from "node:fs";
const [gif, text, requestId] = [readFileSync({json.dumps(gif)}), "from the old route", "request-1"];
const response = {{
  status(code) {{ this.code = code; return this; }},
  type() {{ return this; }},
  json(body) {{ process.stdout.write(`${{this.code}} ${{JSON.stringify(body)}}`); }},
  send(body) {{ process.stdout.write(`sent ${{body.subarray(0, 6)}}`); }},
}};
{route}"""
    for shown, expected in [(key, "sent GIF89a"), ("none", "401 ")]:
        command = ["node", "--input-type=module", "--eval", script]
        environment = {"PATH": os.environ["PATH"], "PUNCHLINE_API_KEY": shown}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        check(done.stdout.startswith(expected), f"the old route answers {done.stdout[:200]}{done.stderr[-500:]}, not {expected}")


def redirects(front, step, rows):
    for identity, job, _ in rows:
        status, _, headers = front.ask(f"/api/images/{identity}")
        where = headers.get("Location", "").split(f":{front.port}")[-1]
        check(status == 308 and where.endswith(f"/v1/jobs/{job}/result"), f"{step}: /api/images/{identity}: {status} {headers.get('Location')}")


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def routes(front, _key):
    owners(front, "step-1", page="old", api="old", rest="old")
    a_job(front)


def saved_images(front, key):
    front.take("step-1")
    caller(front.addresses["punchline.internal:8080"], key)
    rows = moved(front, front.folder, key)
    for step, page, api, rest in [
        ("step-3", "old", "old", "old"),
        ("step-4", "punchline", "old", 404),
        ("step-3", "old", "old", "old"),
        ("step-5", "punchline", 410, 404),
        ("step-1", "old", "old", "old"),
    ]:
        owners(front, step, page, api, rest)
        if step != "step-1":
            redirects(front, step, rows)


def main():
    binary = os.environ["PUNCHLINE_BIN"]
    old = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Old)
    threading.Thread(target=old.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        folder = pathlib.Path(scratch)
        made = subprocess.run([binary, "key", "import"], capture_output=True, text=True, check=True).stdout
        key = re.search(r"punchline_\w+", made)[0]
        (folder / "keys").write_text(re.search(r"^\s*(import [0-9a-f]{64}.*)$", made, re.M)[1] + "\n")
        port = free_port()
        # Open for what the page's blocks do with requests, with keys for the import.
        for tasks, access in [(routes, ["--open", "true"]), (saved_images, ["--api-keys-file", str(folder / "keys")])]:
            (folder / tasks.__name__).mkdir()
            front = Front(folder / tasks.__name__, old.server_address[1], port)
            words = [binary, "serve", "--listen", f"127.0.0.1:{port}", "--data", str(folder / "data"), "--log", "error", *access]
            service = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for end in [service.wait, service.terminate, front.end]:
                stack.callback(end)
            until("punchline serve", lambda: listens(port))
            tasks(front, key)
            stack.pop_all().close()
    print("docs/MIGRATING.md: every step was taken and taken back, and what was saved was moved once")


if __name__ == "__main__":
    main()
