"""The table of all kinds. Lives here: which declared kind is which `Kind`. Not here: the kinds themselves."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.matching import ComparisonKind
from lake.linking.chinese import CHINESE_ADDRESS, CHINESE_NAME
from lake.linking.kinds import Kind
from lake.linking.latin import LATIN_ADDRESS, LATIN_NAME
from lake.linking.organisations import ORGANISATION_NAME
from lake.linking.plain import CODE, COORDINATES, DATE, IDENTIFIER, PHONE, TEXT

KINDS: Mapping[ComparisonKind, Kind] = {
    ComparisonKind.CHINESE_NAME: CHINESE_NAME,
    ComparisonKind.LATIN_NAME: LATIN_NAME,
    ComparisonKind.ORGANISATION_NAME: ORGANISATION_NAME,
    ComparisonKind.CHINESE_ADDRESS: CHINESE_ADDRESS,
    ComparisonKind.LATIN_ADDRESS: LATIN_ADDRESS,
    ComparisonKind.DATE: DATE,
    ComparisonKind.PHONE: PHONE,
    ComparisonKind.IDENTIFIER: IDENTIFIER,
    ComparisonKind.CODE: CODE,
    ComparisonKind.TEXT: TEXT,
    ComparisonKind.COORDINATES: COORDINATES,
}
