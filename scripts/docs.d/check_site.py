"""Judges the built site: every local link and anchor resolves, ids are unique, nothing comes from another host.

Usage: check_site.py SITE. Prints each fault with its page; exit 1 when there is one.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADS = {
    ("script", "src"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("link", "href"),
    ("use", "href"),
}


class Page(HTMLParser):
    """What one page offers (ids) and asks for (links to follow, files to load)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if "id" in known:
            self.ids.append(known["id"])
        if tag == "a" and "href" in known:
            self.links.append(known["href"])
        for wanted, attribute in LOADS:
            if tag == wanted and attribute in known and known.get("rel") not in ("canonical", "prev", "next"):
                self.loads.append(known[attribute])


def faults(site: Path) -> list[str]:
    pages = {path: Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}
    if not pages:
        return [f"{site}: no page at all"]
    found = []
    for path, page in pages.items():
        name = path.relative_to(site)
        twice = sorted({name for name in page.ids if page.ids.count(name) > 1})
        found += [f"{path.relative_to(site)}: id {one!r} twice" for one in twice]
        for link in page.loads:
            if urlsplit(link).netloc:
                found.append(f"{name}: loads {link} from another host")
        if name.name == "404.html":  # its links are absolute: it is shown at any depth
            continue
        for link in dict.fromkeys(page.links + page.loads):
            found += [f"{name}: {fault}" for fault in broken(link, path, site, pages)]
    for path in sorted(site.rglob("*.css")):
        for url in re.findall(r"url\(\s*['\"]?((?:https?:)?//[^'\")]+)", path.read_text("utf-8")):
            found.append(f"{path.relative_to(site)}: loads {url} from another host")
    return found


def broken(link: str, path: Path, site: Path, pages: dict[Path, Page]) -> list[str]:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return []
    base = site if parts.path.startswith("/") else path.parent
    target = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return [f"{link} leads nowhere"]
    anchor = unquote(parts.fragment)
    # __tabbed and the like are made by the theme's own script.
    if anchor and not anchor.startswith("__") and target in pages and anchor not in pages[target].ids:
        return [f"{link} has no such anchor"]
    return []


if __name__ == "__main__":
    problems = faults(Path(sys.argv[1]).resolve())
    print("\n".join(problems) if problems else "every link resolves, nothing comes from elsewhere")
    sys.exit(1 if problems else 0)
