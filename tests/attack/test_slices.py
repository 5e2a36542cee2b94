"""A thin slice of each deep suite that has no test of its own elsewhere."""

from __future__ import annotations

import base64
import json
import urllib.parse

from tests.attack import canaries, deliveries, mutants
from tests.attack.score import Score


def test_damaged_deliveries() -> None:
    assert deliveries.attack(seed=7, files=52).fell == []


def test_mutants_of_the_gates() -> None:
    score = mutants.attack(seed=7, most=12)
    assert (score.tried, list(score.fell)) == (12, [])


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
    return [*plain, *shifted, *(one.encode() for one in other)]


def test_a_suite_that_tried_nothing_has_not_held() -> None:
    assert not Score("nothing", 0, 0).well
    assert not Score("some", 3, 2, ["one"]).well
    assert Score("all", 3, 3).well
