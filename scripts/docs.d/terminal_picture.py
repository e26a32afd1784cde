"""Turns what a command printed into an SVG, for the README: text as text, no fonts from elsewhere.

Usage: scripts/tour | terminal_picture.py "scripts/tour" > docs/assets/tour.svg
"""

from __future__ import annotations

import re
import sys
from html import escape

WIDTH, LINE, LEFT, TOP = 8.1, 19, 18, 52
COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "36": "#79c0ff", "2": "#8b949e"}
SEQUENCE = re.compile(r"\x1b\[([0-9;]*)m")


def spans(line: str) -> str:
    """The line with its colours as SVG, one span a run of one colour."""
    out, style, at = [], "", 0
    for match in [*SEQUENCE.finditer(line), None]:
        text = line[at : match.start() if match else len(line)]
        if text:
            out.append(f"<tspan{style}>{escape(text)}</tspan>" if style else escape(text))
        if match:
            codes = match.group(1).split(";")
            fill = next((COLOURS[code] for code in codes if code in COLOURS), "")
            style = (f' fill="{fill}"' if fill else "") + (' font-weight="bold"' if "1" in codes else "")
            at = match.end()
    return "".join(out)


def picture(command: str, output: str) -> str:
    lines = [f"$ {command}", *output.rstrip("\n").split("\n")]
    columns = max(len(SEQUENCE.sub("", line)) for line in lines)
    width, height = round(2 * LEFT + columns * WIDTH), TOP + len(lines) * LINE + 8
    rows = "\n".join(
        f'<text x="{LEFT}" y="{TOP + at * LINE}" xml:space="preserve">{spans(line)}</text>'
        for at, line in enumerate(lines)
    )
    lamps = "".join(
        f'<circle cx="{LEFT + 4 + at * 20}" cy="20" r="6" fill="{colour}"/>'
        for at, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="Output of {escape(command)}">\n'
        f'<rect width="{width}" height="{height}" rx="10" fill="#0d1117"/>\n{lamps}\n'
        '<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13.5" '
        f'fill="#e6edf3">\n{rows}\n</g>\n</svg>\n'
    )


if __name__ == "__main__":
    sys.stdout.write(picture(sys.argv[1], sys.stdin.read()))
