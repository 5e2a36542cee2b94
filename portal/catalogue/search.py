"""Finding resources by words of both languages: an index of their titles, columns and elements.

SQLite's full-text search with a blank between signs of Chinese and the query as phrases: each run of signs is found
wherever it stands, and words of Latin letters by how they begin. Which resources there are is `records.py`'s.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from threading import Lock

from portal.catalogue.records import Field, Resource

_SIGNS = re.compile(r"([\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])")
_WORDS = re.compile(r"[^\W_]+")
_MOST_WORDS = 12


class Index:
    """An index of some resources, in memory. Safe to use from several threads."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._resources = list(resources)
        self._lock = Lock()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        self._connection.execute("create virtual table words using fts5(title, columns, rest, tokenize='unicode61')")
        rows = ((place + 1, *_texts(one)) for place, one in enumerate(self._resources))
        self._connection.executemany("insert into words(rowid, title, columns, rest) values (?, ?, ?, ?)", rows)

    def find(self, text: str) -> list[Resource]:
        """The resources that have all of the words, those that are called so first; all of them for no word."""
        query = _query(text)
        if query is None:
            return list(self._resources)
        with self._lock:
            rows = self._connection.execute(
                "select rowid from words where words match ? order by bm25(words, 10, 3, 1), rowid", (query,)
            ).fetchall()
        return [self._resources[place - 1] for (place,) in rows]


def _texts(one: Resource) -> tuple[str, str, str]:
    columns = " ".join(
        " ".join((each.name, each.title_zh, each.title_en, *_element(each), *each.headers)) for each in one.fields
    )
    rest = f"{one.id} {one.table} {one.description} {one.provider} {one.provider_zh} {one.domain}"
    return _apart(f"{one.title_zh} {one.title_en}"), _apart(columns), _apart(rest)


def _element(field: Field) -> tuple[str, str, str]:
    return field.element, field.element_zh, field.element_en


def _apart(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)  # a full-width letter is that letter
    return _SIGNS.sub(r" \1 ", text.replace("_", " ").replace(".", " "))


def parts(text: str) -> list[str]:
    """The words of a text as the index knows them: runs of Chinese signs, and Latin words, each by itself."""
    words = re.split(
        r"\s+", _apart_runs(unicodedata.normalize("NFKC", text).replace("_", " ").replace(".", " ").strip())
    )
    return [word for word in words if _WORDS.search(word)][:_MOST_WORDS]


def _query(text: str) -> str | None:
    """The text as a query; None where it has no word. A run of Chinese signs is a phrase, a Latin word a prefix."""
    runs = re.split(r"\s+", _apart_runs(text.strip()))
    found = []
    for run in runs[:_MOST_WORDS]:
        words = _WORDS.findall(_apart(run))
        if words:
            phrase = '"' + " ".join(words) + '"'
            found.append(phrase if _SIGNS.search(run) else f"{phrase}*")
    return " AND ".join(found) or None


def _apart_runs(text: str) -> str:
    """Blanks where Chinese and Latin meet, so that each is looked for by itself."""
    text = re.sub(r"(?<=[\u3400-\u9fff])(?=[^\W_])(?![\u3400-\u9fff])", " ", text)
    return re.sub(r"(?<=[^\W_])(?<![\u3400-\u9fff])(?=[\u3400-\u9fff])", " ", text)
