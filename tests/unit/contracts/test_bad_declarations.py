"""Every way to write a declaration wrong is refused at its place, with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from contracts.faults import DeclarationsRefused, Fault
from contracts.load import load_catalogue

BAD = sorted((Path(__file__).parent / "bad").glob("*.yml"))
# One spoilt place, two faults that both have to be mended.
TWOFOLD = {
    "date_without_spellings",
    "department_with_a_meaning",
    "element_of_the_platform_again",
    "length_below_nothing",
    "open_on_condition",
    "pattern_of_a_number",
    "range_of_days_on_a_number",
    "rule_on_no_such_column",
    "two_columns_of_one_name",
}


def spoil(workspace: Path, spec: dict[str, str | None]) -> None:
    path = workspace / str(spec["file"])
    text, old = path.read_text(encoding="utf-8"), spec["replace"]
    assert old is None or old in text, f"the sound workspace no longer holds {old!r}"
    path.write_text(str(spec["by"]) if old is None else text.replace(old, str(spec["by"]), 1), encoding="utf-8")


def faults_of(workspace: Path) -> tuple[Fault, ...]:
    with pytest.raises(DeclarationsRefused) as refused:
        load_catalogue(workspace)
    return refused.value.faults


def says(fault: Fault, spec: dict[str, str | None]) -> bool:
    return (
        fault.file == spec["file"]
        and fault.where == spec["where"]
        and str(spec["what"]) in fault.what
        and str(spec["write_instead"]) in fault.write_instead
    )


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_refused_at_its_place(path: Path, workspace: Path) -> None:
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    spoil(workspace, spec)
    faults = faults_of(workspace)
    assert any(says(fault, spec) for fault in faults), "\n".join(str(fault) for fault in faults)
    assert all(fault.write_instead for fault in faults)
    if path.stem not in TWOFOLD:  # and nothing that only follows from it
        assert len([fault for fault in faults if fault.file == spec["file"]]) == len(faults) == 1, faults


def test_all_faults_of_all_files_come_at_once(workspace: Path) -> None:
    names = (
        "unknown_key_of_a_contract",
        "type_against_the_element",
        "duplicate_key",
        "alias_of_no_code",
        "unknown_mask",
        "unknown_key_of_an_entity",
        "agreement_ends_before_it_begins",
        "unknown_key_of_the_city",
        "department_with_a_meaning",
    )
    specs = [yaml.safe_load((Path(__file__).parent / "bad" / f"{name}.yml").read_text("utf-8")) for name in names]
    for spec in specs:
        spoil(workspace, spec)
    faults = faults_of(workspace)
    assert [spec["what"] for spec in specs if not any(says(fault, spec) for fault in faults)] == []
    assert [fault.file for fault in faults] == sorted(fault.file for fault in faults)


def test_the_line_is_that_of_the_fault(workspace: Path) -> None:
    path = workspace / "contracts/departments/police/residents.yml"
    lines = path.read_text("utf-8").replace("classification: L4", "classification: L9").splitlines()
    path.write_text("\n".join(lines), encoding="utf-8")
    (fault,) = [fault for fault in faults_of(workspace) if "L9" in fault.what]
    assert fault.line is not None and "L9" in lines[fault.line - 1]
    assert f"residents.yml:{fault.line}" in str(fault)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("contracts/departments/stray.yml", "outside its department's folder"),
        ("contracts/departments/fire/calls.yml", "no department 'fire'"),
        ("contracts/domains/other.yaml", ".yml"),
    ],
)
def test_files_in_the_wrong_place_are_not_passed_over(workspace: Path, name: str, what: str) -> None:
    path = workspace / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("domain: other\n", encoding="utf-8")
    assert any(what in fault.what for fault in faults_of(workspace))


def test_a_folder_that_is_no_workspace_says_so(tmp_path: Path) -> None:
    faults = faults_of(tmp_path)
    assert {fault.file for fault in faults} == {"zhongtai.yml", "contracts/departments/departments.yml"}


def test_a_file_that_is_not_utf8(workspace: Path) -> None:
    (workspace / "contracts/domains/people.yml").write_bytes("domain: 人".encode("gb18030"))
    assert any("not UTF-8" in fault.what for fault in faults_of(workspace))


def test_every_level_of_odcs_refuses_unknown_keys(workspace: Path) -> None:
    path = workspace / "contracts/departments/police/residents.yml"
    text = path.read_text("utf-8")
    for old in ("    format: csv", "        physicalName: 身份证号", "  name: police", "  - {property: frequency, "):
        assert old in text
        extra = old + "zz: 1, " if old.endswith(", ") else old + "\n" + old[: len(old) - len(old.lstrip())] + "zz: 1"
        path.write_text(text.replace(old, extra, 1), encoding="utf-8")
        assert any("unknown key 'zz'" in fault.what for fault in faults_of(workspace)), old


def change(workspace: Path, file: str, *pairs: tuple[str, str]) -> None:
    path = workspace / file
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


RESIDENTS, VISITS = "contracts/departments/police/residents.yml", "contracts/departments/health/visits.yml"


def test_an_open_product_carries_nothing_above_l1(workspace: Path) -> None:
    agreement = "contracts/agreements/health__care.yml"
    change(workspace, agreement, ("agency: health\n", "agency: public\n"), ("conditional", "unconditional"))
    assert "level_ceiling" in {fault.where for fault in faults_of(workspace)}


def test_a_prefix_belongs_to_one_entity(workspace: Path) -> None:
    text = (
        (workspace / "contracts/domains/people.yml")
        .read_text("utf-8")
        .replace("people", "others")
        .replace("visit", "call")
    )
    (workspace / "contracts/domains/others.yml").write_text(text.replace("name: person\n", "name: other\n"), "utf-8")
    (fault,) = faults_of(workspace)
    assert (fault.where, fault.file) == ("entities[0].id_prefix", "contracts/domains/people.yml")


def test_an_element_has_one_authoritative_source(workspace: Path) -> None:
    mode = "  - {property: delivery_mode, value: append}\n"
    change(workspace, VISITS, (mode, mode + "  - {property: authoritative_for, value: [resident_id]}\n"))
    (fault,) = faults_of(workspace)
    assert "is the authoritative source of 'resident_id' already" in fault.what


def test_no_column_is_looser_than_a_dataset_that_is_not_shared(workspace: Path) -> None:
    shared = "{property: sharing_attribute, value: conditional}"
    money = "          - {property: element, value: money}\n"
    change(
        workspace,
        RESIDENTS,
        (money, money + "          - {property: sharing_attribute, value: unconditional}\n"),
        (shared, shared.replace("conditional", "not_shared")),
    )
    (fault,) = faults_of(workspace)
    assert "looser than the dataset" in fault.what
