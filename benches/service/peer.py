"""What one would build instead: a Celery worker that captions with Pillow and keeps its pictures in S3 with boto3.

    celery -A peer worker --concurrency 2        the worker, as measure.py starts it
    python peer.py GIF... --jobs N                 uploads sources, queues jobs, waits for their ends

It has no front, no records and no promises: the source is put straight into the store and the task into the queue. Every job
has words of its own. `pip install celery pillow boto3`, on Debian the font fonts-liberation.
"""
import argparse
import io
import os
import pathlib
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from celery import Celery
from PIL import Image, ImageDraw, ImageFont, ImageSequence

FONT = "/usr/share/fonts/truetype/liberation/LiberationSans-Bold.ttf"
BUCKET = "gifs"

app = Celery("peer", broker=os.environ["PEER_AMQP_URL"], backend="rpc://")
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=1, task_default_delivery_mode="persistent")


def store():
    return boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"], config=Config(max_pool_connections=16))


bucket = store()


@app.task
def caption(source, words, output):
    """One job: the source from the store, the words on every frame, the output to the store."""
    gif = Image.open(io.BytesIO(bucket.get_object(Bucket=BUCKET, Key=source)["Body"].read()))
    font = ImageFont.truetype(FONT, gif.width // 10)
    frames, delays = [], []
    for frame in ImageSequence.Iterator(gif):
        delays.append(frame.info.get("duration", 100))
        picture = frame.convert("RGB")
        at = (picture.width // 2, picture.height - 10)
        ImageDraw.Draw(picture).text(at, words, font=font, anchor="ms", fill="white", stroke_width=3, stroke_fill="black")
        frames.append(picture)
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=delays, loop=0)
    bucket.put_object(Bucket=BUCKET, Key=output, Body=out.getvalue(), ContentType="image/gif")
    return output


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("gifs", nargs="+", type=pathlib.Path)
    arguments.add_argument("--jobs", type=int, default=40)
    arguments.add_argument("--concurrency", type=int, default=8)
    given = arguments.parse_args()
    sources = [gif.read_bytes() for gif in given.gifs]
    run = time.time_ns()

    def upload(n):
        source = f"peer/{run}-{n}.source"
        # A comment makes each file its own, as load.py --fresh does.
        note = f"{n} {run}".encode()
        bytes_in = sources[n % len(sources)][:-1] + b"\x21\xfe" + bytes([len(note)]) + note + b"\0;"
        bucket.put_object(Bucket=BUCKET, Key=source, Body=bytes_in)
        return n, source

    begun = time.monotonic()
    # Uploads are made side by side; what speaks to the broker is this thread's alone.
    with ThreadPoolExecutor(given.concurrency) as uploads:
        sent = [caption.delay(source, f"{n} of {given.jobs} in {run}", f"peer/{run}-{n}.gif")
                for n, source in uploads.map(upload, range(given.jobs))]
        for job in sent:
            job.get(timeout=600)
    took = time.monotonic() - begun
    print(f"{given.jobs} jobs in {took:.1f} s: {given.jobs / took:.2f} jobs/s")


if __name__ == "__main__":
    main()
