"""Both adapters keep the promise, and what an adapter answers is not believed unseen."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake.blind.keyed import KeyedIntersection
from lake.blind.meeting import meet
from lake.blind.program import ProgramIntersection
from lake.blind.tokens import encode
from lake.settings import Settings
from sharing.blind.key import Algorithm, BlindKey
from sharing.faults import SharingRefused
from tests.unit.lake.blind.files import RESIDENT, parquet
from tests.unit.lake.blind.promise import PERSONS, Met, Promise

KEY = BlindKey("tax__firms", date(2026, 12, 31), bytes(range(32)))
# A stand-in for a program that runs a protocol: it sees both sets, which no real one does.
PROGRAM = """
import sys
ours, theirs, found = sys.argv[1:]
both = set(open(ours).read().split()[1:]) & set(open(theirs).read().split())
print("said aloud:", both)
open(found, "w").write("identifier\\n" + "".join(one + "\\n" for one in sorted(both)))
"""


class TestKeyed(Promise):
    def meeting(self, workspace: Settings, folder: Path, theirs: Sequence[str]) -> Met:
        peer = folder / "theirs.tokens"
        encode(workspace, (parquet(folder / "theirs.parquet", theirs), "id"), RESIDENT, (KEY, Algorithm.SHA256), peer)
        return KeyedIntersection(workspace, KEY, "resident_id"), str(peer)

    def test_a_peer_of_another_key_or_with_one_twice_is_refused(self, settings: Settings, tmp_path: Path) -> None:
        _, peer = self.meeting(settings, tmp_path, [PERSONS[0], PERSONS[0]])
        for key, rule in ((replace(KEY, secret=bytes(32)), "blind_sort"), (KEY, "blind_set")):
            ours = parquet(tmp_path / f"{rule}.parquet", PERSONS), "id", RESIDENT
            with pytest.raises(SharingRefused) as caught:
                meet(settings, KeyedIntersection(settings, key, "resident_id"), ours, peer, tmp_path / "found.parquet")
            assert caught.value.rule == rule


class TestProgram(Promise):
    def meeting(self, workspace: Settings, folder: Path, theirs: Sequence[str]) -> Met:
        peer = folder / "theirs.txt"
        peer.write_text("\n".join(theirs))
        return ProgramIntersection(workspace, (sys.executable, "-c", PROGRAM, "{ours}", "{peer}", "{found}")), str(peer)

    @pytest.mark.parametrize(
        ("program", "told"),
        [
            ("import sys; sys.exit('110105194912310021')", "it ended with 1"),
            ("", "it wrote no answer"),
            ("import sys; open(sys.argv[3], 'w').write('identifier\\n110105194912310021\\n')", "1 of the 1 it found"),
            (f"import sys; open(sys.argv[3], 'w').write('identifier\\n' + '{PERSONS[0]}\\n' * 2)", "1 stand again"),
            (
                "import sys; open(sys.argv[3], 'w').write('a,b\\n1,110105194912310021\\n')",
                "does not begin with the line",
            ),
            ("import sys; open(sys.argv[3], 'w').write('x,y\\n')", "does not begin with the line"),
            ("import time; time.sleep(60)", "it took longer than 0.3 s"),
        ],
    )
    def test_a_program_that_fails_is_told_without_what_it_says(
        self, settings: Settings, tmp_path: Path, program: str, told: str
    ) -> None:
        argv = (sys.executable, "-c", program, "{ours}", "{peer}", "{found}")
        adapter = ProgramIntersection(settings, argv, 0.3 if "sleep" in program else 60)
        ours = parquet(tmp_path / "ours.parquet", PERSONS), "id", RESIDENT
        with pytest.raises(SharingRefused, match=told) as caught:
            meet(settings, adapter, ours, "nobody", tmp_path / "found.parquet")
        assert "110105194912310021" not in str(caught.value) and PERSONS[0] not in str(caught.value)
        assert [one.name for one in tmp_path.iterdir()] == ["ours.parquet"]

    def test_a_program_that_is_not_there_or_not_told_where_its_files_are(self, settings: Settings) -> None:
        for argv in (("no-such-program", "{ours}", "{peer}", "{found}"), (sys.executable, "{ours}"), ()):
            with pytest.raises(SharingRefused) as caught:
                ProgramIntersection(settings, argv).intersect(Path("ours"), "peer", Path("found"))
            assert caught.value.rule in ("blind_program", "blind_file")


@dataclass(frozen=True)
class Answering:
    """An adapter that answers what it is told to."""

    rows: pa.Table
    name: str = "answering"

    def intersect(self, ours: Path, peer: str, found: Path) -> None:
        pq.write_table(self.rows, found)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"row": [1, 1]}, "1 stand again"),
        ({"row": [9]}, "1 of its 1 rows are none of ours"),
        ({"row": [None]}, "1 of its 1 rows are none of ours"),
        ({"row": [1], "identifier": ["x"]}, "but 2 columns"),
    ],
)
def test_an_answer_that_is_no_set_of_our_rows_is_none(
    settings: Settings, tmp_path: Path, answer: dict[str, list[object]], told: str
) -> None:
    schema = pa.schema([(name, pa.int64() if name == "row" else pa.string()) for name in answer])
    adapter = Answering(pa.table(answer, schema))
    with pytest.raises(SharingRefused, match=told):
        meet(settings, adapter, (parquet(tmp_path / "a.parquet", PERSONS), "id", RESIDENT), "", tmp_path / "found")
    assert not (tmp_path / "found").exists()
