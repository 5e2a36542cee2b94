"""A thin slice of each deep suite that has no test of its own elsewhere; four that take longest with `make attack`."""

from __future__ import annotations

import base64
import json
import urllib.parse
from pathlib import Path

import pytest

from lineage.plan import expressions, joins, operators
from sharing.envelope import open_envelope
from tests.attack import (
    acts,
    asking,
    canaries,
    certificates,
    correcting,
    deliveries,
    differential,
    functions,
    ingestion,
    mutants,
    published,
    recalls,
    registering,
    rewriting,
)
from tests.attack.score import Score
from tests.harness.suites import FILES


def test_requests_of_any_worth() -> None:
    score = asking.attack(seed=7, histories=15)
    assert list(score.fell) == [] and score.tried == 15


def test_corrections_of_any_worth() -> None:
    score = correcting.attack(seed=7, histories=60)
    assert list(score.fell) == [] and score.tried == 60


def test_merges_and_splits_undone() -> None:
    score = registering.attack(seed=7, histories=1, size=24, decisions=15, large=0)
    assert list(score.fell) == [] and score.tried == 1


def test_damaged_deliveries() -> None:
    assert deliveries.attack(seed=7, files=26).fell == []


@pytest.mark.real
@pytest.mark.skipif(not FILES.is_dir(), reason="no malformed files beside the project")
def test_malformed_files() -> None:
    assert ingestion.malformed(7, "gbk").well


def test_files_of_other_writers() -> None:
    assert differential.attack(seed=7, files=20).fell == []


def test_histories_of_deliveries() -> None:
    assert ingestion.histories(seed=700, number=1, steps=4).fell == []


def test_near_misses_of_every_grammar() -> None:
    score = ingestion.casts(seed=7, number=10)
    assert list(score.fell) == []
    assert score.tried > 500


def test_found_deliveries_are_told_by_their_own_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingestion, "FOUND", tmp_path)
    assert ingestion.found(7).tried == 0 and not ingestion.found(7).well
    (tmp_path / "deliveries").mkdir()
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "try-found").write_text("raise SystemExit('no such tool')", "utf-8")
    assert "no such tool" in ingestion.found(7).fell[0]
    cases = [{"id": "one", "right": True, "why": ""}, {"id": "other", "right": False, "why": "a tail"}]
    told = f"import sys; open(sys.argv[3], 'w').write({json.dumps({'cases': cases})!r})"
    (tmp_path / "tools" / "try-found").write_text(told, "utf-8")
    score = ingestion.found(7)
    assert (score.tried, score.held, score.fell) == (2, 1, ["other: a tail"])


@pytest.mark.attack
def test_mutants_of_the_gates() -> None:
    score = mutants.attack(seed=7, most=2, groups=["gates"])
    assert (score.tried, list(score.fell)) == (2, [])


def test_a_rewritten_past() -> None:
    score = rewriting.attack(seed=7, most=40)
    assert (score.tried, list(score.fell)) == (40, [])


@pytest.mark.attack
def test_recalls_of_every_kind_of_dataset() -> None:
    score = recalls.attack(seed=7, recalls=1, copies=1)
    assert list(score.fell) == []
    assert score.tried > 5


def test_no_function_drops_an_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    score = functions.attack(seed=7, share=60)
    assert list(score.fell) == []
    assert score.tried > 80
    whole = expressions.computed
    monkeypatch.setattr(expressions, "computed", lambda inputs, *more: whole(list(inputs)[:1], *more))
    assert len(functions.attack(seed=7, share=60).fell) > 10


@pytest.mark.attack
def test_published_queries_have_an_edge_for_every_change(monkeypatch: pytest.MonkeyPatch) -> None:
    score = published.attack(seed=7, share=40)
    assert (list(score.fell), score.tried) == ([], 4)
    whole = expressions.computed
    monkeypatch.setattr(expressions, "computed", lambda inputs, *more: whole(list(inputs)[:1], *more))
    monkeypatch.setattr(joins, "as_indirect", lambda flow, reason: expressions.EMPTY)
    monkeypatch.setattr(operators, "as_indirect", lambda flow, reason: expressions.EMPTY)
    assert published.attack(seed=7, share=40).fell


def test_no_change_of_a_release_passes_and_no_zone_changes_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    score = certificates.attack(seed=7, bytes_tried=300, moments=60)
    assert list(score.fell) == []
    assert score.tried > 800
    # Without a look at signatures, whoever says something else is believed.
    monkeypatch.setattr("sharing.verify.verified_payload", lambda data, key, name: open_envelope(data, name)[0])
    assert len(certificates.attack(seed=7, bytes_tried=12, moments=3).fell) > 20


def test_no_forged_approval_lets_anything_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    score = acts.attack(seed=7, histories=60)
    assert (score.tried, list(score.fell)) == (60, [])
    monkeypatch.setattr("lake.acts.act_fault", lambda *asked: None)
    assert len(acts.attack(seed=7, histories=60).fell) > 5


@pytest.mark.attack
def test_canaries_in_what_fails() -> None:
    score = canaries.attack(seed=7)
    assert list(score.fell) == []
    assert score.tried > 500


def test_a_canary_would_be_found() -> None:
    for how, found in canaries._spellings(canaries.CANARY):
        assert any(found in text for text in _written(canaries.CANARY)), how


def _written(text: str) -> list[bytes]:
    """A text as it might lie in a file, with something around it."""
    raw = f"xyz{text}xyz"
    plain = [raw.encode(encoding) for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be")]
    shifted = [base64.b64encode(b"q" * shift + text.encode() + b"q") for shift in range(3)]
    other = [raw.encode().hex(), raw.encode().hex().upper(), urllib.parse.quote(raw), json.dumps(raw)]
    wide = raw.translate({place: place + 0xFEE0 for place in range(0x21, 0x7F)})
    return [*plain, *shifted, *(one.encode() for one in (*other, raw[::-1], wide))]


def test_a_suite_that_tried_nothing_has_not_held() -> None:
    assert not Score("nothing", 0, 0).well
    assert not Score("some", 3, 2, ["one"]).well
    assert Score("all", 3, 3).well
