"""How Sphinx makes a site of the documents: `make docs`.

The site is laid out like the clone (docs/, examples/, CONTRIBUTING.md), so that one relative link is right in both.
Files that are no documents are carried along as downloads. This file is not in docs/, which packages install as it is.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from acctship import __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "acctship"
author = "the acctship authors"
copyright = f"{author}. Apache-2.0"  # noqa: A001  # the name that Sphinx reads
release = version = __version__

extensions = ["myst_parser"]
myst_heading_anchors = 4
root_doc = "docs/index"
include_patterns = [
    "docs/*.md",
    "examples/README.md",
    "examples/**/README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "UPGRADING.md",
]
exclude_patterns = [".*", "build", "dist", "src", "tests", "benchmarks", "man"]
nitpicky = True
smartquotes = False  # what stands in a document is what is meant

html_theme = "furo"
html_title = f"acctship {release}"
html_extra_path = ["index.html"]
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_use_index = False
html_last_updated_fmt = None
pygments_style, pygments_dark_style = "friendly", "native"

_LINK = re.compile(r"(?<=\]\()([^)#:]+)(?=[)#])")
_SECTION = re.compile(r"^## (.+)\n((?:(?!## ).*\n)*)", re.MULTILINE)
_ENTRY = re.compile(r"^- \[([^]]+)\]\(([^)#]+)\.md\)", re.MULTILINE)


def setup(app: Sphinx) -> None:
    """Have each document prepared before it is parsed."""
    app.connect("source-read", _prepare)


def _prepare(app: Sphinx, docname: str, source: list[str]) -> None:
    folder = (Path(app.srcdir) / docname).parent
    source[0] = _LINK.sub(lambda link: _document_of(folder, link[1]), source[0])
    if docname == root_doc:
        source[0] += "".join(_toctree(caption, entries) for caption, entries in _SECTION.findall(source[0]))


def _document_of(folder: Path, target: str) -> str:
    """A link to a folder leads to the document that describes it; a clone shows the folder."""
    path = (folder / target).resolve()
    if not path.is_dir():
        return target
    described = next(above for above in (path, *path.parents) if (above / "README.md").exists())
    return os.path.relpath(described / "README.md", folder)


def _toctree(caption: str, entries: str) -> str:
    """The lists of docs/index.md, which are links for whoever reads the file, are the sidebar of the site."""
    pages = "\n".join(f"{title} <{page}>" for title, page in _ENTRY.findall(entries))
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{pages}\n```\n" if pages else ""
