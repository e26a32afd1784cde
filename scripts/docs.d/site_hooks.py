"""Pages that are made from the sources while the site is built: they cannot be out of date."""

from __future__ import annotations

import os
from pathlib import Path

import evidence_page
import scripts_page
import symbolgraph_page
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    files.append(File.generated(config, "reference/scripts.md", content=scripts_page.page(ROOT)))
    files.append(File.generated(config, "reference/evidence.md", content=evidence_page.page(ROOT)))
    graphs = os.environ.get("REDIS_PATTERNS_SYMBOL_GRAPHS")
    swift = symbolgraph_page.page(Path(graphs)) if graphs else symbolgraph_page.NOT_BUILT
    files.append(File.generated(config, "reference/swift.md", content=swift))
    return files
