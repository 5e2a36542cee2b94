"""Upkeep, and the ways back: what may go goes and is named, and what is lost comes back as it was, or is told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lake.attach import open_lake
from lake.lake_files import known_files
from lake.made import read_made
from lake.rebuilding import versions
from lake.settings import Settings, load_settings
from lake.table_states import table_states
from sharing.keys import create_key
from tests.attack.crashpoints import Bound, Crash, Crashing, box_of, one_command
from tests.attack.full_disks import Filling
from tests.recalled.city import FIRST, SECOND, THIRD, Recalled, found_city

pytestmark = pytest.mark.city

LATER = "2027-06-01T10:00:00+08:00"
"""When every retention is over but that of agreements, and Dagster's runs are long past."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recalled, str]:
    """A city with a past (batches corrected, withdrawn and recalled), and the batch that was recalled."""
    city = found_city(tmp_path_factory.mktemp("ways"))
    config = city.place / "zhongtai.yml"
    config.write_text(config.read_text("utf-8") + "retention: {landing_days: 100}\n", "utf-8")
    city.deliver("visits", {"a": 1, "b": 2}, FIRST)
    city.deliver("lots", {"a": 1, "b": 2}, FIRST)
    city.deliver("people", {"a": 1, "b": 2, "c": 7}, FIRST)
    city.deliver("people", {"z": 9}, SECOND)
    first = city.run()
    city.tell("withdraw-delivery", "bureau.people", f"{SECOND}/bureau/people.csv", "--why", "wrong")
    city.recall(bad := first.batch("lots", FIRST))
    city.deliver("lots", {"a": 5, "d": 6}, SECOND)
    city.deliver("visits", {"c": 3}, THIRD)
    city.run()
    return city, bad


@pytest.fixture
def city(ran: tuple[Recalled, str], tmp_path: Path) -> Recalled:
    """The city on a copy of its state."""
    shutil.copytree(ran[0].place / ".zhongtai", tmp_path / "state")
    return Recalled(ran[0].place, state=tmp_path / "state")


def settings(city: Recalled) -> Settings:
    return load_settings(city.place, {"ZHONGTAI_STATE": str(city.state), "ZHONGTAI_NOW": city.now})


def faults(city: Recalled) -> list[str]:
    found: dict[str, Any] = json.loads(city.say("audit", "--deep", "--json").out)
    return [f"{one['rule']} {one['subject']}: {one['message']} → {one.get('fix', '')}" for one in found["faults"]]


def made(city: Recalled) -> tuple[set[str], set[str]]:
    """The datasets and tables that the record of the last run still vouches for."""
    with open_lake(settings(city), read_only=True) as lake:
        states = table_states(lake)
    known = read_made(settings(city))
    stores = {name for name, one in known.datasets.items() if one.state == states[f"store.{name.replace('.', '__')}"]}
    return stores, {name for name, one in known.tables.items() if one.state == states.get(name)}


def parquet(city: Recalled) -> set[Path]:
    return set(settings(city).lake_data.rglob("*.parquet"))


# -- upkeep --------------------------------------------------------------------------------------------------------


