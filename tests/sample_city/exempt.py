"""Which service items must come out as needing no material: who holds what, said here once more and by hand."""

from __future__ import annotations

from collections.abc import Sequence

from tests.sample_city.extract import Extract

_ITEMS, _MATERIALS = "government_services.service_items", "government_services.service_materials"
# Agency and material: what it holds itself, and what one agreement shares with housing.
_SERVED = (
    ("市公安局", "身份证件"),
    ("市市场监督管理局", "营业执照"),
    ("市市场监督管理局", "资格证书"),
    ("市住房和城乡建设局", "场所使用证明"),
    ("市住房和城乡建设局", "营业执照"),
)


def exempt(extracts: Sequence[Extract]) -> str:
    """SELECT of `item`: every material of it was accepted, and its agency has what each proves."""
    named = {one.table.dataset: one for one in extracts if one.table.dataset in (_ITEMS, _MATERIALS)}
    items, materials = named[_ITEMS], named[_MATERIALS]
    agency, code = items.table.columns["agency"], items.table.columns["item_code"]
    served = ", ".join(f"('{agency}', '{material}')" for agency, material in _SERVED)
    return f"""
        WITH items AS (SELECT n AS item, {agency} AS agency, {code} AS code FROM ({items.flagged()}))
        SELECT code AS item FROM items JOIN ({materials.flagged()}) USING (item) GROUP BY code
        HAVING bool_and(NOT ({materials.quarantined}) AND (agency, material) IN ({served}))"""
