"""Which pages a report has, what they are called on disk, and how a page is made to stand alone there.

A list of what is taken: pages that only show. Whatever would ask, sign, record a look or hold rows is in none, and a
link that leads out of the report is text.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from urllib.parse import parse_qs, urlsplit

_TAKEN = re.compile(
    r"/(?:findings|catalogue|quality|quarantine|cases|rules|releases|open|statements"
    r"|catalogue/[\w.]+|quality/(?:[\w.]+|[\w.]+/[\w.]+)|quarantine/[\w.]+|cases/[\w-]+|rules/[\w.]+|releases/\w+"
    r"|open/\w+|lineage/(?:raw|theme|product)\.\w+)?"
)
"""The addresses of pages that a report has. Columns have none of their own: those of a table stand on its page."""
_LINK = re.compile(r'(\s(?:href|src))="(/[^"]*)"')
_FORM = re.compile(r"<form\b.*?</form>", re.S)
_FOOTER = re.compile(r"<footer>.*?</footer>", re.S)
_WHO = re.compile(r'<div class="who">.*?</div>', re.S)
_SCRIPT = re.compile(r"<script\b.*?</script>", re.S)
STATIC = ("style.css", "icon.svg")
SCRIPTS = ("found.js", "static/find-field.js", "static/find-report.js")


def taken(address: str) -> bool:
    """Whether a report has a page of an address: the page itself, or a further page of a list."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not _TAKEN.fullmatch(parts.path):
        return False
    return not parts.query or _number(parts.query) is not None


def _number(query: str) -> int | None:
    """The page of a list that a query asks for, if it asks for nothing else."""
    told = parse_qs(query, keep_blank_values=True)
    pages = told.pop("page", [])
    if len(pages) != 1 or not pages[0].isdigit() or any(value for each in told.values() for value in each):
        return None
    return int(pages[0])


def canonical(address: str) -> str:
    """The same page under one address, however a link spells it."""
    parts = urlsplit(address.replace("&amp;", "&"))
    number = _number(parts.query) if parts.query else None
    return parts.path + (f"?page={number}" if number and number > 1 else "")


def file_of(address: str) -> str:
    """What a page is called below the report's folder."""
    parts = urlsplit(address)
    name = parts.path.strip("/") or "index"
    number = _number(parts.query) if parts.query else None
    return f"{name}{f'.page-{number}' if number else ''}.html"


def links(html: str) -> Iterator[str]:
    """The pages of the report that a page leads to."""
    for _, address in _LINK.findall(_FORM.sub("", html)):
        plain = address.replace("&amp;", "&").partition("#")[0]
        if taken(plain):
            yield canonical(plain)


def alone(html: str, address: str, known: Collection[str], head: str) -> str:
    """A page as it stands on disk: no form, no script but the search, links that are relative, `head` at its foot."""
    here = posixpath.dirname(file_of(address))

    def relative(found: re.Match[str]) -> str:
        name, target = found[1], found[2].replace("&amp;", "&")
        plain, _, mark = target.partition("#")
        if plain.startswith("/static/") and posixpath.basename(plain) in STATIC:
            return f'{name}="{posixpath.relpath(plain.lstrip("/"), here or ".")}"'
        if taken(plain) and canonical(plain) in known:
            return f'{name}="{posixpath.relpath(file_of(canonical(plain)), here or ".")}{"#" + mark if mark else ""}"'
        return ""

    html = _WHO.sub("", _SCRIPT.sub("", html))
    html = _FORM.sub("", html)
    html = _FOOTER.sub(f"<footer>{head}</footer>", html)
    root = posixpath.relpath(".", here or ".")
    search = "".join(f'<script src="{root}/{name}" defer></script>' for name in SCRIPTS)
    field = (
        '<div class="find"><label for="find" class="unseen">查找 Find</label><input id="find" type="search" '
        f'autocomplete="off" placeholder="/ 查找表或列 Find" data-root="{root}"><ul id="found" hidden></ul></div>'
    )
    html = _LINK.sub(relative, html)
    return html.replace("</head>", f"{search}</head>", 1).replace("</header>", f"{field}</header>", 1)
