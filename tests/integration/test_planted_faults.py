"""One thing never stops the city: faults of every kind planted into ten datasets, and what still works counted.

All of a kind's faults are planted at once, each into a dataset of its own, so that one run shows that every one of them
costs its own product and no other.
"""

from __future__ import annotations

import codecs
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from lake.attach import EXACT
from tests.planted.city import DATASETS, Planted, agreement, plant, product

LATER = "2026-11-21"


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """The city after its first run, with all ten products released."""
    city = plant(tmp_path_factory.mktemp("planted") / "city")
    assert city.run().released() == set(DATASETS)
    return city


@pytest.fixture
def city(well: Planted, tmp_path: Path) -> Iterator[Planted]:
    """A copy of that city; its state lies at another place than it was made at."""
    shutil.copytree(well.place, tmp_path / "city", symlinks=True)
    yield Planted(tmp_path / "city")


# -- deliveries ----------------------------------------------------------------------------------------------------


def _directory(path: Path) -> None:
    path.mkdir()


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        # A socket's path may have a hundred characters.
        here = os.open(path.parent, os.O_RDONLY)
        made.bind(f"/proc/self/fd/{here}/{path.name}")
        os.close(here)


def _vanished(path: Path) -> None:
    path.symlink_to("nowhere.csv")


