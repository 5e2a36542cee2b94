"""What lies among the declarations and would be passed over is told; what cannot be read is that file's fault alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from contracts.faults import DeclarationsRefused, Fault
from contracts.load import load_catalogue


def faults_of(workspace: Path) -> tuple[Fault, ...]:
    with pytest.raises(DeclarationsRefused) as refused:
        load_catalogue(workspace)
    return refused.value.faults


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("contracts/domains/other.yaml", "other.yml"),
        ("contracts/domains/other.YML", "other.yml"),
        ("contracts/departments/police/other.Yaml", "other.yml"),
        ("contracts/departments/other.yml", "<department>/<dataset>.yml"),
        ("contracts/departments/police/old/other.yml", "departments/<department>/<dataset>.yml"),
        ("contracts/agreements/old/other.yml", "agreements/*.yml"),
        ("contracts/agreement/other.yml", "agreements/*.yml"),
        ("contracts/Domains/other.yml", "domains/*.yml"),
        ("contracts/other.yml", "outside contracts/"),
        ("contracts/domains/other.yml.txt", "outside contracts/"),
        ("contracts/domains/other.json", "outside contracts/"),
        ("contracts/standards/other.yml", "standards/{codes,elements,jurisdictions}"),
        ("zhongtai.yaml", "zhongtai.yml"),
        ("Zhongtai.yml", "zhongtai.yml"),
    ],
)
def test_a_stray_file_is_told(workspace: Path, name: str, instead: str) -> None:
    path = workspace / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text("domain: other\n", "utf-8")
    (fault,) = faults_of(workspace)
    assert (fault.file, instead in fault.write_instead) == (name, True), fault


@pytest.mark.parametrize("name", [".people.yml.swp", "._people.yml", "people.yml~", "people.yml.bak", "README.md"])
def test_what_editors_and_people_leave_is_none(workspace: Path, name: str) -> None:
    (workspace / "contracts/domains" / name).write_bytes(b"\0\xff")
    assert load_catalogue(workspace).domains.keys() == {"people"}


def test_a_broken_link_is_that_files_fault(workspace: Path) -> None:
    (workspace / "contracts/domains/other.yml").symlink_to(workspace / "nowhere.yml")
    (fault,) = faults_of(workspace)
    assert (fault.file, "cannot be read" in fault.what) == ("contracts/domains/other.yml", True)


def test_a_folder_called_like_a_file_is_that_files_fault(workspace: Path) -> None:
    (workspace / "contracts/agreements/health__other.yml").mkdir()
    (fault,) = faults_of(workspace)
    assert (fault.file, "cannot be read" in fault.what) == ("contracts/agreements/health__other.yml", True)


def test_an_unreadable_file_is_that_files_fault(workspace: Path) -> None:
    path = workspace / "contracts/domains/people.yml"
    path.unlink()
    # Readable by its mode, and refused when read: even the administrator has no right to this.
    path.symlink_to("/proc/self/mem")
    assert {fault.file for fault in faults_of(workspace)} == {"contracts/domains/people.yml"}


@pytest.mark.parametrize(
    "name", ["zhongtai.yml", "contracts/domains/people.yml", "contracts/departments/departments.yml"]
)
def test_a_pipe_is_not_waited_for(workspace: Path, name: str) -> None:
    (workspace / name).unlink()
    os.mkfifo(workspace / name)
    assert {fault.file for fault in faults_of(workspace)} == {name}


def test_the_required_files_may_be_unreadable_too(workspace: Path) -> None:
    for name in ("zhongtai.yml", "contracts/departments/departments.yml"):
        (workspace / name).unlink()
        (workspace / name).mkdir()
    assert {fault.file for fault in faults_of(workspace)} == {"zhongtai.yml", "contracts/departments/departments.yml"}


def test_a_byte_order_mark_is_no_fault(workspace: Path) -> None:
    path = workspace / "contracts/domains/people.yml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_catalogue(workspace).domains
