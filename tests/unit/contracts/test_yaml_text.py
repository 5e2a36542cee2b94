"""What YAML would take silently for something else, or overflow by, is a note on its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.faults import DeclarationsRefused
from contracts.load import load_catalogue
from contracts.yaml_text import read_yaml

LAUGHS = "\n".join(
    ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\nb:\n  a: 1\n  a: 2", 4, "'a' is written twice"),
        ("a: 1\nb: 0123", 2, "0123 reads as a number"),
        ("a: 1:30", 1, "1:30 reads as a number"),
        ("a: 1_000", 1, "1_000 reads"),
        ("a: 0x1F", 1, "0x1F reads"),
        ("a: .inf", 1, ".inf reads"),
        ("a: -.inf", 1, "-.inf reads"),
        ("a: .nan", 1, ".nan reads"),
        ("a: 1.0e+999", 1, "1.0e+999 reads"),
        ("a: " + "9" * 5000, 1, "more than 64 bits"),
        ("a: 2026-02-30", 1, "2026-02-30 is no day"),
        ("a: 2026-01-01T25:00:00", 1, "is no day or time"),
        ("a: !!timestamp x", 1, "x is no day or time"),
        ("a: !!bool x", 1, "x is neither true nor false"),
        ("a: !!binary aGk=", 1, "the type binary is not read"),
        ("a: !!set {x}", 1, "the type set is not read"),
        ("a: !!python/object:os.system x", 1, "not YAML"),
        ("a: 1\n? [1]\n: 2", 2, "where a key belongs"),
        ("a: 1\n---\nb: 2", 2, "second document"),
        ("a: 1\n\tb: 2", 2, "a tab indents"),
        ("a: 1\nb: \x07", 2, "control character"),
        ('a: 1\nb: "x\\0y"', 2, "control character"),
        ('a: 1\nb: "{{ x }}"', 2, "template"),
        ("a: 1\n'{% x': 2", 2, "template"),
        ("a: *nowhere", 1, "undefined alias"),
        ("a: &x [*x]", 1, "holds itself"),
        ("a: &x {b: *x}", 1, "holds itself"),
        (LAUGHS, 1, "aliases (*) repeat"),
        ("[" * 200_000, 1, "levels lie in one another"),
        ("- " * 3000 + "1", 1, "levels lie in one another"),
        ("{a: " * 500 + "1" + "}" * 500, 1, "levels lie in one another"),
        ("", 1, "empty"),
        ("# nothing\n", 1, "empty"),
    ],
)
def test_noted_on_its_line(text: str, line: int, what: str) -> None:
    _, notes = read_yaml(text)
    assert [note.line for note in notes if what in note.what] == [line], notes
    assert all(note.write_instead for note in notes)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: 1", {"a": 1}),
        ("\ufeffa: 1", {"a": 1}),
        ("a: -5\nb: +5\nc: 0\nd: 1.5\ne: 1.5e+3", {"a": -5, "b": 5, "c": 0, "d": 1.5, "e": 1500.0}),
        ("a: '0123'\nb: '{'\nc: =", {"a": "0123", "b": "{", "c": "="}),
        ("a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
        ("a: &x {y: 1}\nb: {<<: *x, z: 2}", {"a": {"y": 1}, "b": {"y": 1, "z": 2}}),
        ('delimiter: "\\x01"\nvalue: "\\t"', {"delimiter": "\x01", "value": "\t"}),
        ("pattern: 'a{{2}'", {"pattern": "a{{2}"}),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
    ],
)
def test_read_as_written(text: str, data: object) -> None:
    assert read_yaml(text) == (data, [])


def test_a_note_leaves_the_rest_of_the_file_to_be_judged(workspace: Path) -> None:
    path = workspace / "contracts/standards/codes/ward.yml"
    path.write_text(path.read_text("utf-8").replace('"01": {zh', "01: {zh").replace("source:", "sorce:"), "utf-8")
    with pytest.raises(DeclarationsRefused) as refused:
        load_catalogue(workspace)
    assert {fault.line for fault in refused.value.faults} == {3, 5}
