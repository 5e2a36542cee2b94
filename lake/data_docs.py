"""Where Great Expectations' pages of tables lie (Data Docs): one file each, made on request, and the style beside them.

What a page says is `quality/data_docs.py`'s; who may read one the portal's.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lake.settings import Settings
from quality.data_docs_style import RULES, STYLE


class DataDocs:
    """The folder of one city's pages."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.data_docs

    def page(self, table: str) -> Callable[[str], None]:
        """What takes the page of a table."""

        def write(html: str) -> None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._put(STYLE, RULES)
            self._put(f"{table}.html", html)

        return write

    def of(self, table: str) -> Path | None:
        """The page of a table; None where none was made."""
        path = self._folder / f"{table}.html"
        return path if path.is_file() else None

    def _put(self, name: str, text: str) -> None:
        part = self._folder / f".{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(self._folder / name)
