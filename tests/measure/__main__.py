"""Writes what docs/performance.md says of imports and pictures: `make -C tests measure`, on a quiet machine.

    python3 measure TARGET PHOTO NODE_MODULES [ROWS [ROUNDS [DOCUMENT]]]

TARGET has import-csv and resize-image, built with --release. PHOTO is any photograph of 12 megapixels and more. NODE_MODULES has sharp
(`npm install sharp`); the Python that runs this has Pillow and scikit-image. In the document each part between `<!-- measured: NAME -->` and
`<!-- end -->` is written anew; nothing else is kept.
"""
import datetime
import os
import re
import sys
from pathlib import Path

import imports
import pictures

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/performance.md"
COLUMNS = ["hikyaku", "Laravel, Pillow", "loader, sharp", "beside Laravel, Pillow", "beside loader, sharp", "CPU of the three", "memory of the three"]


def table(columns, rows):
    return "\n".join(f"| {' | '.join(row)} |" for row in [["", *columns], ["---", *["---:" for _ in columns]], *rows])


def processor():
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else "an unnamed processor"


def main():
    target, photo, node_modules = (Path(argument).resolve() for argument in sys.argv[1:4])
    rows, rounds = (int(argument) for argument in (sys.argv[4:6] + ["1000000", "3"][len(sys.argv[4:6]):]))
    document = Path(sys.argv[6]) if sys.argv[6:] else DOCUMENT
    loads = [os.getloadavg()[0]]
    lines = imports.lines(target / "import-csv", rows, rounds)
    loads.append(os.getloadavg()[0])
    whole, sizes, memory = pictures.measured(target / "resize-image", photo, node_modules)
    loads.append(os.getloadavg()[0])
    before, between, after = (f"{load:.1f}" for load in loads)
    parts = {
        "table": table(COLUMNS, lines + whole),
        "machine": f"Measured on {datetime.date.today():%-d %B %Y} with {rows:,} rows, {rounds} rounds of imports and {pictures.TURNS} of pictures, "
                   f"on {os.cpu_count()} cores of {processor()}\n(load {before} before, {between} between, {after} after).",
        "sizes": f"{table(['JPEG', 'SSIM', 'WebP', 'SSIM'], sizes)}\n\n{memory}",
    }
    text = document.read_text()
    for name, part in parts.items():
        begin, end = f"<!-- measured: {name} -->\n", "\n<!-- end -->"
        head, _, rest = text.partition(begin)
        text = head + begin + part + end + rest.partition(end)[2]
        print(f"{part}\n")
    document.write_text(text)


main()
