"""Measures resize-image beside sharp and Pillow, and what five large pictures at once take of memory.

    python3 measure.py RESIZE_IMAGE PHOTO NODE_MODULES

RESIZE_IMAGE is the function, built with --release. PHOTO is any photograph of 12 megapixels and more. NODE_MODULES has sharp
(`npm install sharp`); the Python that runs this has Pillow and scikit-image. Nothing is kept.

What stands in a line was run one after the other, in turns: a busy machine is as slow for one as for the others.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import lambda_api
from PIL import Image
from skimage.metrics import structural_similarity

RESIZE_IMAGE, PHOTO, NODE_MODULES = (Path(argument).resolve() for argument in sys.argv[1:])
TURNS = 7
QUALITY = 82
WIDTHS = [1280, 640, 320]
LUMA = "L"

SHARP = f"""
const sharp = require({json.dumps(str(NODE_MODULES / "sharp"))});
const [source, folder, format, widths] = process.argv.slice(1);
(async () => {{
  for (const width of JSON.parse(widths || '[]'))
    await sharp(source).rotate().resize(width, null, {{withoutEnlargement: true}}).toFormat(format, {{quality: {QUALITY}}})
      .toFile(`${{folder}}/sharp-${{width}}.${{format}}`);
}})();
"""
PILLOW = f"""
import json, sys
from PIL import Image, ImageOps
source, folder, format, widths = sys.argv[1:]
for width in json.loads(widths):
    image = Image.open(source)
    image = ImageOps.exif_transpose(image)
    height = round(image.height * width / image.width)
    image.resize((width, height), Image.LANCZOS).save(f"{{folder}}/Pillow-{{width}}.{{format}}", quality={QUALITY}, optimize=True)
"""


def ours(source, folder, format, widths):
    data = {"url": source.as_uri(), "widths": widths, "formats": [format], "quality": QUALITY, "lossy": True}
    environment = {"RESIZE_SOURCE_URLS": source.parent.as_uri(), "RESIZE_OUTPUT_URL": folder.as_uri()}
    return [RESIZE_IMAGE, "run", "--data", json.dumps(data)], environment


def sharp(source, folder, format, widths):
    return ["node", "-e", SHARP, source, folder, format, json.dumps(widths)], {}


def pillow(source, folder, format, widths):
    return [sys.executable, "-c", PILLOW, source, folder, format, json.dumps(widths)], {}


TOOLS = {"resize-image": ours, "sharp": sharp, "Pillow": pillow}


# A process of its own, so that what this one has in memory is not counted.
LAUNCHER = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""


def spent(command, environment):
    """The processor's seconds and the most memory, in MiB, of a process."""
    launched = subprocess.run(
        [sys.executable, "-S", "-c", LAUNCHER, *map(str, command)],
        env={"PATH": os.environ["PATH"], **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    status, seconds, memory = launched.stdout.split()
    if status != "0":
        sys.exit(f"{command[0]} failed: {launched.stderr[-500:]}")
    return float(seconds), int(memory) / 1024


def starting(name, folder):
    """What the process takes for nothing."""
    if name == "resize-image":
        return spent([RESIZE_IMAGE, "describe"], {})[0]
    if name == "sharp":
        return spent(["node", "-e", SHARP, "", "", "", "[]"], {})[0]
    return spent([sys.executable, "-c", PILLOW, "", "", "", "[]"], {})[0]


def whole_job(photo, folder, format):
    """From the photo to three widths: median seconds without the start of a process, and the most memory."""
    seconds, memory = {name: [] for name in TOOLS}, {name: [] for name in TOOLS}
    starts = {name: statistics.median(starting(name, folder) for _ in range(3)) for name in TOOLS}
    for _ in range(TURNS):
        for name, tool in TOOLS.items():
            used, most = spent(*tool(photo, folder, format, WIDTHS))
            seconds[name].append(used - starts[name])
            memory[name].append(most)
    return {name: (statistics.median(seconds[name]), max(memory[name])) for name in TOOLS}


def files_of_the_same_pixels(picture, folder, format):
    """One picture, written by each at the same quality: bytes, and how like the picture its light is."""
    width, made = Image.open(picture).width, {}
    light = Image.open(picture).convert(LUMA)
    for name, tool in TOOLS.items():
        spent(*tool(picture, folder, format, [width]))
        end = {"jpeg": "jpg"}.get(format, format)
        file = folder / (f"{picture.stem}-{width}w.{end}" if name == "resize-image" else f"{name}-{width}.{format}")
        likeness = structural_similarity(as_array(light), as_array(Image.open(file).convert(LUMA)))
        made[name] = (file.stat().st_size, likeness)
    return made


def as_array(image):
    import numpy

    return numpy.asarray(image)


def table(title, columns, rows):
    print(f"\n{title}\n\n| | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}")
    for name, cells in rows.items():
        print(f"| {name} | {' | '.join(cells)} |")


def main():
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        folder = scratch / "out"
        folder.mkdir()
        photo, small = scratch / "photo.jpg", scratch / "small.png"
        image = Image.open(PHOTO).convert("RGB").resize((4000, 3000), Image.LANCZOS)
        image.save(photo, quality=92, subsampling="4:2:0")
        image.resize((1280, 960), Image.LANCZOS).save(small)

        jpeg, webp = (whole_job(photo, folder, format) for format in ("jpeg", "webp"))
        rows = {
            name: [f"{jpeg[name][0]:.2f} s", f"{jpeg[name][1]:.0f} MiB", f"{webp[name][0]:.2f} s", f"{webp[name][1]:.0f} MiB"]
            for name in TOOLS
        }
        table(
            f"A photograph of 12 megapixels ({photo.stat().st_size / 1e6:.1f} MB) to {WIDTHS} at quality {QUALITY}",
            ["JPEG: CPU", "memory", "WebP: CPU", "memory"],
            rows,
        )

        jpeg, webp = (files_of_the_same_pixels(small, folder, format) for format in ("jpeg", "webp"))
        rows = {
            name: [cell for made in (jpeg, webp) for cell in (f"{made[name][0] / 1000:.1f} KB", f"{made[name][1]:.4f}")]
            for name in TOOLS
        }
        table(f"The same 1,280 x 960 pixels at quality {QUALITY}", ["JPEG", "SSIM", "WebP", "SSIM"], rows)

        pictures = [scratch / f"large-{index}.png" for index in range(5)]
        for picture in pictures:
            Image.new("RGB", (7000, 7000), (200, 30, 60)).save(picture)
        size = pictures[0].stat().st_size / 1000
        most = lambda_api.most_memory(RESIZE_IMAGE, pictures, folder)
        print(f"\nFive pictures of 49 megapixels ({size:.0f} KB as PNG) in one batch: {most:.0f} MiB")


main()
