"""A client of the service, as small as a script's: one connection, one multipart form at a time."""
import http.client
import json
import random
import time
import urllib.parse

BOUNDARY = "a-boundary-that-no-gif-holds"


def form(gif, text):
    """The body of a job: a picture and what to write at its bottom."""
    parts = [
        f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="a.gif"\r\n\r\n'.encode(), gif,
        f'\r\n--{BOUNDARY}\r\ncontent-disposition: form-data; name="bottom"\r\n\r\n{text}\r\n--{BOUNDARY}--\r\n'.encode(),
    ]
    return b"".join(parts)


def fresh(gif, n):
    """The same animation in a file that nobody has sent before: a comment before the trailer."""
    note = f"{n} {time.time_ns()} {random.random()}".encode()
    return gif[:-1] + b"\x21\xfe" + bytes([len(note)]) + note + b"\0;"


class Client:
    def __init__(self, url, key=None, timeout=120):
        self.address = urllib.parse.urlsplit(url).netloc
        self.timeout = timeout
        self.headers = {"authorization": f"Bearer {key}"} if key else {}
        self.connection = None

    def ask(self, method, path, body=None, **headers):
        """Status, headers and body of an answer."""
        headers = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        for again in (True, False):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.address, timeout=self.timeout)
                again = False
            try:
                self.connection.request(method, path, body, headers)
                answer = self.connection.getresponse()
                return answer.status, answer.headers, answer.read()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.connection.close()
                self.connection = None
                if not again:  # a connection that was kept open may have been closed meanwhile; a new one may not
                    raise

    def submit(self, gif, text, **headers):
        """Sends a job: status, headers and body of the answer."""
        type_ = f"multipart/form-data; boundary={BOUNDARY}"
        return self.ask("POST", "/v1/jobs", form(gif, text), content_type=type_, **headers)

    def job(self, gif, text, wait_s=30):
        """Sends a job and waits for its end: what the service says of it, and the milliseconds from upload to that answer."""
        begun = time.perf_counter()
        status, _, answer = self.submit(gif, text, **({"prefer": f"wait={wait_s}"} if wait_s else {}))
        took_ms = (time.perf_counter() - begun) * 1000
        job = json.loads(answer)
        if status != (200 if wait_s else 202):
            raise SystemExit(f"a job was answered {status}: {job}")
        return job, took_ms