def _outside(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def _no_mark(path: Path) -> None:
    path.write_bytes("编号,数量\nx,1\n".encode("utf-16-le"))


PLANTED_DELIVERIES: dict[str, tuple[Callable[[Path], None], str]] = {
    "d0": (_directory, r"it is a directory, not a file; it was not opened"),
    "d1": (_loop, r"leads back to itself"),
    "d2": (_pipe, r"it is a pipe \(FIFO\), not a file; it was not opened"),
    "d3": (_endless, r"it is a character device, not a file; it was not opened"),
    "d4": (_socket, r"it is a socket, not a file; it was not opened"),
    "d5": (_vanished, r"the file is missing"),
    "d6": (_outside, r"leads out of the deliveries folder"),
    "d7": (_no_mark, r"its bytes are those of utf-16-le, and the contract says utf-8"),
}


def test_every_delivery_that_cannot_be_read_costs_its_own_product_alone(city: Planted) -> None:
    for name, (write, _) in PLANTED_DELIVERIES.items():
        write(city.delivery(name, LATER))
    city.deliver("d8", {"d8-new": 1}, LATER)
    # No calendar has this day: the date of the folder is read before the file is.
    city.deliver("d9", {"d9-new": 1}, "2026-11-31")
    outcome = city.run()
    assert outcome.released() == {"d8"}
    assert outcome.accepted("d8") == 11
    for name, (_, says) in PLANTED_DELIVERIES.items():
        assert re.search(says, outcome.refusals(name)), outcome.refusals(name)
        assert re.search(says, outcome.why(name)), outcome.why(name)
    assert "2026-11-31, a day that does not exist" in outcome.refusals("d9")
    # What was released before stands.
    assert all(city.say("verify", str(path)).status == 0 for path in _current(city))


def _current(city: Planted) -> list[Path]:
    folders = [path.parent for path in sorted(city.file(".zhongtai", "releases").glob("*/*/certificate.json"))]
    assert len(folders) >= len(DATASETS)
    return folders


def test_a_failed_delivery_that_is_taken_away_no_longer_counts(city: Planted) -> None:
    _directory(city.delivery("d0", LATER))
    assert city.run().verdict("d0") == "withheld"
    city.delivery("d0", LATER).rmdir()
    outcome = city.run()
    assert (outcome.verdict("d0"), outcome.refusals("d0")) == ("released", "")


# -- declarations, models, caches ----------------------------------------------------------------------------------


def _yaml_cut(city: Planted, name: str) -> None:
    city.model(name).with_suffix(".yml").write_text(f"version: 2\nmodels:\n  - name: {product(name)}\n   x: [\n")


def _sql(text: str) -> Callable[[Planted, str], None]:
    def planted(city: Planted, name: str) -> None:
        city.model(name).write_text(text.replace("DATASET", f"{{{{ ref('stg_bureau__{name}') }}}}"), "utf-8")

    return planted


def _twice(city: Planted, name: str) -> None:
    city.write("select 1 as id", "dbt_project", "models", "products", f"{product(name)}.sql")


def _latin(city: Planted, name: str) -> None:
    city.model(name).write_bytes(b"select '\xe9' as id")


PLANTED_MODELS: dict[str, tuple[Callable[[Planted, str], None], str]] = {
    "d0": (_sql("select nope, id, amount, _batch from DATASET"), r'Referenced column "nope" not found'),
    "d1": (_sql("select {{ id } from DATASET"), r"unexpected '}'"),
    "d2": (_sql("select * from {{ ref('nowhere') }}"), r"depends on a node named 'nowhere' which was not found"),
    "d3": (_yaml_cut, r"products/archive__d3/p3\.yml.* line 4"),
    "d4": (_sql("select id, cast(id as bigint) as amount, _batch from DATASET"), r"Conversion Error: in column id"),
    "d5": (_sql("select {{ no_macro() }} from DATASET"), r"uses no_macro"),
    "d6": (_twice, r'two models with the name "p6"'),
    "d7": (_latin, r"not UTF-8 at byte 8"),
}


def test_every_model_that_cannot_be_made_costs_its_own_product_alone(city: Planted) -> None:
    for name, (write, _) in PLANTED_MODELS.items():
        write(city, name)
    # A changed type is one contract's; a circle that nobody needs is nobody's.
    city.contract("d8", amount="entry_number", version="2.0.0")
    for one, other in (("one", "other"), ("other", "one")):
        city.write(f"select * from {{{{ ref('{other}') }}}}", "dbt_project", "models", "products", f"{one}.sql")
    outcome = city.run()
    assert outcome.released() == {"d9"}
    for name, (_, says) in PLANTED_MODELS.items():
        assert re.search(f"(failed|could not be made): .*{says}", outcome.why(name)), outcome.why(name)
    # What was delivered is judged again by the changed type; what was built on the old one may not leave.
    assert (outcome.refusals("d8"), bool(outcome.why("d8"))) == ("", True)
    built = {row["table"]: row.get("reason") for row in outcome.summary["checks"] if row["rule"] == "built"}
    assert "feed one another" in built["product.one"]
    # The engine quotes the cell that it could not cast, and dbt what the engine says: neither is left lying about.
    assert _holding(city, b"Could not convert") == []


def _config(text: str) -> Callable[[Planted, str], None]:
    return lambda city, name: city.model(name).write_text(f"{{{{ config({text}) }}}}\n{city.model(name).read_text()}")


def _capitals(city: Planted, name: str) -> None:
    city.model(name).with_stem(product(name).upper()).write_text(city.model(name).read_text())


UNMADE: dict[str, tuple[Callable[[Planted, str], None], str]] = {
    "d0": (_sql(""), r"dbt made nothing of it"),
    "d1": (_sql("-- nothing yet\n"), r"failed: Parser Error|dbt made nothing of it|could not be made"),
    "d2": (_capitals, r"P2\.sql and .*p2\.sql make one and the same table|p2\.sql and .*P2\.sql make one"),
    "d3": (_config("enabled=false"), r"p3\.sql is there, and dbt makes no table of it"),
    "d4": (_config("materialized='ephemeral'"), r"p4\.sql is there, and dbt makes no table of it"),
    "d5": (_config("schema='theme'"), r"its model makes lake\.theme\.p5 instead"),
}


@pytest.mark.attack
def test_a_product_that_dbt_makes_nothing_of_is_withheld_and_says_so(city: Planted) -> None:
    """No verdict would be no refusal: what was released would stand, and an agreement that ends would not end it."""
    for name, (write, _) in UNMADE.items():
        write(city, name)
    outcome = city.run()
    assert outcome.released() == set(DATASETS) - set(UNMADE)
    for name, (_, says) in UNMADE.items():
        assert outcome.verdict(name) == "withheld"
        assert re.search(says, outcome.why(name)), (name, outcome.why(name))


def _holding(city: Planted, text: bytes) -> list[str]:
    files = (path for path in city.file(".zhongtai").rglob("*") if path.is_file() and not path.is_symlink())
    return [str(path.relative_to(city.place)) for path in files if text in path.read_bytes()]


@pytest.mark.attack
def test_a_mended_model_is_built_and_released_again(city: Planted) -> None:
    good = city.model("d1").read_text("utf-8")
    _sql("select {{ id } from DATASET")(city, "d1")
    assert city.run().released() == set(DATASETS) - {"d1"}
    city.model("d1").write_text(good, "utf-8")
    assert city.run().released() == set(DATASETS)


DAMAGED = (
    ("lineage", "models.json"),
    ("lineage", "graph.parquet"),
    ("dbt", "target", "manifest.json"),
    ("dbt", "target", "partial_parse.msgpack"),
    ("dbt", "parsed.sha256"),
    ("dbt", "profiles.yml"),
)


@pytest.mark.parametrize("garbage", [b"{}", codecs.BOM_UTF16_LE + b"\x00garbage"])
def test_what_can_be_made_again_is_made_again(city: Planted, garbage: bytes) -> None:
    state = city.file(".zhongtai")
    profile = yaml.safe_load(state.joinpath("dbt", "profiles.yml").read_text("utf-8"))
    assert profile["zhongtai"]["outputs"]["lake"]["config_options"].items() >= EXACT.items()
    for parts in DAMAGED:
        assert state.joinpath(*parts).is_file()
        state.joinpath(*parts).write_bytes(garbage)
    for path in (state / "dagster").rglob("*.db"):
        path.write_bytes(b"garbage")
    assert city.run().released() == set(DATASETS)
    assert city.say("lineage", "product.p0.id").status == 0


def test_a_table_whose_checks_cannot_be_run_withholds_what_depends_on_it(
    city: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.steps import checking

    real = checking.check_table

    def broken(connection: object, subject: object) -> object:
        if getattr(subject, "table", "").endswith("d4"):
            raise ZeroDivisionError("a value of somebody's")
        return real(connection, subject)  # type: ignore[arg-type]

    monkeypatch.setattr(checking, "check_table", broken)
    outcome = city.run("--full")
    assert outcome.released() == set(DATASETS) - {"d4"}
    assert "somebody" not in outcome.said.out


def test_an_agreement_that_cannot_be_judged_is_withheld_and_the_others_are_released(
    city: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.share import release

    real = release.judge

    def broken(agreed: object, *arguments: object, **more: object) -> object:
        if getattr(agreed, "name", "") == agreement("d2"):
            raise KeyError("a value of somebody's")
        return real(agreed, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(release, "judge", broken)
    outcome = city.run("--full")
    assert outcome.released() == set(DATASETS) - {"d2"}
    assert "it could not be judged: KeyError" in outcome.why("d2")
    assert "somebody" not in outcome.said.out


def test_a_run_that_cannot_begin_says_why_and_shows_no_earlier_verdict(city: Planted) -> None:
    city.file(".zhongtai", "lake", "catalog.sqlite").write_bytes(b"no database at all" * 100)
    said = city.say("run")
    assert said.status == 3
    assert "catalog.sqlite: it is damaged; `zhongtai rebuild` makes the lake again" in said.out + said.err
    assert "Traceback" not in said.out + said.err
    assert "released" not in said.out
    assert "bureau.d0" not in said.out


# -- words ---------------------------------------------------------------------------------------------------------

ASKING = (
    ("status",),
    ("explain", agreement("d0")),
    ("lineage", "product.p0.id"),
    ("quarantine", "bureau.d0"),
    ("quarantine", "bureau.d0", "--rows"),
    ("releases",),
    ("audit",),
    ("what-if", "--level", "raw.bureau__d0.id=L4"),
    ("recall", "no-such-batch", "--why", "a try"),
    ("verify", "releases/none"),
    ("sync", "--check"),
)


def _garbage(*parts: str) -> Callable[[Planted], None]:
    return lambda city: _overwrite(city.file(".zhongtai", *parts), b"\x00garbage" * 99)


def _cut_to_nothing(*parts: str) -> Callable[[Planted], None]:
    return lambda city: _overwrite(city.file(".zhongtai", *parts), b"")


def _overwrite(path: Path, content: bytes) -> None:
    assert path.is_file()
    path.chmod(0o600)
    path.write_bytes(content)


def _folder_instead(*parts: str) -> Callable[[Planted], None]:
    def planted(city: Planted) -> None:
        path = city.file(".zhongtai", *parts)
        path.unlink()
        path.mkdir()

    return planted


def _no_state(city: Planted) -> None:
    shutil.rmtree(city.file(".zhongtai"))


def _no_city(city: Planted) -> None:
    city.file("zhongtai.yml").unlink()


def _half_lake(city: Planted) -> None:
    shutil.rmtree(city.file(".zhongtai", "lake", "data"))


TROUBLES: dict[str, Callable[[Planted], None]] = {
    "catalogue": _garbage("lake", "catalog.sqlite"),
    "catalogue_folder": _folder_instead("lake", "catalog.sqlite"),
    "lost_data": _half_lake,
    "signing_key": _garbage("keys", "signing.pem"),
    "signing_key_empty": _cut_to_nothing("keys", "signing.pem"),
    "pseudonym_key": _cut_to_nothing("keys", "pseudonym.key"),
    "ledger": _garbage("ledger.sqlite"),
    "ledger_folder": _folder_instead("ledger.sqlite"),
    "graph": _garbage("lineage", "graph.parquet"),
    "manifest": _garbage("dbt", "target", "manifest.json"),
    "no_run_yet": _no_state,
    "no_city": _no_city,
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_command_answers_with_a_stack(city: Planted, trouble: str) -> None:
    TROUBLES[trouble](city)
    for arguments in ASKING:
        said = city.say(*arguments)
        everything = said.out + said.err
        assert "Traceback" not in everything and "fault of the platform" not in everything, (arguments, everything)
        assert said.status in {0, 1, 2, 3}, arguments
        assert said.status == 0 or len(everything) > 40, arguments


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ZHONGTAI_NOW", "2026-11-21T10:00:00", "it has no time zone"),
        ("ZHONGTAI_NOW", "yesterday", "no moment can be read from it"),
        ("ZHONGTAI_THREADS", "0", "not a whole number from 1 to"),
        ("ZHONGTAI_THREADS", "-1", "not a whole number from 1 to"),
        ("ZHONGTAI_THREADS", "２", "not a whole number from 1 to"),
        ("ZHONGTAI_MEMORY", "much", "not a size of memory"),
        ("ZHONGTAI_MEMORY", "4", "not a size of memory"),
        ("ZHONGTAI_STATE", __file__, "it is no folder"),
        ("ZHONGTAI_DELIVERIES", __file__, "it is no folder"),
    ],
)
@pytest.mark.parametrize("command", ["status", "run"])
def test_a_setting_that_cannot_be_meant_so_is_refused_by_name(
    city: Planted, command: str, name: str, value: str, says: str
) -> None:
    said = city.say(command, **{name: value})
    assert (said.status, said.out) == (2, "")
    assert name in said.err and says in said.err and "Write" in said.err


def test_a_product_that_was_never_built_is_explained(city: Planted) -> None:
    city.model("d3").unlink()
    city.model("d3").with_suffix(".yml").unlink()
    shutil.rmtree(city.file(".zhongtai"))
    outcome = city.run()
    assert outcome.released() == set(DATASETS) - {"d3"}
    said = city.say("explain", agreement("d3"))
    assert said.status == 0
    assert "product.p3: no dbt model makes it" in said.out
