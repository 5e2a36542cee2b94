"""One spelling for the characters that GB18030's older tables had in the private use area.

GB 18030-2000 had no Unicode characters for 25 of its two-byte codes and lent them private ones; GB 18030-2005 and
GB 18030-2022 (annex on the changed code points) give them the characters that Unicode has meanwhile. Python's codec
follows the old table, so the same character written in two bytes and in four would be two names.
"""

from __future__ import annotations

import re

# A8BC (small m with acute); vertical punctuation A6D9-A6DF, A6EC, A6ED, A6F3 (FE10-FE19, two of them swapped), and
# the ideographs FE51-FE53, FE59, FE61, FE66, FE67, FE6C, FE6D, FE76, FE7E, FE90, FE91, FEA0.
_ASSIGNED = {
    0xE7C7: 0x1E3F,
    0xE78D: 0xFE10,
    0xE78E: 0xFE12,
    0xE78F: 0xFE11,
    0xE790: 0xFE13,
    0xE791: 0xFE14,
    0xE792: 0xFE15,
    0xE793: 0xFE16,
    0xE794: 0xFE17,
    0xE795: 0xFE18,
    0xE796: 0xFE19,
    0xE816: 0x20087,
    0xE817: 0x20089,
    0xE818: 0x200CC,
    0xE81E: 0x9FB4,
    0xE826: 0x9FB5,
    0xE82B: 0x9FB6,
    0xE82C: 0x9FB7,
    0xE831: 0x215D7,
    0xE832: 0x9FB8,
    0xE83B: 0x2298F,
    0xE843: 0x9FB9,
    0xE854: 0x9FBA,
    0xE855: 0x241FE,
    0xE864: 0x9FBB,
}
_PRIVATE = re.compile(f"[{''.join(map(chr, _ASSIGNED))}]")


def assigned(text: str) -> str:
    """The text with the assigned characters in place of the private ones."""
    return text.translate(_ASSIGNED) if _PRIVATE.search(text) else text
