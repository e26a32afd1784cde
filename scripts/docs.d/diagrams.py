"""Mermaid sources become SVG while the site is built: no script, no other host, one picture for light and dark.

The colours go in as marks and come out as CSS variables. A source that mermaid refuses fails the build: the fence
raises the one exception that superfences does not swallow.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import mermaidx  # type: ignore[import-untyped]
from pymdownx.superfences import SuperFencesException  # type: ignore[import-untyped]

CACHE = Path(__file__).resolve().parents[2] / ".cache/diagrams"
MARKS = {
    "#fe0001": "var(--rp-paper)",
    "#fe0002": "var(--rp-box)",
    "#fe0003": "var(--rp-ink)",
    "#fe0004": "var(--rp-edge)",
    "#fe0005": "var(--rp-line)",
    "#fe0006": "var(--rp-note)",
}
PAPER, BOX, INK, EDGE, LINE, NOTE = MARKS
COLOURS = {
    "background": PAPER,
    "primaryColor": BOX,
    "primaryTextColor": INK,
    "primaryBorderColor": EDGE,
    "secondaryColor": BOX,
    "tertiaryColor": BOX,
    "lineColor": LINE,
    "textColor": INK,
    "noteBkgColor": NOTE,
    "noteTextColor": INK,
    "noteBorderColor": EDGE,
    "actorBkg": BOX,
    "actorBorder": EDGE,
    "actorTextColor": INK,
    "actorLineColor": LINE,
    "signalColor": INK,
    "signalTextColor": INK,
    "labelBoxBkgColor": BOX,
    "labelBoxBorderColor": EDGE,
    "labelTextColor": INK,
    "loopTextColor": INK,
    "activationBkgColor": NOTE,
    "activationBorderColor": EDGE,
    "edgeLabelBackground": PAPER,
    "clusterBkg": PAPER,
    "clusterBorder": EDGE,
}


def svg(source: str) -> str:
    """The picture of a mermaid source, from the cache when nothing changed."""
    recipe = Path(__file__).read_bytes() + mermaidx.__file__.encode() + source.encode()
    name = hashlib.sha256(recipe).hexdigest()[:16]
    cached = CACHE / f"{name}.svg"
    if not cached.exists():
        drawn = mermaidx.render(source, theme="base", config={"themeVariables": COLOURS}).svg()
        CACHE.mkdir(parents=True, exist_ok=True)
        cached.write_text(coloured(unique(drawn, f"d{name[:8]}")), "utf-8")
    return cached.read_text("utf-8")


def coloured(drawn: str) -> str:
    for mark, variable in MARKS.items():
        drawn = re.sub(mark, variable, drawn, flags=re.IGNORECASE)
    return drawn


def unique(drawn: str, prefix: str) -> str:
    """Every id with a prefix, and every reference to one: a page may hold many diagrams."""
    drawn = drawn.replace("my-svg", prefix)
    for name in sorted(set(re.findall(r'\bid="([^"]+)"', drawn)), key=len, reverse=True):
        if not name.startswith(prefix):
            drawn = re.sub(rf'((?:\bid="|#|href="#)){re.escape(name)}(?=["\s{{.,)])', rf"\1{prefix}-{name}", drawn)
    return drawn


def fence(source: str, language: str, css_class: str, *_: Any, **__: Any) -> str:
    try:
        drawn = svg(source)
    except Exception as error:
        raise SuperFencesException(f"mermaid refuses this diagram: {error}\n{source}") from error
    return f'<div class="{css_class}-picture">{drawn}</div>'
