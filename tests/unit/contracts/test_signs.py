"""Which signs of a text are seen: by category, with the blank letters that no category tells."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from contracts.signs import fault_of_text, has_visible, is_unseen, one_kind_of_line, shown

UNSEEN = "\u200b\u200e\u202e\u2066\u061c\u00ad\ufeff\u2028\u2029\x1b\x9b\r\ue000\ud800\U000e0041\U000e01f0\u0378"
BLANK = "\u3164\uffa0\u115f\u1160\u2800\u034f\u17b4"


@pytest.mark.parametrize("sign", UNSEEN + BLANK)
def test_a_sign_that_nobody_sees_is_named_and_is_no_text(sign: str) -> None:
    assert is_unseen(sign) and not has_visible(sign * 3)
    for lines in (True, False):
        assert f"U+{ord(sign):04X}" in str(fault_of_text(f"核对{sign}企业", lines=lines))
    assert shown(f"a{sign}b").isascii() and shown(f"a{sign}b").isprintable()


def test_every_sign_is_unseen_or_shown_as_it_is() -> None:
    """All of Unicode: what a terminal gets has neither controls nor formats nor line ends."""
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    left = {unicodedata.category(one) for one in set(shown(every))}
    assert not left & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} and {"Lo", "Lu", "Nd", "Po", "Sc", "Zs", "Mn"} <= left


def test_plain_text_stays_as_it_is() -> None:
    for text in ("核对注销企业", "Ünïcode, 42 %", "葛\U000e0100城", "⚠\ufe0f", "नमस्ते", "!"):
        assert fault_of_text(text, lines=False) is None and shown(text) == text
    assert fault_of_text("a\n\tb", lines=True) is None and fault_of_text("a\nb", lines=False)
    assert "no sign that anybody sees" in str(fault_of_text("\u0301 \u00a0", lines=True))
    assert "no UTF-8" in str(fault_of_text("a\ufffd", lines=True))
    assert one_kind_of_line("a\r\nb\rc\n") == "a\nb\nc\n" and shown("a\nb\u202e", lines=True) == "a\nb\\u202e"
