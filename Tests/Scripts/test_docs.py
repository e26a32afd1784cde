"""The site's gate is really closed: each of these mistakes, made on purpose, fails the build."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import check_pages
import check_site
import pytest
from conftest import ROOT

TOOLS = ROOT / ".cache/docs-venv/bin"
FIRST = """# First

See [second](second.md#there), ![a picture](picture.svg) and a diagram:

```mermaid
flowchart LR
  a --> b
```

```python
--8<-- "code.py:region"
```

[reference][json.dumps]
"""
SECOND = "# Second\n\n## There\n\nText.\n\n::: json.dumps\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A small site under the very settings of ours."""
    settings = (ROOT / "mkdocs.yml").read_text("utf-8")
    settings = re.sub(r"^nav:.*", "nav:\n  - index.md\n  - second.md\n", settings, flags=re.M | re.S)
    settings = re.sub(r"^hooks:\n(  - .*\n)+", "", settings, flags=re.M)
    (tmp_path / "mkdocs.yml").write_text(settings, "utf-8")
    (tmp_path / "code.py").write_text("# --8<-- [start:region]\nx = 1\n# --8<-- [end:region]\n", "utf-8")
    docs = tmp_path / "docs"
    (docs / "assets").mkdir(parents=True)
    (docs / "assets/site.css").write_text("body { color: black }\n", "utf-8")
    (docs / "picture.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', "utf-8")
    (docs / "index.md").write_text(FIRST, "utf-8")
    (docs / "second.md").write_text(SECOND, "utf-8")
    return tmp_path


def build(site: Path) -> tuple[bool, str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts/docs.d"), "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        [str(TOOLS / "mkdocs"), "build", "--strict"],
        cwd=site,
        env=environment,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )
    if done.returncode != 0:
        return False, done.stdout + done.stderr
    problems = check_site.faults(site / ".build/site")
    return not problems, "\n".join(problems)


def edit(file: Path, old: str, new: str) -> None:
    content = file.read_text("utf-8")
    assert old in content
    file.write_text(content.replace(old, new, 1), "utf-8")


def test_the_small_site_builds(site: Path) -> None:
    good, output = build(site)
    assert good, output
    page = (site / ".build/site/index.html").read_text("utf-8")
    assert "var(--rp-box)" in page, "the diagram was not drawn"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        pytest.param("docs/index.md", "second.md#there", "third.md", id="a link to no page"),
        pytest.param("docs/index.md", "#there", "#here", id="a link to no anchor"),
        pytest.param("docs/index.md", "code.py:region", "other.py:region", id="a snippet of no file"),
        pytest.param("docs/index.md", "code.py:region", "code.py:area", id="a snippet of no region"),
        pytest.param("docs/index.md", "[json.dumps]", "[json.dump_all]", id="a reference to no name"),
        pytest.param("docs/second.md", "::: json.dumps", "::: json.gone", id="a documented name that is gone"),
        pytest.param("docs/index.md", "a --> b", "a --> --> b", id="a diagram that mermaid refuses"),
        pytest.param("mkdocs.yml", "  - second.md\n", "", id="a page outside the navigation"),
        pytest.param("docs/index.md", "picture.svg", "painting.svg", id="a picture that is not there"),
        pytest.param("docs/index.md", "See ", '<a href="gone.html">See</a> ', id="raw HTML to no page"),
        pytest.param(
            "docs/index.md",
            "See ",
            '<script src="https://example.org/x.js"></script>See ',
            id="a script from another host",
        ),
    ],
)
def test_a_broken_edit_fails_the_build(site: Path, file: str, old: str, new: str) -> None:
    edit(site / file, old, new)
    good, _ = build(site)
    assert not good


ROW = "| two callers at once | one waits | `one holder at a time` |\n"
KNOWN = {"one holder at a time"}


