"""The registry of who is who: ids that stay, events that say what moved, laws that refuse, files that are proved."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from lake.identity import advancing
from lake.identity.changes import EventKind
from sharing.faults import SharingRefused
from tests.unit.lake.registered import AT, Small, apart, record, same


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)


def test_an_id_stays_and_every_change_of_one_is_an_event(small: Small) -> None:
    assert small.run("ab c D").events == {"found": 3}
    assert small.told() == "D:D a:ab c:c"
    assert small.run("D c ba").step is None and len(small.registry.steps()) == 1
    # An identified record that joins leads; where it leaves again, what it led goes on under its id.
    small.run("abE c D")
    assert small.told() == "D:D E:Eab c:c"
    small.run("ab c D")
    assert small.told() == "D:D E:ab c:c"
    small.run("a b c D E")
    assert small.told() == "D:D E:E a:a b:b c:c"
    assert small.events("a") == [
        "found >a by model",
        "merged a>E by model",
        "split E>Eab by model",
    ]


def test_a_founder_that_leaves_leaves_its_id_to_its_companions(small: Small) -> None:
    small.run("abcd")
    small.run("bcd")
    small.run("b cd e")
    assert small.told() == "a:cd b:b e:e"
    small.run("df b")
    assert small.told() == "a:df b:b"
    small.run("fg")
    assert small.told() == "a:fg"
    small.run("fg a b")
    assert small.told() == "a:a b:b f:fg"
    assert small.events("f")[-1] == "split a>af by model"


def test_heirs_are_those_of_the_last_time(small: Small) -> None:
    for clusters in ("abc", "bc", "ad b c", "d b c"):
        small.run(clusters)
    assert small.told() == "a:d b:b c:c"


def test_records_that_go_to_other_entities_are_told_as_that(small: Small) -> None:
    small.run("abx cd")
    small.run("ab cdx")
    small.run("aE bF cdx")
    assert small.events("a")[1:] == ["moved a>c by model", "split a>EF by model"]


def test_a_merge_that_is_undone_gives_each_its_former_id(small: Small) -> None:
    small.run("ab cd")
    small.run("b d")  # founders gone
    assert small.told() == "a:b c:d"
    small.run("bd", same("bd", 7))
    assert small.told() == "a:bd"
    small.run("b d", same("bd", 7, ended=9))
    assert small.told() == "a:b c:d"
    assert small.events("c")[-2:] == ["merged ac>a by decision 7", "split a>ac by decision 9"]
    small.run("b d", apart("bd", 11))
    assert small.registry.steps()[-1].number == 4


def test_what_was_known_at_an_instant_or_a_step(small: Small) -> None:
    small.run("a b")
    small.run("ab")
    assert small.told(known=AT) == ""
    assert small.told(known=AT + timedelta(days=1)) == small.told(step=1) == "a:a b:b"
    assert small.told(known=AT + timedelta(days=2)) == "a:ab"


def test_how_sure_it_is_is_told_and_never_called_certain(small: Small) -> None:
    small.run("ab")
    small.run("ab", same("ab", 3))
    rows = small.connection.execute("select * from read_parquet($files)", {"files": [str(small.registry.file(2))]})
    assert [(one[3], one[9], one[8], one[12]) for one in rows.fetchall()] == [
        (EventKind.WEIGHED, "decision", 0.9999, "decision 3"),
        (EventKind.WEIGHED, "decision", 0.9999, "decision 3"),
    ]


def test_two_identified_are_one_only_by_a_decision(small: Small) -> None:
    small.run("A B c")
    with pytest.raises(SharingRefused, match="no decision says so") as refused:
        small.run("AB c")
    assert refused.value.rule == "registry_identified" and record("A") in str(refused.value)
    with pytest.raises(SharingRefused, match="no decision says so"):
        small.run("ABc", same("Ac", 5), same("AB", 6, ended=7))
    with pytest.raises(SharingRefused) as alone:
        small.run("ABc", same("Ac", 5), same("cB", 6))
    assert alone.value.rule == "registry_two_persons"
    assert small.told() == "A:A B:B c:c" and len(small.registry.steps()) == 1
    small.run("ABc", same("Ac", 5), same("cB", 6, persons=2))
    assert small.told() == "A:ABc"
    with pytest.raises(SharingRefused) as kept:
        small.run("AB c", same("AB", 8, persons=2), apart("AB", 9))
    assert kept.value.rule == "registry_apart"


SPOILED = {
    "update records set _record = null where _record like '%61'": "1 records are no keyed hash",
    "update records set _record = 'x' where _record like '%61'": "1 records are no keyed hash",
    "update records set _identified = null": "2 records do not say",
    "insert into records from records limit 1": "1 records are there more than once",
    "delete from clusters where _record like '%61'": "1 records are in no cluster",
    "delete from records where _record like '%61'": "1 records of clusters are not among",
    "insert into clusters from clusters limit 1": "1 records are in more than one cluster",
    "update clusters set _cluster = null": "2 records are in a cluster without a name",
    "update clusters set probability = 'nan'": "2 records have no probability",
    "update clusters set probability = 1.5": "2 records have no probability",
}


def test_what_matching_lost_or_doubled_comes_no_further(small: Small) -> None:
    for spoil, what in SPOILED.items():
        small.give_all("a b")
        small.connection.execute(spoil)
        with pytest.raises(SharingRefused, match=re.escape(what)):
            small.step()
    assert small.registry.steps() == () and not small.registry.folder.exists()


def test_nothing_at_all_is_a_registry_of_nobody(small: Small) -> None:
    assert small.run("").step == 1
    assert small.told() == ""
    small.run("a")
    assert small.run("").events == {"gone": 1}
    small.run("a")
    assert small.events("a") == ["found >a by model", "gone a> by deliveries", "back >a by model"]


def test_other_parameters_are_a_step_without_an_event(small: Small) -> None:
    small.run("ab", model=b"1")
    assert small.run("ab", model=b"2").events == {}
    assert [small.registry.parameters(one) for one in small.registry.steps()] == [b"1", b"2"]


def test_a_file_that_is_not_the_ledgers_is_never_read(small: Small) -> None:
    small.run("ab")
    small.run("a b")
    assert list(small.registry.faults()) == []
    modes = {oct(one.stat().st_mode & 0o777) for one in small.registry.folder.iterdir()}
    assert modes == {"0o600"} and small.registry.folder.stat().st_mode & 0o777 == 0o700
    small.registry.file(2).write_bytes(small.registry.file(1).read_bytes())
    for ask in _asking(small):
        with pytest.raises(SharingRefused, match=r"restore PLACE --only registry/person/000002.parquet"):
            ask()
    small.registry.file(1).unlink()
    assert [one.rule for one in small.registry.faults()] == ["registry_missing", "registry_changed"]


def _asking(small: Small) -> list[Callable[[], object]]:
    return [small.told, lambda: small.events("a"), lambda: small.run("a b")]


def test_what_a_killed_run_left_is_written_again(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    small.run("a b")
    with monkeypatch.context() as killed:
        killed.setattr(type(small.ledger), "append_after", _die)
        with pytest.raises(KeyboardInterrupt):
            small.run("ab")
    (small.registry.folder / ".2.77.draft").write_bytes(b"half")
    assert small.registry.file(2).exists() and small.told() == "a:a b:b" and list(small.registry.faults()) == []
    small.run("a b c")
    assert small.told() == "a:a b:b c:c" and list(small.registry.faults()) == []
    assert list(small.registry.folder.glob(".*")) == []


def _die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_the_order_in_which_records_come_says_nothing(small: Small, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Small(tmp_path / "other")
    for one, clusters in ((small, "cab fed"), (other, "def abc")):
        one.run(clusters)
    assert small.told() == other.told() == "a:abc d:def"


LAWS = {
    "update registry_changes set before = after where kind = 'merged'": "registry_event",
    "update registry_changes set event = null where kind = 'merged'": "registry_event",
    "delete from registry_changes where kind = 'found'": "registry_whole",
    "delete from registry_changes where kind = 'merged'": "registry_partition",
    f"update registry_changes set after = '{record('b')}' where kind = 'found'": "registry_own",
    "update registry_changes set after = 'x' where kind = 'found'": "registry_leads",
}


def test_a_step_that_would_break_a_law_is_refused(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    small.run("a b")
    find = advancing.find_changes
    for spoil, law in LAWS.items():

        def spoiled(connection: duckdb.DuckDBPyConnection, stamp: advancing.Stamp, spoil: str = spoil) -> None:
            find(connection, stamp)
            connection.execute(spoil)

        with monkeypatch.context() as one:
            one.setattr(advancing, "find_changes", spoiled)
            with pytest.raises(SharingRefused) as refused:
                small.run("ab C")
        assert refused.value.rule == law
    assert small.told() == "a:a b:b" and len([*small.registry.folder.glob("*.parquet")]) == 1
