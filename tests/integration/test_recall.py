"""Whatever has left can be named and recalled, and what is good of it comes back: scenarios on a small city.

Each begins as a copy of a city that was run once, its state at another place than it was made at.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lake.cli.options import login_name
from sharing.keys import PublicKey
from sharing.ledger import Ledger
from sharing.notices import read_notice
from tests.recalled.city import FIRST, PRODUCTS, SECOND, THIRD, Recalled, run_once


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> Recalled:
    """The city after its first run: two deliveries of each dataset, and all products released."""
    return run_once(tmp_path_factory.mktemp("recalled") / "city")


@pytest.fixture
def city(well: Recalled, tmp_path: Path) -> Iterator[Recalled]:
    shutil.copytree(well.place, tmp_path / "city", symlinks=True)
    yield replace(well, place=tmp_path / "city")


def files_below(folder: Path) -> list[Path]:
    """The files there, but for those by which SQLite lets readers share a database."""
    return sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.endswith(("-shm", "-wal")))


def test_a_recalled_batchs_rows_leave_every_table_and_the_rest_is_released_again(city: Recalled) -> None:
    bad = city.status().batch("visits", FIRST)
    gone = city.recall(bad)
    assert {row["agreement"] for row in gone["releases"]} == {"archive__visits", "archive__joined", "archive__kept"}
    assert set(city.releases()) == {"lots", "people"}
    after = city.run()
    assert after.released == set(PRODUCTS)
    # The last is of a table that is only ever added to.
    assert [city.rows(name) for name in ("visits", "joined", "kept")] == [{"c": 3}, {"c": 7}, {"c": 3}]
    assert all(bad not in row["batches"] for row in city.releases().values())
    assert after.state("visits", bad)[0] == "recalled"
    assert city.audited() == []
    city.deliver("visits", {"a": 8, "b": 9}, THIRD)
    assert city.run().released == set(PRODUCTS)
    assert city.rows("kept") == {"a": 8, "b": 9, "c": 3}


def test_another_file_at_the_path_of_a_recalled_batch_is_another_batch(city: Recalled) -> None:
    bad = city.status().batch("visits", FIRST)
    city.recall(bad)
    city.deliver("visits", {"x": 1}, FIRST)
    after = city.run()
    good = after.batch("visits", FIRST)
    assert good != bad
    assert after.released == set(PRODUCTS)
    assert city.rows("visits") == {"x": 1, "c": 3}
    served = city.releases()["visits"]["batches"]
    assert good in served and bad not in served
    assert city.audited() == []


@pytest.mark.attack
def test_a_path_overwritten_without_a_recall_names_every_batch_of_which_there_are_rows(city: Recalled) -> None:
    old = city.status().batch("people", FIRST)
    city.deliver("people", {"z": 9}, FIRST)
    assert "people" in city.run().released
    assert city.rows("people") == {"a": 1, "b": 3, "c": 7, "z": 9}
    served = city.releases()["people"]
    assert old in served["batches"]
    assert city.audited() == []
    assert served["release_id"] in {row["release_id"] for row in city.recall(old)["releases"]}
    assert "people" in city.run().released
    assert city.rows("people") == {"b": 3, "z": 9}
    assert city.audited() == []


def test_recalling_a_superseded_snapshot_blocks_nothing(city: Recalled) -> None:
    old = city.status().batch("lots", FIRST)
    assert city.recall(old)["releases"] == []
    assert set(city.releases()) == set(PRODUCTS)
    assert "lots" in city.run().released
    assert city.rows("lots") == {"a": 5, "d": 6}


def test_recalling_the_newest_snapshot_brings_back_the_one_before(city: Recalled) -> None:
    city.recall(city.status().batch("lots", SECOND))
    assert "lots" in city.run().released
    assert city.rows("lots") == {"a": 1, "b": 2}


def test_recalling_the_newest_update_brings_back_the_value_before(city: Recalled) -> None:
    city.recall(city.status().batch("people", SECOND))
    assert {"people", "joined"} <= city.run().released
    assert city.rows("people") == {"a": 1, "b": 2, "c": 7}
    assert city.rows("joined") == {"a": 1, "b": 2, "c": 7}


def test_good_bytes_delivered_again_after_a_bad_snapshot_are_current(city: Recalled) -> None:
    bad = city.status().batch("lots", SECOND)
    city.recall(bad)
    city.deliver("lots", {"a": 1, "b": 2}, THIRD)
    after = city.run()
    assert "lots" in after.released
    assert city.rows("lots") == {"a": 1, "b": 2}
    assert city.audited() == []


@pytest.mark.attack
def test_recalled_bytes_stay_recalled_wherever_they_are_delivered(city: Recalled) -> None:
    bad = city.status().batch("visits", FIRST)
    city.recall(bad)
    city.run()
    city.deliver("visits", {"a": 1, "b": 2}, THIRD)
    city.deliver("visits", {"d": 4}, THIRD, "_more")
    after = city.run()
    state, message = after.state("visits", bad)
    assert state == "recalled" and "corrected" in message
    assert city.rows("visits") == {"c": 3, "d": 4}
    # Of several recalls each is told apart, and what came again is told by its own path.
    lots = city.status().batch("lots", SECOND)
    city.recall(lots)
    said = [line for line in city.say("status", COLUMNS="400").out.splitlines() if line.startswith("✗")]
    assert len(said) == 3
    for dataset, day, batch in (("visits", FIRST, bad), ("lots", SECOND, lots), ("visits", THIRD, bad)):
        named = (f"bureau.{dataset}: {day}/bureau/{dataset}.csv", batch, "recalled", "corrected")
        assert [line for line in said if all(one in line for one in named)], (dataset, day)
    assert city.audited() == []


def test_a_corrected_snapshot_of_the_same_day_is_no_second_file_of_it(city: Recalled) -> None:
    city.recall(city.status().batch("lots", SECOND))
    city.deliver("lots", {"e": 1}, SECOND, "_corrected")
    assert "lots" in city.run().released
    assert city.rows("lots") == {"e": 1}


def test_identical_bytes_under_a_new_day_are_a_fresh_delivery(city: Recalled) -> None:
    later = replace(city, now="2026-12-15T10:00:00+08:00")
    assert "working days old" in later.run().why("visits")
    for dataset, rows in (("visits", {"c": 3}), ("lots", {"a": 5, "d": 6}), ("people", {"b": 3})):
        later.deliver(dataset, rows, "2026-12-14")
    assert later.run().released == set(PRODUCTS)
    assert later.rows("visits") == {"a": 1, "b": 2, "c": 3}
    assert later.audited() == []


def test_what_was_not_made_again_since_a_recall_does_not_leave(city: Recalled) -> None:
    bad = city.status().batch("visits", FIRST)
    city.recall(bad)
    found = city.tell("run", "--select", "key:release/archive__kept")
    (verdict,) = found["releases"]
    assert verdict["verdict"] == "withheld"
    assert bad in "".join(one["message"] for one in verdict["violations"])
    assert "kept" not in city.releases()


def test_a_recall_needs_ledger_and_releases_alone(city: Recalled, tmp_path: Path) -> None:
    moved = replace(city, state=tmp_path / "restored")
    (city.place / ".zhongtai").rename(tmp_path / "restored")
    bad = moved.status().batch("visits", FIRST)
    shutil.rmtree(tmp_path / "restored" / "lake")
    shutil.rmtree(city.place / "contracts")
    shutil.rmtree(city.place / "deliveries")
    found = moved.recall(bad)
    assert {row["agreement"] for row in found["releases"]} == {"archive__visits", "archive__joined", "archive__kept"}
    assert set(moved.releases()) == {"lots", "people"}


def test_a_moved_state_is_attached(city: Recalled, tmp_path: Path) -> None:
    moved = replace(city, state=tmp_path / "restored")
    (city.place / ".zhongtai").rename(tmp_path / "restored")
    moved.recall(moved.status().batch("visits", FIRST))
    assert moved.run().released == set(PRODUCTS)
    assert moved.rows("kept") == {"c": 3}
    assert moved.audited() == []


def test_who_recalled_and_why_is_in_the_ledger_and_on_the_tombstone(city: Recalled) -> None:
    bad = city.status().batch("visits", FIRST)
    for why in ((), ("--why", ""), ("--why", " \t")):
        said = city.say("recall", bad, *why)
        assert said.status == 2 and "without a reason" in said.err
    assert set(city.releases()) == set(PRODUCTS)
    found = city.recall(bad, "--as", "steward@bureau.example")
    assert found["by"] == "steward@bureau.example"
    state = city.place / ".zhongtai"
    with Ledger.read(state / "ledger.sqlite") as ledger:
        (entry,) = ledger.entries("recall")
        assert {one.body["by"] for one in ledger.entries("release")} == {login_name()}
        acts = [one.body for one in ledger.entries("act") if one.body["deed"] == "recall"]
    assert (entry.body["by"], entry.body["reason"]) == ("steward@bureau.example", "wrong")
    (act,) = acts
    assert (act["about"], act["person"], act["digest"]) == (bad, entry.body["by"], entry.body["act"])
    stones = [json.loads(path.read_text()) for path in state.glob("releases/*/*.withdrawn.json")]
    assert {(one["by"], one["batch"], one["act"]) for one in stones} == {(entry.body["by"], bad, entry.body["act"])}
    city.recall(city.status().batch("visits", SECOND))
    with Ledger.read(state / "ledger.sqlite") as ledger:
        *_, last = ledger.entries("recall")
    assert last.body["by"] == login_name()


def test_nobody_recalls_whose_role_may_not(city: Recalled) -> None:
    file = city.place / "zhongtai.yml"
    file.write_text(file.read_text().replace("demonstration: true", "demonstration: false"))
    said = city.say("recall", city.status().batch("visits", FIRST), "--why", "wrong")
    assert said.status == 2 and "no demonstration" in said.err
    assert set(city.releases()) == set(PRODUCTS)


def test_a_dry_run_names_and_changes_nothing(city: Recalled) -> None:
    bad, state = city.status().batch("visits", FIRST), city.place / ".zhongtai"
    before = {path: path.read_bytes() for path in sorted(state.rglob("*")) if path.is_file()}
    found = city.tell("recall", bad[:8], "--dry-run")
    assert (found["batch"], found["recipients"], len(found["releases"])) == (bad, ["archive"], 3)
    assert {path: path.read_bytes() for path in sorted(state.rglob("*")) if path.is_file()} == before


def test_a_batch_is_named_by_how_it_begins_and_an_ambiguous_beginning_is_refused(city: Recalled) -> None:
    bad = city.status().batch("visits", FIRST)
    assert city.recall(bad[:10])["batch"] == bad
    said = city.say("recall", "0000000", "--why", "wrong")
    assert said.status == 2 and "no batch of this id" in said.err


def test_withdrawn_files_are_their_owners_alone_and_recipients_are_told(city: Recalled) -> None:
    bad, releases = city.status().batch("visits", FIRST), city.place / ".zhongtai" / "releases"
    before = city.releases()["visits"]
    city.recall(bad)
    assert not Path(before["path"]).exists()
    sealed = Path(city.releases("withdrawn")["visits"]["path"])
    assert all(not path.stat().st_mode & 0o077 for path in (sealed.parent.parent, sealed, *sealed.iterdir()))
    assert city.say("verify", before["path"]).status == 1
    assert city.say("verify", str(sealed)).status == 1
    told = city.tell("notices", "--recipient", "archive")["notices"]
    assert {one["agreement"] for one in told} == {"archive__visits", "archive__joined", "archive__kept"}
    assert all(one["batches"] == [bad] and one["acknowledged"] is None for one in told)
    for one in told:
        assert one["path"].startswith(str(releases / "notices" / "archive"))
        assert read_notice(Path(one["path"]), PublicKey.read(next((releases / "keys").glob("*.pem")))).notice
    first, second, third = (one["notice"] for one in told)
    city.tell("acknowledge", first, "--as", "clerk@archive.example")
    city.tell("acknowledge", second[:10])
    city.tell("acknowledge", second)
    assert [one["notice"] for one in city.tell("status")["notices"]] == [third]
    assert third[:12] in city.say("status").out
    assert city.tell("notices")["notices"][0]["acknowledged"]["by"] == "clerk@archive.example"
    assert city.audited() == []


@pytest.mark.attack
def test_a_model_that_adds_is_judged_by_what_it_ran_in_that_run(city: Recalled) -> None:
    agreed = city.agree("kept")
    agreed.write_text(agreed.read_text().replace("approvals: [data-office@bureau.example]\n", ""))
    model = city.place / "dbt_project" / "models" / "domains" / "records" / "kept.sql"
    more = "{% if is_incremental() %}where amount > (select max(amount) from {{ this }}){% endif %}\n"
    model.write_text(model.read_text() + more)
    city.deliver("visits", {"d": 4}, THIRD)
    assert "kept" in (after := city.run()).released, after.why("kept")
    city.recall(city.status().batch("visits", FIRST))
    assert "kept" in (after := city.run()).released, after.why("kept")
    city.deliver("visits", {"e": 9}, THIRD, "_more")
    assert "kept" in (after := city.run()).released, after.why("kept")
    assert city.rows("kept") == {"c": 3, "d": 4, "e": 9}
    assert city.audited() == []


def test_what_no_agreement_covers_is_not_served(city: Recalled) -> None:
    (city.place / "contracts" / "agreements" / "archive__lots.yml").unlink()
    city.agree("people", until="2026-11-20")
    shutil.rmtree(city.place / "dbt_project" / "models" / "products" / "archive__lots")
    after = city.run()
    assert after.released == {"visits", "joined", "kept"} == set(city.releases())
    for found in (after, city.status()):
        assert "declared any more" in found.why("lots")
        assert "to 2026-11-20" in found.why("people")
    assert {one["agreement"] for one in city.tell("notices")["notices"]} == {"archive__lots", "archive__people"}
    assert city.audited() == []
    city.agree("people")
    # The very content that was withdrawn, under the very agreement.
    assert "people" in city.run().released
    assert city.rows("people") == {"a": 1, "b": 3, "c": 7}


@pytest.mark.attack
def test_an_act_takes_a_delivery_back(city: Recalled, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"{SECOND}/bureau/visits.csv"
    # By a clock that goes on, and where the command dies once the act is signed: the next run does what it orders.
    with monkeypatch.context() as dying:
        dying.setattr("lake.withdrawal.strike", _dies)
        said = city.say("withdraw-delivery", "bureau.people", f"{SECOND}/bureau/people.csv", "--why", "wrong")
        assert said.status == 3
    assert city.run().released == set(PRODUCTS)
    assert city.rows("people") == {"a": 1, "b": 2, "c": 7}
    assert city.say("withdraw-delivery", "bureau.visits", path, "--why", " ").status == 2
    found = city.tell("withdraw-delivery", "bureau.visits", path, "--why", "twice", "--as", "steward@bureau.example")
    assert found["by"] == "steward@bureau.example"
    assert city.run().released == set(PRODUCTS)
    assert city.rows("kept") == {"a": 1, "b": 2}
    city.tell("withdraw-delivery", "bureau.lots", f"{SECOND}/bureau/lots.csv", "--why", "wrong")
    now = city.say("withdraw-delivery", "bureau.lots", f"{FIRST}/bureau/lots.csv", "--why", "wrong", ZHONGTAI_NOW="")
    assert now.status == 0, now.err


def _dies(*_: object) -> None:
    raise RuntimeError("the machine went")


def test_a_release_is_made_again_from_its_certificate_and_what_landed(city: Recalled) -> None:
    released = city.releases()["joined"]
    # What is declared or delivered later does not change it; withdrawn it can be made again, too.
    city.deliver("people", {"a": 9}, THIRD)
    city.run()
    city.recall(city.status().batch("people", FIRST))
    shutil.rmtree(city.place / "deliveries")
    path = next((city.place / ".zhongtai" / "releases" / ".withdrawn").glob(f"*/{released['release_id']}"))
    before = files_below(city.place / ".zhongtai")
    found = city.tell("reproduce", str(path))
    assert (found["reproduced"], found["outcome"], found["missing"], found["differences"]) == (True, "files", [], [])
    assert all(one == other for one, other in found["files"].values())
    assert files_below(city.place / ".zhongtai") == before
    # Another model makes other rows, and what is not there is named.
    model = city.place / "dbt_project" / "models" / "products" / "archive__joined" / "p_joined.sql"
    model.write_text(model.read_text().replace("p.amount", "v.amount"))
    said = city.say("reproduce", str(path), "--json")
    other = json.loads(said.out)
    assert (said.status, other["outcome"]) == (1, "other")
    assert "lineage" in other["differences"][0] and other["content"][0] != other["content"][1]
    gone = city.status().batch("people", SECOND)
    shutil.rmtree(city.place / ".zhongtai" / "landing" / "bureau__people" / gone)
    said = city.say("reproduce", str(path), "--json")
    assert said.status == 3
    assert [gone in line for line in json.loads(said.out)["missing"]] == [True]


class Killed(BaseException):
    """The process ends here."""


def _killed(*_: object) -> None:
    raise Killed


@pytest.mark.parametrize("deed", ["recall", pytest.param("stop", marks=pytest.mark.attack)])
def test_what_a_killed_command_ordered_is_done_by_the_next_run(
    city: Recalled, deed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = city.status().batch("visits", FIRST)
    what = ("recall", bad) if deed == "recall" else ("stop", "archive__visits")
    with monkeypatch.context() as patched:
        # The first tombstone is written; then the process ends.
        patched.setattr("sharing.durable.seal_away", _killed)
        with pytest.raises(Killed):
            city.say(*what, "--why", "wrong")
    after = city.run()
    if deed == "recall":
        assert after.released == set(PRODUCTS) and after.state("visits", bad)[0] == "recalled"
        assert all(bad not in row["batches"] for row in city.releases().values())
        assert {"visits", "joined", "kept"} <= set(city.releases("withdrawn"))
    else:
        assert "visits" not in after.released and "visits" not in city.releases()
        assert "stopped" in after.why("visits")
    assert city.audited() == []


@pytest.mark.attack
def test_releases_of_before_a_recall_that_are_put_back_are_withdrawn_again(city: Recalled, tmp_path: Path) -> None:
    releases = city.place / ".zhongtai" / "releases"
    shutil.copytree(releases, tmp_path / "kept", symlinks=True)
    bad = city.status().batch("visits", FIRST)
    gone = {row["release_id"] for row in city.recall(bad)["releases"]}
    city.run()
    for folder in (path for path in releases.rglob("*") if path.is_dir()):
        folder.chmod(0o700)
    shutil.rmtree(releases)
    shutil.copytree(tmp_path / "kept", releases, symlinks=True)
    assert city.audited() != []
    for finding in {one["finding"] for one in city.audited() if "finding" in one}:
        city.say("resolve", finding, "--why", "an old copy of the releases was put back")
    city.run()
    rows = city.tell("releases")["releases"]
    assert {row["release_id"] for row in rows if row["state"] == "withdrawn"} >= gone
    assert not gone & {row["release_id"] for row in rows if row["state"] != "withdrawn"}
    assert all(bad not in row["batches"] for row in city.releases().values())


def test_a_recall_that_only_the_lake_knows_of_is_told_until_it_is_made_again(city: Recalled) -> None:
    state = city.place / ".zhongtai"
    city.deliver("lots", {"z": 9}, THIRD)
    city.run()
    superseded = city.status().batch("lots", SECOND)
    books = [path for path in state.iterdir() if path.name.startswith("ledger")]
    kept = state.parent / "kept"
    kept.mkdir()
    for path in books:
        (shutil.copytree if path.is_dir() else shutil.copy2)(path, kept / path.name)
    gone = city.recall(superseded)["releases"]
    city.run()
    assert city.audited() == []
    for path in [path for path in state.iterdir() if path.name.startswith("ledger")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in kept.iterdir():
        (shutil.copytree if path.is_dir() else shutil.copy2)(path, state / path.name)
    found = city.audited()
    assert found and (gone or superseded in {one["subject"] for one in found})
    assert "recall_lacking" in {one["rule"] for one in found if one["subject"] == superseded}
