#!/usr/bin/env python3
"""Sets `punchline caption` beside what one would use instead: ffmpeg, ImageMagick and Pillow, where installed.

    cargo build --release
    benches/side_by_side.py [--style overlay|bar] [--runs 5] [--cpu 0] GIF...

Whole processes, the same GIF and the same words, taken in turn, so that a drift of the machine falls on all alike. Prints
a Markdown table: for each tool the median CPU time, and how many times ours it is. Only the ratios mean anything on another
machine. On Debian: apt-get install ffmpeg imagemagick fonts-liberation python3-pil
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

FONT = "/usr/share/fonts/truetype/liberation/LiberationSans-Bold.ttf"
WORDS = "WHEN THE BUILD PASSES"
PILLOW = """
import sys
from PIL import Image, ImageDraw, ImageFont, ImageSequence
source, out, words, font, style = sys.argv[1:]
frames, delays = [], []
for frame in ImageSequence.Iterator(Image.open(source)):
    delays.append(frame.info.get("duration", 100))
    picture = frame.convert("RGB")
    size = picture.width // 10
    face = ImageFont.truetype(font, size)
    if style == "bar":
        canvas = Image.new("RGB", (picture.width, picture.height + 2 * size), "white")
        canvas.paste(picture, (0, 2 * size))
        ImageDraw.Draw(canvas).text((canvas.width // 2, size), words, font=face, anchor="mm", fill="black")
        picture = canvas
    else:
        at = (picture.width // 2, picture.height - 10)
        ImageDraw.Draw(picture).text(at, words, font=face, anchor="ms", fill="white", stroke_width=3, stroke_fill="black")
    frames.append(picture)
frames[0].save(out, save_all=True, append_images=frames[1:], duration=delays, loop=0)
"""


def commands(ours, gif, out, style):
    """Each tool's command line, by its name."""
    with open(gif, "rb") as file:
        width = int.from_bytes(file.read(8)[6:8], "little")
    size, bar = width // 10, style == "bar"
    tools = {"punchline": [ours, "caption", gif, "-o", out, "--top" if bar else "--bottom", WORDS, "--style", style]}
    if shutil.which("ffmpeg"):
        pad = f"pad=iw:ih+{2 * size}:0:{2 * size}:white," if bar else ""
        look = f"fontcolor=black:y={size // 2}" if bar else "fontcolor=white:borderw=3:y=h-th-10"
        text = f"drawtext=fontfile={FONT}:text='{WORDS}':fontsize={size}:x=(w-tw)/2:{look}"
        tools["ffmpeg"] = ["ffmpeg", "-y", "-v", "error", "-i", gif, "-vf", f"{pad}{text},split[a][b];[a]palettegen[p];[b][p]paletteuse", out]
    magick = shutil.which("convert-im6.q16") or shutil.which("magick")
    if magick:
        text = ["-font", FONT, "-pointsize", str(size)]
        if bar:
            text = ["-gravity", "North", "-background", "white", "-splice", f"0x{2 * size}", *text, "-fill", "black", "-annotate", f"+0+{size // 2}", WORDS]
        else:
            text = ["-gravity", "South", *text, "-fill", "white", "-stroke", "black", "-strokewidth", "2", "-annotate", "+0+10", WORDS]
        tools["ImageMagick"] = [magick, gif, "-coalesce", *text, "-layers", "Optimize", out]
    if subprocess.run([sys.executable, "-c", "import PIL"], stderr=subprocess.DEVNULL).returncode == 0:
        tools["Pillow"] = [sys.executable, "-c", PILLOW, gif, out, WORDS, FONT, style]
    return tools


def cpu_seconds(command, cpu):
    """User and system time of one whole process; None if it fails (ImageMagick has limits of its own)."""
    pin = (lambda: os.sched_setaffinity(0, {cpu})) if cpu is not None else None
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=pin)
    _, status, usage = os.wait4(process.pid, 0)
    return None if status else usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", default=os.path.join(os.path.dirname(__file__), "../target/release/punchline"))
    parser.add_argument("--style", choices=["overlay", "bar"], default="overlay")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cpu", type=int, help="run everything on this processor")
    parser.add_argument("gifs", nargs="+", metavar="GIF")
    args = parser.parse_args()
    ratios = {}
    with tempfile.TemporaryDirectory() as folder:
        for row, gif in enumerate(args.gifs):
            tools = commands(args.ours, gif, os.path.join(folder, "out.gif"), args.style)
            if row == 0:
                print("| GIF | " + " | ".join(tools) + " |\n| --- |" + " ---: |" * len(tools))
            times = {tool: [] for tool in tools}
            for run in range(args.runs + 1):
                for tool, command in tools.items():
                    seconds = cpu_seconds(command, args.cpu)
                    if run:  # the first fills caches
                        times[tool].append(seconds)
            median = {tool: None if None in all_runs else statistics.median(all_runs) for tool, all_runs in times.items()}
            if median["punchline"] is None:
                sys.exit(f"punchline failed on {gif}")
            ours = max(median["punchline"], 1e-3)
            cells = []
            for tool, seconds in median.items():
                if seconds is None:
                    cells.append("failed")
                    continue
                ratios.setdefault(tool, []).append(seconds / ours)
                cells.append(f"{seconds * 1000:.0f} ms" + ("" if tool == "punchline" else f" ({seconds / ours:.1f} x)"))
            print(f"| {os.path.basename(gif)} | " + " | ".join(cells) + " |", flush=True)
    means = [f"**{statistics.geometric_mean(all_gifs):.1f} x**" for tool, all_gifs in ratios.items() if tool != "punchline"]
    print("| geometric mean | | " + " | ".join(means) + " |")


if __name__ == "__main__":
    main()