def test_upkeep_leaves_the_rows_and_the_proof_and_little_else(city: Recalled, ran: tuple[Recalled, str]) -> None:
    later, state, (_, bad) = Recalled(city.place, LATER, city.state), settings(city).state, ran
    before, many, before_made = versions(settings(city)), parquet(city), made(city)
    (in_force,) = (state / "declared").iterdir()
    (state / "declared" / f"{'0' * 64}.json").write_bytes(in_force.read_bytes())
    orphan = settings(city).lake_data / "store" / "bureau__lots" / "ducklake-0.parquet"
    orphan.write_bytes(b"left by a writer that died")
    draft = state / "releases" / "archive__lots" / ".0123.draft"
    draft.mkdir()
    with open_lake(settings(city), read_only=True) as reader:
        found = later.tell("maintain")
        assert reader.execute("select count(*) from lake.store.bureau__visits").fetchone() == (3,)
    assert versions(settings(city)) == before
    assert list((state / "declared").iterdir()) == [in_force] and found["declared"] == 1
    assert not orphan.exists() and not draft.exists() and found["lake"]["orphans"] == found["drafts"] == 1
    lake = found["lake"]
    assert lake["files_after"] < len(many) and lake["snapshots_after"] < 10 < lake["snapshots_before"]
    assert "store.bureau__visits" in lake["merged"] and found["dagster"]["runs"] == 2
    # The recalled batch is of no release that stands: its copy leaves, by name.
    assert [one["batch"] for one in found["landing"]["left"]] == [bad]
    assert faults(later) == [] and faults(city) == []
    assert made(city) == before_made, "a run has nothing to do for it"
    again = later.tell("maintain")
    assert not again["lake"]["merged"] and not again["landing"]["left"]


def test_while_a_finding_is_open_nothing_goes(city: Recalled) -> None:
    shutil.rmtree(settings(city).state / "releases" / "archive__visits")
    city.say("audit")
    said = Recalled(city.place, LATER, city.state).say("maintain", "--json")
    found = json.loads(said.out)
    assert said.status == 1 and found["held_by"] and not found["landing"]["left"] and not found["lake"]["removed"]
    assert found["lake"]["snapshots_after"] >= found["lake"]["snapshots_before"]


# -- backup --------------------------------------------------------------------------------------------------------


