"""One override that stands, and the product that only it lets pass. Used by the tests of gates and of sharing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from contracts.evidence import Evidence
from contracts.overrides import OverriddenCheck, Override, Signed
from tests.unit.gates import cases as c

STEWARD = Signed("steward@city.example", "steward", c.NOW, "1" * 64)
OFFICER = Signed("officer@city.example", "officer", c.NOW, "2" * 64)
FAILED = c.check(passed=False, failing_rows=4)
SEEN = OverriddenCheck(c.PRODUCT, "grain", 4, 100, "v1")


def override(**changes: Any) -> Override:
    sound = Override("a" * 64, (SEEN,), date(2026, 6, 10), "the register is mended next week", STEWARD, OFFICER)
    return replace(sound, **changes)


def overridden(*overrides: Override, **check: Any) -> Evidence:
    """The evidence of a product whose own check fails, with what persons asked."""
    checks = (replace(FAILED, **check), c.check(c.RAW))
    return c.evidence(quality=c.quality(checks=checks, overrides=overrides))