def pattern_page() -> str:
    bodies = {
        "At a glance": "| | |\n|---|---|\n" + "".join(f"| {word} | … |\n" for word in check_pages.GLANCE),
        "Example": '=== "Swift"\n\n=== "Python"\n\n--8<-- "docs/examples/output/x.txt"\n',
        "How it works": "```mermaid\nx\n```\n\n```mermaid\ny\n```\n",
        "Guarantees and failures": "| when | you get | test |\n|---|---|---|\n"
        + "".join(f"| {failure} | … | not covered |\n" for failure in check_pages.FAILURES)
        + ROW,
    }
    return "# X\n\nOne sentence.\n\n" + "".join(
        f"## {name}\n\n{bodies.get(name, 'Text.')}\n\n" for name in check_pages.SECTIONS
    )


def test_a_whole_pattern_page_passes() -> None:
    assert check_pages.pattern_faults(pattern_page(), KNOWN) == []


@pytest.mark.parametrize("section", check_pages.SECTIONS)
def test_a_missing_section_is_seen(section: str) -> None:
    assert check_pages.pattern_faults(pattern_page().replace(f"## {section}\n", ""), KNOWN)


@pytest.mark.parametrize("failure", check_pages.FAILURES[1:])
def test_silence_about_a_failure_is_seen(failure: str) -> None:
    page = pattern_page().replace(f"| {failure} | … | not covered |\n", "")
    assert check_pages.pattern_faults(page, KNOWN) == [f"'Guarantees and failures' is silent about: {failure}"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("`one holder at a time`", "`a test that nobody wrote`"),
        ("`one holder at a time`", "trust us"),
        ("docs/examples/output/x.txt", "x.txt"),
        ('=== "Swift"', '=== "Rust"'),
        ("```mermaid\ny\n```", "y"),
        ("Text.", "```swift\n1\n2\n3\n4\n```"),
        ("One sentence.\n\n", "## One sentence.\n\n"),
    ],
)
def test_a_page_that_breaks_the_template_is_seen(old: str, new: str) -> None:
    page = pattern_page()
    assert old in page
    assert check_pages.pattern_faults(page.replace(old, new, 1), KNOWN)


PART = """# X

One sentence.

## Example

=== "Swift"

=== "Python"

## Keys

## Guarantees and failures

| when | you get | test |
|---|---|---|
| two callers at once | one waits | `one holder at a time` |
"""


def test_a_whole_part_of_a_pattern_passes() -> None:
    assert check_pages.part_faults(PART, KNOWN) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("One sentence.\n\n", ""),
        ("## Keys\n", ""),
        ('=== "Python"', ""),
        ("`one holder at a time`", "`a test that nobody wrote`"),
        ("## Keys\n", "## Keys\n\n```swift\n1\n2\n3\n4\n```\n"),
    ],
)
def test_a_part_that_breaks_its_form_is_seen(old: str, new: str) -> None:
    assert old in PART
    assert len(check_pages.part_faults(PART.replace(old, new, 1), KNOWN)) == 1


def test_every_error_code_has_its_anchor_and_next_step() -> None:
    codes = check_pages.error_codes(ROOT)
    page = (ROOT / "docs/errors.md").read_text("utf-8")
    assert {"CONNECT", "CONNECTIONLOST", "WRONGTYPE", "LOCKLOST"} <= set(codes)
    assert check_pages.error_faults(page, codes) == []


def test_an_error_without_an_anchor_is_seen() -> None:
    codes = check_pages.error_codes(ROOT)
    page = (ROOT / "docs/errors.md").read_text("utf-8")
    assert check_pages.error_faults(page, codes | {"NEWCODE": "Do this."}) == ["no heading '### NEWCODE'"]
    assert check_pages.error_faults(page.replace("### TIMEOUT", "### TIMEDOUT"), codes)
    assert check_pages.error_faults(page, codes | {"TIMEOUT": "Another next step."})


def test_no_page_is_a_draft_of_nothing() -> None:
    assert check_pages.faults(ROOT) == []