def test_a_backup_brings_the_city_back_elsewhere(city: Recalled, tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("open sesame")
    secret.chmod(0o600)
    kept = {"ZHONGTAI_KEY_PASSPHRASE_FILE": str(secret)}
    place, before = f"file://{tmp_path}/backups", versions(settings(city))
    refused = city.say("backup", place, "--with-keys")
    assert refused.status == 2 and "not copied in the clear" in refused.err
    first = city.tell("backup", place)
    said = city.say("backup", place, "--with-keys", "--json", **kept)
    second = json.loads(said.out)
    pruned = city.tell("backup", f"{place}-of-others", "--keep", "1")["pruned"]
    assert pruned == {"sets": [], "contents": 0, "bytes": 0, "unread": []}
    assert second["files"] == first["files"] and second["written"] < 6 < first["written"]
    keys = [one.read_bytes() for one in settings(city).keys.iterdir()]
    kept_there = [one.read_bytes() for one in (tmp_path / "backups").rglob("*") if one.is_file()]
    assert len(keys) == 2 and not any(key in one for key in keys for one in kept_there)

    there = Recalled(city.place, state=tmp_path / "elsewhere")
    back = json.loads(there.say("restore", place, "--json", **kept).out)
    assert back["restored"] and back["audit"]["valid"] and back["set"] == second["set"]
    assert versions(settings(there)) == before
    assert there.say("restore", place).status == 3, "a state is there"

    for lost in "releases/archive__visits", "landing":
        shutil.rmtree(settings(there).state / lost)
        assert faults(there)
        assert json.loads(there.say("restore", place, "--only", lost, "--json").out)["files"] > 1
    assert [one for one in faults(there) if "is there again" not in one] == []
    assert there.say("restore", place, "--only", "ledger.sqlite").status == 2


@pytest.mark.parametrize("damage", ["changed", "gone", "signed by another"])
def test_a_damaged_backup_puts_nothing_in_place(city: Recalled, tmp_path: Path, damage: str) -> None:
    place = tmp_path / "backups"
    city.tell("backup", str(place))
    there, more = Recalled(city.place, state=tmp_path / "elsewhere"), list[str]()
    if damage == "signed by another":
        (tmp_path / "other.pem").write_bytes(create_key(tmp_path / "other.key").public.pem)
        more = ["--key", str(tmp_path / "other.pem")]
    else:
        one = max((place / "objects").rglob("*"), key=lambda path: path.stat().st_size)
        one.unlink()
        if damage == "changed":
            one.write_bytes(b"another")
    for check in ("--check",), ():
        said = there.say("restore", str(place), *more, *check)
        assert said.status in {2, 3} and "Traceback" not in said.err and len(said.err) > 40, said.err
    assert not settings(there).has_past and not (tmp_path / "elsewhere" / ".restoring").exists()


@pytest.mark.attack
def test_what_was_taken_back_stays_so_in_an_older_lake(city: Recalled, tmp_path: Path) -> None:
    city.tell("backup", str(tmp_path / "backups"))
    city.tell("withdraw-delivery", "bureau.visits", f"{THIRD}/bureau/visits.csv", "--why", "wrong")
    city.run()
    rows = city.rows("visits")
    said = city.say("restore", str(tmp_path / "backups"), "--only", "lake")
    assert said.status in (0, 1), said.out + said.err
    city.run()
    assert city.rows("visits") == rows == {"a": 1, "b": 2}


def test_a_backup_of_what_is_not_whole_says_so(city: Recalled, tmp_path: Path) -> None:
    live = known_files(settings(city))
    lost = settings(city).lake_data / next(name for name in live if name.startswith("product/p_people/"))
    lost.unlink()
    released = Path(city.releases()["visits"]["path"]) / "part-0.parquet"
    released.chmod(0o600)
    released.write_bytes(released.read_bytes() + b"x")
    said = city.say("backup", str(tmp_path / "backups"), "--json")
    told = {Path(name).name for name in json.loads(said.out)["not_whole"]}
    assert (said.status, told) == (1, {lost.name, released.parent.name})


@pytest.mark.attack
@pytest.mark.parametrize("way", [Crashing, Filling])
def test_a_backup_that_is_crashed_or_finds_no_room_is_taken_again(
    city: Recalled, tmp_path: Path, way: type[Crashing]
) -> None:
    # All commands: `make attack`.
    box = box_of(tmp_path / "box", city)
    tally = one_command(way, Crash("backup", ("backup", "@"), "ran"), box, Bound(3600, 2), 7)
    assert (tally.tried, tally.fell) == (2, [])


def test_an_older_backup_is_told_by_what_witnesses_the_ledger(city: Recalled, tmp_path: Path) -> None:
    anchor = {"ZHONGTAI_ANCHOR": str(tmp_path / "anchor")}
    city.say("backup", str(tmp_path / "backups"))
    city.say("maintain", **anchor)
    there = Recalled(city.place, state=tmp_path / "elsewhere")
    shutil.copytree(settings(city).keys, settings(there).keys)
    said = there.say("restore", str(tmp_path / "backups"), **anchor)
    assert said.status == 1 and "head_lacking" in said.out
    refused = there.say("maintain", **anchor)
    assert refused.status == 2 and "lacks a part of its past" in refused.err


# -- rebuild -------------------------------------------------------------------------------------------------------


def test_a_lake_is_made_again_with_the_same_content(city: Recalled) -> None:
    before = versions(settings(city))
    releases = city.releases()
    for file in parquet(city):
        file.unlink()  # the old lake cannot be asked: the ledger says what its tables were
    for name in MADE_AGAIN:
        _gone(name)(settings(city).state)
    found = city.tell("rebuild")
    assert found["same"] and found["compared"] >= 6 and found["put_by"]
    assert {row["verdict"] for row in found["run"]["releases"]} == {"released"}
    assert versions(settings(city)) == before
    assert city.releases() == releases and faults(city) == []


def test_what_cannot_be_carried_again_is_named_and_nothing_is_changed(
    city: Recalled, ran: tuple[Recalled, str]
) -> None:
    before, (_, bad) = versions(settings(city)), ran
    Recalled(city.place, LATER, city.state).tell("maintain")
    said = city.say("rebuild", "--json")
    assert said.status == 3 and bad in said.err and "left by its retention" in said.err and "--partly" in said.err
    assert versions(settings(city)) == before and not list(settings(city).state.glob("lake.before*"))


# -- one thing lost at a time --------------------------------------------------------------------------------------


def _gone(*parts: str) -> Callable[[Path], None]:
    def lose(state: Path) -> None:
        path = state.joinpath(*parts)
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return lose


def _other(pattern: str) -> Callable[[Path], None]:
    def damage(state: Path) -> None:
        file = sorted(one for one in state.glob(pattern) if one.is_file())[-1]
        file.chmod(0o600)
        file.write_bytes(b"damaged" + file.read_bytes()[7:])

    return damage


LAKE, LANDED, BACKUP = "`zhongtai rebuild`", "Deliver the same file again", "restore"
NO_LAKE = "is gone, and the ledger has 6 batches that lay in it; `zhongtai rebuild`"
LOSSES: dict[str, tuple[Callable[[Path], None], str]] = {
    "lake": (_gone("lake"), NO_LAKE),
    "catalogue": (_gone("lake", "catalog.sqlite"), NO_LAKE),
    "damaged catalogue": (_other("lake/catalog.sqlite"), LAKE),
    "data": (_gone("lake", "data"), LAKE),
    "what the lake knows of itself": (_gone("lake", "data", "meta"), LAKE),
    "store": (_gone("lake", "data", "store"), LAKE),
    "damaged store": (_other("lake/data/store/bureau__lots/*"), LAKE),
    "damaged theme": (_other("lake/data/theme/*/*"), LAKE),
    "digests": (_gone("lake-files.json"), LAKE),
    "landing": (_gone("landing"), LANDED),
    "damaged landing": (_other("landing/bureau__visits/*/*"), LANDED),
    "ledger": (_gone("ledger.sqlite"), BACKUP),
    "damaged ledger": (_other("ledger.sqlite"), BACKUP),
    "head": (_gone("ledger.sqlite.head"), BACKUP),
    "log": (_gone("ledger.tiles"), "the ledger's log is gone"),
    "releases": (_gone("releases"), BACKUP),
    "damaged release": (_other("releases/archive__visits/*/*.parquet"), "not those that were released"),
    "signing key": (_gone("keys", "signing.pem"), BACKUP),
    "pseudonym key": (_gone("keys", "pseudonym.key"), BACKUP),
}
MADE_AGAIN = ("dagster", "dbt", "extensions", "held", "lineage", "made.json", "scratch")
"""What no audit asks for: the next run makes it again (here a rebuilding does), and nothing of it is evidence."""


@pytest.mark.parametrize("lost", LOSSES)
def test_each_loss_is_told_with_what_mends_it(city: Recalled, lost: str) -> None:
    lose, mends = LOSSES[lost]
    lose(settings(city).state)
    said = city.say("audit", "--deep")
    assert said.status == 1 and mends in said.out, said.out + said.err
    assert "Traceback" not in said.err and "fault of the platform" not in said.out + said.err


def test_a_lost_file_stops_its_dataset_alone_and_a_table_is_made_again(city: Recalled) -> None:
    data = settings(city).lake_data
    for table in ("product/p_lots", "theme/kept", "store/bureau__people"):
        max((data / table).glob("*.parquet")).unlink()
    ran = city.run()
    assert ran.released == {"kept", "lots", "visits"}
    assert "a file of what the lake has of it is lost" in ran.why("people") and "zhongtai rebuild" in ran.why("joined")
    assert city.rows("lots") == {"a": 5, "d": 6}
    assert any("bureau__people" in one for one in faults(city))


def test_what_is_made_again_by_itself_is_missed_by_no_audit(city: Recalled) -> None:
    state = settings(city).state
    for name in MADE_AGAIN:
        _gone(name)(state)
    assert faults(city) == []
    kept = {"lake", "lake-files.json", "landing", "keys", "releases", "declared", "played_persons", *MADE_AGAIN}
    there = {path.name for path in state.iterdir() if not path.name.startswith("ledger.")}
    assert {name for name in there if not name.endswith(".lock")} <= kept, "what is it, and what brings it back?"
