#!/usr/bin/env python3
"""Puts what was measured into a page: page.py --results DIR [--source PAGE] [--page FILE] SECTION...

The page has a pair of comments for each section, <!-- measured: SECTION --> and <!-- end: SECTION -->. What stands
between them is replaced by DIR/SECTION.md; the rest of the page is written by hand and left alone. The page is
written whole or not at all.
"""
import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"


def replaced(page, section, text):
    begin, end = f"<!-- measured: {section} -->\n", f"<!-- end: {section} -->\n"
    if page.count(begin) != 1 or page.count(end) != 1 or page.index(begin) > page.index(end):
        sys.exit(f"the page has no place for {section}: {begin.strip()} and {end.strip()} on lines of their own")
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{text.strip(chr(10))}\n\n{end}{after}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, required=True, help="folder with SECTION.md")
    parser.add_argument("--source", type=Path, default=PAGE, help="the page as it was [docs/benchmarks.md]")
    parser.add_argument("--page", type=Path, help="where the page is written [the same file]")
    parser.add_argument("sections", nargs="+")
    options = parser.parse_args()
    target, page = options.page or options.source, options.source.read_text()
    for section in options.sections:
        page = replaced(page, section, (options.results / f"{section}.md").read_text())
    part = target.with_name(target.name + ".part")
    part.write_text(page)
    os.replace(part, target)


if __name__ == "__main__":
    main()
