"""What is wrong with declarations, said all at once: the fault record and the refusal that carries every one of them.

No file is read and no rule is judged here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Fault:
    """One thing wrong in one file: where it is, what is wrong, and what to write instead.

    `file` is relative to the workspace; `where` is the path inside the YAML (`schema[0].properties[3].name`), empty for
    the whole file; `line` counts from 1 and is None where the file has no line to point at.
    """

    file: str
    where: str
    what: str
    write_instead: str
    line: int | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        where = f" {self.where}:" if self.where else ""
        return f"{place}:{where} {self.what}. Write instead: {self.write_instead}"


class DeclarationsRefused(Exception):
    """The declarations of a workspace are not sound; `faults` holds every fault, in file and line order."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.file, fault.line or 0, fault.where, fault.what)))
        files = len({fault.file for fault in self.faults})
        heading = f"{len(self.faults)} fault(s) in {files} file(s); nothing was loaded"
        super().__init__("\n".join([heading, *(f"  {fault}" for fault in self.faults)]))


def nearest(name: object, known: Iterable[str]) -> str:
    """What to write instead of an unknown name: the nearest known one, else all of them (at most twelve)."""
    names = sorted(known)
    near = get_close_matches(str(name), names, n=1, cutoff=0.6)
    if near:
        return near[0]
    if not names:
        return "nothing is declared that it could name; declare it first"
    shown = ", ".join(names[:12])
    return f"one of {shown}" + (f" … ({len(names)} in all)" if len(names) > 12 else "")
