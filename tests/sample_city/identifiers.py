"""Identifiers as SQL: resident ids, credit codes and plates, all valid in form and none of them anybody's.

Resident ids carry the area codes 999001 to 999008 and credit codes the same registering areas, none of which GB/T 2260
assigns; plates carry letters that the region does not use; phones lie in the unused block 154.
"""

from __future__ import annotations

from tests.sample_city.city import City, listed, padded

_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30)
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def resident_id(body: str) -> str:
    """SQL for an 18-digit resident id (GB 11643-1999) of a 17-digit number."""
    total = _weighed(body, _RESIDENT_WEIGHTS)
    return f"({body})::VARCHAR || {listed(list('10X98765432'), f'({total}) % 11')}"


def shortened(identity: str) -> str:
    """SQL for the 15-digit form that ids had before 1999: no century, no check digit."""
    return f"left({identity}, 6) || substr({identity}, 9, 9)"


def wrong_check(identifier: str) -> str:
    """SQL for the same identifier with another last character, so that its check fails."""
    return f"left({identifier}, 17) || CASE right({identifier}, 1) WHEN '0' THEN '1' ELSE '0' END"


def wrong_digit(identifier: str) -> str:
    """SQL for the same identifier with another digit before its last, as if misheard: its check fails."""
    other = f"CASE substr({identifier}, 17, 1) WHEN '7' THEN '0' ELSE '7' END"
    return f"left({identifier}, 16) || {other} || right({identifier}, 1)"


def digits_swapped(identifier: str) -> str:
    """SQL for the same identifier with two neighbours swapped; where they are alike, it stays what it is."""
    swapped = f"substr({identifier}, 14, 1) || substr({identifier}, 13, 1)"
    return f"left({identifier}, 12) || {swapped} || substr({identifier}, 15)"


def with_credit_code(city: City, select: str, number: str, name: str, head: int = 91) -> str:
    """The select with one column more, `name`: the credit code (GB 32100-2015) of the organisation with a number.

    `head` 91 is a firm, 12 an institution. Built in layers, since SQL has no word for "let": in one expression the text
    would hold the number a hundred times.
    """
    offset = city.salt("organisations") % 90_000_000
    organisation = f"10000000 + (({number}) * 7919 + {offset}) % 90000000"
    first16 = f"{head}99900100000000 + (({number}) % 8) * 100000000 + _organisation"
    ninth = f"(11 - {_weighed('_organisation', _ORGANISATION_WEIGHTS)} % 11) % 11"
    total = f"{_weighed('_first16', _CREDIT_WEIGHTS)} + CASE _ninth WHEN 10 THEN 29 ELSE _ninth END * 28"
    last = listed(_CREDIT_ALPHABET, f"(31 - ({total}) % 31) % 31")
    code = f"_first16::VARCHAR || CASE _ninth WHEN 10 THEN 'X' ELSE _ninth::VARCHAR END || {last}"
    return f"""
        SELECT * EXCLUDE (_organisation, _first16, _ninth), {code} AS {name} FROM (
            SELECT *, {first16} AS _first16, {ninth} AS _ninth FROM (
                SELECT *, {organisation} AS _organisation FROM ({select})))
    """


def plate(city: City, vehicle: str) -> str:
    """SQL for the plate of the vehicle with a number: every number below 4.56 million has its own."""
    mixed = f"(({vehicle})::BIGINT * 1234577 + {city.salt('plates') % 4_560_000}) % 4560000"
    region = listed("FGHJKLMNPQRSTUVWXYZ", f"({mixed}) // 240000")
    letter = listed("ABCDEFGHJKLMNPQRSTUVWXYZ", f"({mixed}) // 10000 % 24")
    return f"'宁' || {region} || {letter} || {padded(f'({mixed}) % 10000', 4)}"


def phone(city: City, key: str, name: str) -> str:
    """SQL for a mobile number in the unused block 154."""
    return f"(15400000000 + {city.below(key, name, 100_000_000)})::VARCHAR"


def _weighed(number: str, weights: tuple[int, ...]) -> str:
    """SQL for the weighted sum of a number's decimal digits, first weight on the first digit."""
    places = range(len(weights) - 1, -1, -1)
    terms = (f"(({number}) // {10**place} % 10) * {weight}" for place, weight in zip(places, weights, strict=True))
    return "(" + " + ".join(terms) + ")"
