"""Pages that are made from the sources while the site is built: they cannot be out of date.

The files of the same names only say, to who reads the repository itself, where those sources are.
"""

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
    graphs = os.environ.get("REDIS_PATTERNS_SYMBOL_GRAPHS")
    pages = {
        "reference/scripts.md": scripts_page.page(ROOT),
        "reference/evidence.md": evidence_page.page(ROOT),
        "reference/swift.md": symbolgraph_page.page(Path(graphs)) if graphs else symbolgraph_page.NOT_BUILT,
    }
    for name, content in pages.items():
        if kept := files.get_file_from_path(name):
            files.remove(kept)
        files.append(File.generated(config, name, content=content))
    return files
