"""The README shows only code that tests run, and leads only to what is there."""

from __future__ import annotations

import json
from pathlib import Path

import check_pages
import check_readme
import pytest
from conftest import ROOT, tracked

README = """# X

<!-- from example.py:shown -->
```python
x = 1
```

[more](more.md#there) <img src="x.svg">
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "example.py").write_text(
        "def f():\n    # --8<-- [start:shown]\n    x = 1\n    # --8<-- [end:shown]\n", "utf-8"
    )
    (tmp_path / "more.md").touch()
    (tmp_path / "x.svg").touch()
    return tmp_path


def test_the_readme_is_as_its_files_are() -> None:
    assert check_readme.faults(ROOT, (ROOT / "README.md").read_text("utf-8")) == []


def test_the_links_of_every_page_work_where_the_repository_is_read() -> None:
    """Pages that are made with the site have a file of their name that says where their sources are."""
    files = {*tracked()}
    folders = {folder for file in files for folder in file.parents}
    wrong = [
        f"{page.relative_to(ROOT)}: {match[1]}"
        for page in files
        if page.suffix == ".md"
        for match in check_readme.LINK.finditer(page.read_text("utf-8"))
        if match[1] and (page.parent / match[1]).resolve() not in files | folders
    ]
    assert wrong == []


def test_its_numbers_are_the_trees() -> None:
    readme = " ".join((ROOT / "README.md").read_text("utf-8").split())
    pages = [check_pages.sections(page.read_text("utf-8")) for page in (ROOT / "docs/patterns").rglob("*.md")]
    proofs = [row[-1] for page in pages for row in check_pages.rows(page["Guarantees and failures"])]
    assert "hold more than 200 rows" in readme
    assert len(proofs) > 200
    vectors = [json.loads(file.read_text("utf-8")) for file in (ROOT / "Tests/Conformance").glob("*/*.json")]
    scenarios = sum(len(vector["cases"]) for vector in vectors if vector.get("kind") == "scenarios")
    assert "More than 300 scenarios in virtual time" in readme
    assert scenarios > 300


def test_a_readme_of_files_passes(tree: Path) -> None:
    assert check_readme.faults(tree, README) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x = 1", "x = 2"),
        (":shown", ":hidden"),
        ("example.py", "gone.py"),
        ("more.md", "less.md"),
        ("x.svg", "y.svg"),
        ("[more]", "```swift\n1\n2\n3\n4\n```\n[more]"),
    ],
)
def test_a_readme_that_differs_is_seen(tree: Path, old: str, new: str) -> None:
    assert len(check_readme.faults(tree, README.replace(old, new, 1))) == 1


def test_write_mends_it(tree: Path) -> None:
    assert check_readme.written(tree, README.replace("x = 1", "x = 9")) == README
