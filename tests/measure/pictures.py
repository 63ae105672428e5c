"""resize-image beside sharp and Pillow, and what five large pictures at once take of memory.

What stands in a line was run one after the other, in turns: a busy machine is as slow for one as for the others.
"""
import json
import statistics
import sys
import tempfile
from pathlib import Path

import lambda_api
import numpy
from PIL import Image
from process import spent
from skimage.metrics import structural_similarity

TURNS = 7
QUALITY = 82
WIDTHS = [1280, 640, 320]
LUMA = "L"

SHARP = f"""
const sharp = require('sharp');
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


class Tools:
    """How each is run: a command and its environment."""

    def __init__(self, resize_image, node_modules):
        self.binary, self.node_modules = resize_image, node_modules
        self.all = {"resize-image": self.ours, "Pillow": self.pillow, "sharp": self.sharp}

    def ours(self, source, folder, format, widths):
        data = {"url": source.as_uri(), "widths": widths, "formats": [format], "quality": QUALITY, "lossy": True}
        environment = {"RESIZE_SOURCE_URLS": source.parent.as_uri(), "RESIZE_OUTPUT_URL": folder.as_uri()}
        return [self.binary, "run", "--data", json.dumps(data)], environment

    def sharp(self, source, folder, format, widths):
        return ["node", "-e", SHARP, source, folder, format, json.dumps(widths)], {"NODE_PATH": str(self.node_modules)}

    def pillow(self, source, folder, format, widths):
        return [sys.executable, "-c", PILLOW, source, folder, format, json.dumps(widths)], {}

    def starting(self, name):
        """What the process takes for nothing."""
        nothing = ([self.binary, "describe"], {}) if name == "resize-image" else self.all[name]("", "", "", [])
        return statistics.median(spent(*nothing)[1] for _ in range(3))


def whole_job(tools, photo, folder, format):
    """A line of the table: from the photo to three widths, without the start of a process."""
    measured, starts = {name: [] for name in tools.all}, {name: tools.starting(name) for name in tools.all}
    for _ in range(TURNS):
        for name, tool in tools.all.items():
            _, used, most = spent(*tool(photo, folder, format, WIDTHS))
            measured[name].append((used - starts[name], most))
    seconds = {name: statistics.median(one[0] for one in all) for name, all in measured.items()}
    memory = [max(one[1] for one in all) for all in measured.values()]
    ours = seconds["resize-image"]
    return [f"a photograph to {'WebP' if format == 'webp' else 'JPEG'}, by CPU", *(f"{1 / of:.1f}/s" for of in seconds.values()),
            f"{seconds['Pillow'] / ours:.1f} ×", f"{seconds['sharp'] / ours:.2f} ×",
            ", ".join(f"{of:.2f}" for of in seconds.values()) + " s", ", ".join(f"{of:.0f}" for of in memory) + " MiB"]


def files_of_the_same_pixels(tools, picture, folder, format):
    """One picture, written by each at the same quality: bytes, and how like the picture its light is."""
    width, made = Image.open(picture).width, {}
    light = numpy.asarray(Image.open(picture).convert(LUMA))
    for name, tool in tools.all.items():
        spent(*tool(picture, folder, format, [width]))
        end = {"jpeg": "jpg"}.get(format, format)
        file = folder / (f"{picture.stem}-{width}w.{end}" if name == "resize-image" else f"{name}-{width}.{format}")
        likeness = structural_similarity(light, numpy.asarray(Image.open(file).convert(LUMA)))
        made[name] = [f"{file.stat().st_size / 1000:.1f} KB", f"{likeness:.4f}"]
    return made


def measured(resize_image, photo, node_modules):
    """The table's lines of a whole job, a line of sizes for each tool, and what five large pictures take."""
    tools = Tools(resize_image, node_modules)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        folder = scratch / "out"
        folder.mkdir()
        source, small = scratch / "photo.jpg", scratch / "small.png"
        image = Image.open(photo).convert("RGB").resize((4000, 3000), Image.LANCZOS)
        image.save(source, quality=92, subsampling="4:2:0")
        image.resize((1280, 960), Image.LANCZOS).save(small)

        whole = [whole_job(tools, source, folder, format) for format in ("jpeg", "webp")]
        jpeg, webp = (files_of_the_same_pixels(tools, small, folder, format) for format in ("jpeg", "webp"))

        large = [scratch / f"large-{index}.png" for index in range(5)]
        for picture in large:
            Image.new("RGB", (7000, 7000), (200, 30, 60)).save(picture)
        most = lambda_api.most_memory(resize_image, large, folder)
        size = large[0].stat().st_size / 1000
    memory = f"Five pictures of 49 megapixels ({size:.0f} KB each as PNG) in one batch take {most:.0f} MiB: one is decoded at a time."
    return whole, [[name, *jpeg[name], *webp[name]] for name in tools.all], memory
