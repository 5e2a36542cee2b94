"""`docs/first-city.md`, followed to the letter: its files written, its commands run, and what it shows, seen.

How the page is read: a `sh` block is run; the `text` block after it is what it prints, `…` standing for anything; any
other block is a file whose path ends the line above, written whole, or changed where it is a `diff`. A command ends
with status 0 unless its comment says `exit N`.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.command import call

PAGE = Path(__file__).resolve().parents[2] / "docs" / "first-city.md"
NOW = "2026-11-23T12:00:00+00:00"  # noon in Greenwich: one day everywhere

_BLOCK = re.compile(r"^(?P<before>[^\n]*)\n\n?```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"`([^`\s]+)`:$")
_STATUS = re.compile(r"# exit (\d)")


@dataclass(frozen=True)
class Block:
    """One fenced block: its kind, its text, and the file that the line above names."""

    kind: str
    text: str
    path: str = ""


def blocks(page: str) -> Iterator[Block]:
    for found in _BLOCK.finditer(page):
        path = _PATH.search(found["before"])
        yield Block(found["kind"], found["text"], path[1] if path else "")


@dataclass
class Reader:
    """Somebody at a terminal, who does what the page says."""

    monkeypatch: pytest.MonkeyPatch
    environment: dict[str, str]
    printed: str = ""
    ran: list[str] = field(default_factory=list)

    def follow(self, block: Block) -> None:
        if block.kind == "sh":
            self.printed = "".join(self._run(line) for line in block.text.splitlines() if line.strip())
        elif block.kind == "text":
            assert missing(block.text, self.printed) == [], self.printed
        else:
            assert block.path, f"no path is named above this block:\n{block.text}"
            self._write(Path(block.path), block)

    def _write(self, path: Path, block: Block) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if block.kind != "diff":
            path.write_text(block.text, encoding="utf-8")
            return
        before, after = sides(block.text)
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{path} has this {text.count(before)} times:\n{before}"
        path.write_text(text.replace(before, after), encoding="utf-8")

    def _run(self, line: str) -> str:
        verb, _, rest = line.partition(" ")
        if verb == "zhongtai":
            return self._command(line, self._words(rest))
        if verb == "export":
            self.environment |= [tuple(word.split("=", 1)) for word in self._words(rest)]
        elif verb == "cd":
            self.monkeypatch.chdir(rest)
        else:
            return self._shell(line)
        return ""

    def _command(self, line: str, arguments: list[str]) -> str:
        told = _STATUS.search(line)
        own = {name: value for name, value in self.environment.items() if name.startswith("ZHONGTAI_")}
        said = call(*arguments, environment=own)
        self.ran.append(arguments[0])
        assert said.status == int(told[1] if told else 0), f"{line}\n{said.out}\n{said.err}"
        return said.out + said.err

    def _words(self, line: str) -> list[str]:
        """What the shell makes of the words after a command's name."""
        return self._shell(f"printf '%s\\0' {line}").split("\0")[:-1]

    def _shell(self, line: str) -> str:
        done = subprocess.run(["bash", "-ec", line], env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        return done.stdout


def sides(diff: str) -> tuple[str, str]:
    """What stands before a change, and after."""
    lines = diff.splitlines()
    before, after = ("".join(line[1:] + "\n" for line in lines if line[:1] != other) for other in "+-")
    return before, after


def missing(expected: str, printed: str) -> list[str]:
    """The expected lines that are not printed in their order; blanks count once, and `…` stands for anything."""
    lines = iter([" ".join(line.split()) for line in printed.splitlines()])
    wanted = [" ".join(line.split()) for line in expected.splitlines() if line.strip() not in ("", "…")]
    patterns = [(one, re.compile(".*".join(map(re.escape, one.split("…"))))) for one in wanted]
    return [one for one, pattern in patterns if not any(pattern.fullmatch(line) for line in lines)]


@pytest.mark.city
def test_the_page_leads_to_a_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "zhongtai").mkdir()
    monkeypatch.chdir(tmp_path / "zhongtai")
    environment = {"ZHONGTAI_NOW": NOW, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    reader = Reader(monkeypatch, environment)
    for block in blocks(PAGE.read_text(encoding="utf-8")):
        reader.follow(block)
    assert {"init", "sync", "run", "quarantine", "explain", "lineage", "check", "verify", "audit"} <= {*reader.ran}


def test_every_block_of_the_page_is_followed() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert len(list(blocks(page))) == page.count("\n```") // 2
    assert {block.kind for block in blocks(page)} <= {"sh", "text", "yaml", "csv", "sql", "diff"}


@pytest.mark.parametrize(
    ("expected", "printed", "left"),
    [
        ("a\nb\n", "a\nx\nb\n", []),
        ("a … c\n", "a    b c\n", []),
        ("b\na\n", "a\nb\n", ["a"]),
        ("a\n", "ab\n", ["a"]),
        ("…\n", "", []),
    ],
)
def test_what_the_page_shows_must_be_printed_in_its_order(expected: str, printed: str, left: list[str]) -> None:
    assert missing(expected, printed) == left


def test_a_change_is_what_stands_before_and_after() -> None:
    assert sides(" a\n-b\n+c\n+d\n") == ("a\nb\n", "a\nc\nd\n")
