"""Writes the report: every page that its person reaches from the first, and of an earlier one only what changed.

The folder is the report's own: `report.json` in it says so, and names every file with its digest. What is in it no more
is removed, and a folder that holds anything else is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp

from contracts.acts import person_key
from contracts.clock import day_of, in_city
from portal.catalogue.shelf import Shelf
from portal.catalogue.who import of_reader
from portal.city import City
from portal.following import state
from portal.people.people import People
from portal.people.reader import Reader
from portal.report.asking import ask
from portal.report.site import SCRIPTS, STATIC, alone, file_of, links

MANIFEST = "report.json"
_STATIC = Path(__file__).resolve().parent.parent / "static"
_VERSION = 1


class ReportRefused(Exception):
    """A report that is not written: `what` and `fix` are for people."""

    def __init__(self, what: str, fix: str) -> None:
        self.what, self.fix = what, fix
        super().__init__(f"{what}. {fix}")


@dataclass(frozen=True)
class Written:
    """What was written: pages in all, files that are new or changed, and removed ones; `digest` is of all files."""

    pages: int
    changed: int
    removed: int
    digest: str
    failed: tuple[str, ...] = ()


def reader_of(people: People, name: str) -> Reader:
    """The person whose pages are written, with the roles that hold today. Raises `ReportRefused`."""
    person = people.declared.find(name)
    roles = tuple(one for one in person.roles if one.holds(day_of(people.city.now()))) if person else ()
    if person is None or not roles:
        known = ", ".join(sorted(people.declared.now().persons)) or "none"
        raise ReportRefused(f"{name!r} is no person of the city with a role today", f"There are {known}.")
    return Reader(person, roles)


async def write_report(app: Starlette, people: People, reader: Reader, out: Path) -> Written:
    """Write the report of a person. Raises `ReportRefused`."""
    before = _before(out)
    _refuse_links(out)
    ledger, clock = people.city.ledger, people.city.settings.clock
    if before.get("stamp") == _stamp(people.city, reader, ledger.size()) and _whole(out, before["files"]):
        return Written(before["pages"], 0, 0, _digest(before["files"]))
    pages, failed = await _pages(app, reader)
    head = _head(people.city, reader)
    files: dict[str, bytes] = {
        file_of(address): alone(html, address, pages, _of_page(head, address)).encode()
        for address, html in pages.items()
    }
    own = (*(f"static/{name}" for name in STATIC), *(name for name in SCRIPTS if name.startswith("static/")))
    files |= {name: (_STATIC.parent / name).read_bytes() for name in own}
    files["found.js"] = _found(app.state.shelf, reader, pages)
    told = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    # Nothing is on disk before the record says for whom.
    body = {"subject": "report", "by": reader.name, "pages": len(pages), "digest": _digest(told)}
    ledger.append("access", body, clock.now())
    changed = _put(out, files, told, before.get("files", {}))
    removed = _remove(out, before.get("files", {}).keys() - told.keys())
    stamp = _stamp(people.city, reader, ledger.size())
    manifest = {"version": _VERSION, "stamp": stamp, "for": reader.name, "pages": len(pages), "files": told}
    _write(out / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
    return Written(len(pages), changed, removed, _digest(told), failed)


async def _pages(app: ASGIApp, reader: Reader) -> tuple[dict[str, str], tuple[str, ...]]:
    """Every page that is reached from the first; and those that could not be shown, which are named."""
    pages: dict[str, str] = {}
    failed: list[str] = []
    todo, seen = ["/"], {"/"}
    while todo:
        address = todo.pop(0)
        status, kind, body = await ask(app, address, reader)
        if status == 200 and kind.startswith("text/html"):
            pages[address] = body.decode()
            for each in links(pages[address]):
                if each not in seen:
                    seen.add(each)
                    todo.append(each)
        elif status >= 500:
            failed.append(address)
    return pages, tuple(failed)


def _head(city: City, reader: Reader) -> str:
    moment = in_city(city.now()).strftime("%Y-%m-%d %H:%M")
    titles = reader.person.title_zh if reader.person else ""
    return f'截至 <span lang="en">as of</span> {moment} · {titles} <span lang="en">for {reader.name}</span>'


def _of_page(head: str, address: str) -> str:
    """The moment stands on the first page alone, so that a page that shows the same is the same file."""
    return head if address == "/" else '时点见首页 <span lang="en">as of: see the first page</span>'


def _found(shelf: Shelf, reader: Reader, pages: Mapping[str, str]) -> bytes:
    """What the search of the report finds: tables and columns, each with the file that shows it."""
    rows = []
    for one in shelf.view(of_reader(reader).sight).known.values():
        file = f"/lineage/{one.table}" if f"/lineage/{one.table}" in pages else f"/catalogue/{one.id}"
        if f"/catalogue/{one.id}" in pages:
            rows.append([f"{one.title_zh} {one.title_en} {one.id}", file_of(f"/catalogue/{one.id}")])
        if file in pages:
            rows += [[f"{each.title_zh} {each.title_en} {one.table}.{each.name}", file_of(file)] for each in one.fields]
    return f"const FOUND = {json.dumps(rows, ensure_ascii=False)};\n".replace("</", "<\\/").encode()


def _stamp(city: City, reader: Reader, size: int) -> str:
    """A digest of what a report hangs on: the ledger, declarations, lineage, the day, and who it is for."""
    lineage = city.settings.manifest
    told = (
        *(_VERSION, size, state(city), str(day_of(city.now())), person_key(reader.name)),
        sorted(map(str, reader.roles)),
        lineage.stat().st_mtime_ns if lineage.exists() else 0,
    )
    return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()


def _before(out: Path) -> dict[str, Any]:
    if not out.exists():
        return {}
    if not out.is_dir():
        raise ReportRefused(f"{out} is no folder", "Name a folder that is empty, or that has a report.")
    manifest = out / MANIFEST
    if not manifest.exists():
        if any(out.iterdir()):
            raise ReportRefused(f"{out} holds something else than a report", "Name a folder that is empty.")
        return {}
    try:
        told: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
        names = [*told["files"]]
    except (ValueError, KeyError, TypeError):
        raise ReportRefused(f"{manifest} is no report's list", "Name a folder that is empty.") from None
    if any(Path(name).is_absolute() or ".." in Path(name).parts for name in names):
        raise ReportRefused(f"{manifest} names files outside of its folder", "Name a folder that is empty.")
    return told


def _refuse_links(out: Path) -> None:
    """What is written stays within its folder, and so does what is removed."""
    links = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_symlink())
    if links:
        raise ReportRefused(f"{out} has links that lead elsewhere ({links[0]})", "Remove them, or name another folder.")


def _whole(out: Path, files: Mapping[str, str]) -> bool:
    return all(
        (out / name).is_file() and hashlib.sha256((out / name).read_bytes()).hexdigest() == digest
        for name, digest in files.items()
    )


def _put(out: Path, files: Mapping[str, bytes], told: Mapping[str, str], before: Mapping[str, str]) -> int:
    changed = 0
    for name, data in files.items():
        path = out / name
        if before.get(name) != told[name] or not path.is_file() or path.read_bytes() != data:
            _write(path, data)
            changed += 1
    return changed


def _remove(out: Path, names: Set[str]) -> int:
    gone = [out / name for name in names if (out / name).is_file()]
    for path in gone:
        path.unlink()
    return len(gone)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def _digest(files: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(sorted(files.items()))).encode()).hexdigest()
