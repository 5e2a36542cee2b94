"""Canaries in what fails: a value planted where things go wrong is found in nothing that is left or said.

Ten datasets deliver it, and each comes to grief in another way: in a cast, a name, an error that SQL itself raises,
in a header, in a broken record, in a check. Everything is searched but what holds delivered data by its purpose: the
landed bytes, the encrypted lake, its catalog's least and greatest values, and the data of what was released.
"""

from __future__ import annotations

import base64
import json
import random
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.attack.score import Score
from tests.planted.city import DATASETS, Planted, agreement, plant, product

CANARY = "金丝雀CANARY7731"
_CLEARED = ("landing", "lake")
_LATER = "2026-11-21"


def _model(text: str) -> Callable[[Planted, str], None]:
    def planted(city: Planted, name: str) -> None:
        city.model(name).write_text(text.replace("DATASET", f"{{{{ ref('stg_bureau__{name}') }}}}"), "utf-8")

    return planted


def _delivered(text: str, encoding: str = "utf-8") -> Callable[[Planted, str], None]:
    def planted(city: Planted, name: str) -> None:
        city.delivery(name, _LATER).write_bytes(text.encode(encoding))

    return planted


def _asked_while_compiling(city: Planted, name: str) -> None:
    asked = '{% if execute %}{% set x = run_query("select error(id) from lake.raw.bureau__NAME") %}{% endif %}'
    _model(asked.replace("NAME", name) + "select id, amount, _batch from DATASET")(city, name)


GRIEF: dict[str, Callable[[Planted, str], None]] = {
    "a cast": _model("select id, cast(id as bigint) as amount, _batch from DATASET"),
    "a name": _model("with p as (pivot (select id from DATASET) on id using count(*)) select nope from p"),
    "an error raised by SQL": _model("select error(id) as id, amount, _batch from DATASET"),
    "an error while compiling": _asked_while_compiling,
    "a format": _model("select id, year(strptime(id, '%Y-%m-%d')) as amount, _batch from DATASET"),
    "a column of a struct": _model("select id, amount, struct_extract({'a': id}, id) as x, _batch from DATASET"),
    "a header": _delivered(f"{CANARY}1,1\n{CANARY}2,2\n"),
    "another encoding": _delivered(f"编号,数量\n{CANARY}1,1\n", "utf-16-le"),
    "a broken record": _delivered(f'编号,数量\n{CANARY}1,x\n"{CANARY},2\n{CANARY}3\n{CANARY},1,2,3,4\n'),
    "a key twice": _delivered(f"编号,数量\n{CANARY}0,1\n{CANARY}0,2\n"),
}


def _spellings(text: str) -> Iterator[tuple[str, bytes]]:
    for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
        yield encoding, text.encode(encoding)
    raw = text.encode()
    yield "hex", raw.hex().encode()
    yield "HEX", raw.hex().upper().encode()
    yield "url", urllib.parse.quote(text).encode()
    yield "json", json.dumps(text)[1:-1].encode()
    yield "reversed", text[::-1].encode()
    yield "full width", "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text).encode()
    for shift in range(3):
        # Whole groups of four only: what stands before and behind is not known.
        yield f"base64+{shift}", base64.b64encode(b"\0" * shift + raw)[4 * (shift > 0) : -4]


def attack(seed: int) -> Score:
    """Plant all, each into a dataset by chance; run twice, ask everything, and search."""
    kinds = list(GRIEF)
    random.Random(seed).shuffle(kinds)
    with TemporaryDirectory() as folder:
        city = plant(Path(folder) / "city")
        for name, kind in zip(DATASETS, kinds, strict=True):
            city.deliver(name, {f"{CANARY}{row}": row for row in range(4)})
            GRIEF[kind](city, name)
        said = [_said(city, *arguments) for arguments in _asking()]
        texts = {"what was said": "\n".join(said).encode(), **_left(city)}
    spellings = [(how, found) for part in (CANARY, CANARY[3:]) for how, found in _spellings(part)]
    fell = [f"{where} has it as {how}" for where, text in texts.items() for how, found in spellings if found in text]
    tried = len(texts) * len(spellings)
    return Score("canaries in what fails", tried, tried - len(fell), fell)


def _asking() -> Iterator[tuple[str, ...]]:
    yield "run", "--json"
    yield ("run",)
    yield from ((command,) for command in ("status", "check", "audit", "releases"))
    for name in DATASETS:
        yield "explain", agreement(name)
        yield "quarantine", f"bureau.{name}"
        yield "lineage", f"product.{product(name)}.id"


def _said(city: Planted, *arguments: str) -> str:
    said = city.say(*arguments)
    return said.out + said.err


def _is_released(path: Path) -> bool:
    return path.suffix == ".parquet" and (path.parent / "certificate.json").exists()


def _left(city: Planted) -> dict[str, bytes]:
    """Every file of the state that is not meant to hold delivered data."""
    state = city.file(".zhongtai")
    files = (path for path in sorted(state.rglob("*")) if path.is_file() and not path.is_symlink())
    return {
        str(path.relative_to(state)): path.read_bytes()
        for path in files
        if path.relative_to(state).parts[0] not in _CLEARED and not _is_released(path)
    }
