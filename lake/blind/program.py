"""An intersection by an external program: its arguments are declared, files go in and out, and no shell is involved.

The program is given `{ours}`, a CSV file of our identifiers (header `identifier`, sorted), `{peer}`, and `{found}`,
where it writes a CSV file with the same header of those that the peer has too. It is trusted with our identifiers, as
any program that runs such a protocol; what it says is not repeated, since it may quote them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contracts.sql_text import literal
from lake.blind.engine import number, own_engine, write_parquet
from lake.settings import Settings
from sharing.faults import SharingRefused

_PLACES = ("{ours}", "{peer}", "{found}")
_SEE = "try the program by hand, with made-up identifiers"
_LONGEST_HEADER = 200
_COLUMN = "columns = {'identifier': 'VARCHAR'}, header = true, delim = ',', auto_detect = false"


@dataclass(frozen=True)
class ProgramIntersection:
    """`PrivateSetIntersection` by a program and its arguments, of which three name the files and the peer."""

    settings: Settings
    argv: Sequence[str]
    seconds: float = 3600.0

    @property
    def name(self) -> str:
        """What the ledger calls it."""
        return Path(self.argv[0]).name if self.argv else "program"

    def intersect(self, ours: Path, peer: str, found: Path) -> None:
        """As the protocol says. SharingRefused where the program fails, takes too long, or answers with others."""
        given, answered = found.with_name(f"{found.name}.ours.csv"), found.with_name(f"{found.name}.found.csv")
        mine = f"read_parquet({literal(str(ours))})"
        try:
            with own_engine(self.settings, self.name) as connection:
                _write_csv(connection, f"select identifier from {mine} order by identifier", given)
                self._run({"{ours}": str(given), "{peer}": peer, "{found}": str(answered)})
                if not answered.is_file():
                    raise self._refused("it wrote no answer")
                self._expect_header(answered)
                connection.execute(f"create table answered as from read_csv({literal(str(answered))}, {_COLUMN})")
                self._expect_ours(connection, mine)
                write_parquet(connection, f"select row from {mine} semi join answered using (identifier)", found)
        finally:
            given.unlink(missing_ok=True)
            answered.unlink(missing_ok=True)

    def _expect_header(self, answered: Path) -> None:
        """An answer of another form is none: read as one, it would say that nobody is in common."""
        with answered.open(encoding="utf-8-sig", errors="replace") as lines:
            first = lines.readline(_LONGEST_HEADER).strip().strip('"')
        if first != "identifier":
            raise self._refused("its answer does not begin with the line `identifier`")

    def _expect_ours(self, connection: duckdb.DuckDBPyConnection, mine: str) -> None:
        rows, apart, foreign = number(
            connection,
            "select count(*), count(distinct identifier), count(*) filter (identifier is null or identifier not in "
            f"(select identifier from {mine})) from answered",
        )
        if foreign or rows != apart:
            raise self._refused(f"{foreign} of the {rows} it found are none of ours, and {rows - apart} stand again")

    def _run(self, places: dict[str, str]) -> None:
        missing = [place for place in _PLACES if not any(place in one for one in self.argv[1:])]
        program = shutil.which(self.argv[0]) if self.argv else None
        if program is None or missing:
            told = f"its arguments lack {', '.join(missing)}" if missing else "there is no such program"
            raise SharingRefused("blind_program", self.name, told, "write: PROGRAM … {ours} … {peer} … {found}")
        arguments = [_filled(one, places) for one in self.argv[1:]]
        # Nothing of ours in its surroundings: no place of keys, no user or password of a source.
        around = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        try:
            done = subprocess.run(  # noqa: S603 - declared by whoever runs it; no shell
                [program, *arguments],
                env=around,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=self.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self._refused(f"it took longer than {self.seconds:g} s") from None
        except OSError as error:
            raise self._refused(f"it could not be started ({type(error).__name__})") from None
        if done.returncode:
            raise self._refused(f"it ended with {done.returncode}")

    def _refused(self, told: str) -> SharingRefused:
        return SharingRefused("blind_program", self.name, told, _SEE)


def _filled(argument: str, places: dict[str, str]) -> str:
    """An argument with its places filled once: what is put in is not looked at again."""
    for place, value in places.items():
        if place in argument:
            before, _, after = argument.partition(place)
            return f"{before}{value}{after}"
    return argument


def _write_csv(connection: duckdb.DuckDBPyConnection, select: str, file: Path) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.close(handle)
    connection.execute(f"copy ({select}) to {literal(str(file))} (format csv, header true)")
