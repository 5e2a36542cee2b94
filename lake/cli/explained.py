"""A verdict told to a steward: each gate by its title, with what it judged by; then the columns and their origin.

Only what the ledger has is told: nothing is judged again here, and no value of the data is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from contracts.category import Category
from contracts.plural import count
from lake.cli.output import say, table

Facts = Mapping[str, Any]
_PASSED, _REFUSED = "[green]✓[/green]", "[red]✗[/red]"
_MARKS = {"personal": "个人信息 personal", "sensitive_personal": "敏感个人信息 sensitive personal"}
_AXES = {"level": "分级 level", "category": "分类 category", "marks": "标记 marks"}


def show_gates(body: Facts, titles: Mapping[str, tuple[str, str]]) -> None:
    """One line for each gate: whether it let the product pass, and by which facts. `titles` are zh and en by name."""
    evidence, refused = body.get("evidence") or {}, [one["gate"] for one in body["violations"]]
    lines = []
    for name, (zh, en) in titles.items():
        times = refused.count(name)
        judged = _BY[name](evidence) if evidence and name in _BY else ""
        mark = _REFUSED if times else (_PASSED if evidence else "")
        lines.append((mark, f"{zh} {en}", name, times or "", judged))
    table("\n闸门 Gates", ("", "gate", "name", "refusals", "judged by"), lines)


def show_evidence(evidence: Facts) -> None:
    """Columns and their classes, what lowered and what raised them, what has changed, sources and quality."""
    if not evidence:
        return
    lineage = evidence["lineage"]
    _show_columns(lineage["columns"])
    _show_declassifiers(lineage["declassifications"])
    _show_rises(lineage.get("rises", ()))
    show_drift(lineage.get("drift", ()))
    sources = [
        (s["dataset"], s["sharing_attribute"], s["newest_delivery"], len(s["batches"]), s["failure"] or "")
        for s in evidence["sources"]
    ]
    table("\n来源 Sources", ("dataset", "sharing", "newest delivery", "batches", "failure"), sources)
    tables = [(t["table"], len(t["expected"]), t["score"], t["data_version"]) for t in evidence["quality"]["tables"]]
    _show_acts(evidence.get("acts") or {})
    table("\n质量 Quality", ("table", "rules", "score", "data version"), tables)


def _show_acts(acts: Facts) -> None:
    lines = [
        (
            _REFUSED if one["fault"] or one["changed"] else _PASSED,
            one["person"],
            one["role"],
            one["at"],
            one["digest"][:12],
        )
        for one in acts.get("approvals", ())
    ]
    if lines:
        table("\n审批 Acts", ("", "person", "as", "at", "act"), lines)
    asked = acts.get("request")
    if asked:
        by = ", ".join(f"{one['person']} ({one['role']})" for one in asked["acts"])
        told = f"{_REFUSED} {asked['fault']}" if asked["fault"] else f"{_PASSED} approved by {by}"
        say(f"申请 Request {asked['id']}: {told}")


def show_drift(drift: Sequence[Facts]) -> None:
    """What is classified otherwise than when the product was last released, and by which way it came."""
    if drift:
        lines = [
            (one["column"], _AXES[one["axis"]], _plain(one["before"]), _plain(one["after"]), one["because"])
            for one in drift
        ]
        table(
            "\n与上次发布相比 Changed since the last release", ("column", "axis", "before", "after", "because"), lines
        )


def _plain(value: str | None) -> str:
    return "no such column" if value is None else value or "none"


def _show_columns(columns: Sequence[Facts]) -> None:
    lines = [
        (
            one["name"],
            one["levels"]["effective"],
            f"{one['levels']['direct'] or '–'} / {one['levels']['indirect'] or '–'}",
            _category(one.get("category")),
            _MARKS.get((one.get("marks") or [""])[-1], "–"),
            _declared(one),
            one["because"],
        )
        for one in columns
    ]
    headers = ("column", "level", "value / influence", "category", "personal", "declared", "because")
    table("\n字段分级分类 Levels and categories", headers, lines)


def _category(name: str | None) -> str:
    return f"{Category(name).title_zh} {name}" if name else "not known"


def _declared(column: Facts) -> str:
    """The level that the author declares, and how it stands to what lineage found."""
    declared, found = column.get("declared"), column["levels"]["effective"]
    if declared is None or found is None:
        return declared or "–"
    return declared if declared == found else f"{declared}, {'too low' if declared < found else 'higher than found'}"


def _show_declassifiers(found: Sequence[Facts]) -> None:
    lines = [
        (
            {True: _PASSED, False: _REFUSED}.get(one["held"], "?"),
            one["column"],
            one["declassifier"],
            ", ".join(one["approved_by"]) or "nobody",
            one["observed"],
        )
        for one in found
    ]
    if lines:
        headers = ("", "column", "function", "approved by", "seen on the rows")
        table("\n脱敏与聚合 What lowers levels", headers, lines)


def _show_rises(rises: Sequence[Facts]) -> None:
    for one in rises:
        to = " ".join(filter(None, (one["level"], one["category"] and _category(one["category"]))))
        say(f"\n[bold]升级 Raised[/bold] to {to}: {', '.join(one['columns'])}")
        say(f"    {one['title_zh']} {one['title_en']} ({one['source']})\n    {one['why']}")


# What each gate judged by, in a sentence


def _contract(evidence: Facts) -> str:
    candidate = evidence["candidate"]
    told = f"{count(candidate['rows'], 'row')}, {count(len(candidate['columns']), 'column')}"
    policy = evidence.get("policy")  # none in evidence of before there were any
    return f"{told}{_counted(policy)}" if policy else told


def _counted(policy: Facts) -> str:
    """How many rows and cells of the files keep what their recipient is promised."""
    outside = "an unknown number" if policy["outside"] is None else policy["outside"]
    scope = f"; {outside} outside the scope of {count(len(policy['conditions']), 'condition')}"
    cells = [one["unmasked"] for one in policy["masks"]]
    bare = "an unknown number of" if None in cells else sum(cells)
    masks = f"; {bare} cells without the mask of {count(len(cells), 'column')}"
    return (scope if policy["conditions"] else "") + (masks if cells else "")


def _quality(evidence: Facts) -> str:
    tables, checks = evidence["quality"]["tables"], evidence["quality"]["checks"]
    scores = [one["score"] for one in tables if one["score"] is not None]
    failed = [one["severity"] for one in checks if not one["passed"]]
    told = f"{count(failed.count('error'), 'error')}, {count(failed.count('warning'), 'warning')}"
    least = f", least score {min(scores):g}" if scores else ""
    return f"{count(len(checks), 'result')} on {count(len(tables), 'table')}: {told}{least}"


def _freshness(evidence: Facts) -> str:
    days = [one["newest_delivery"] for one in evidence["sources"] if one["newest_delivery"]]
    return f"{count(len(days), 'source')} with deliveries, the stalest of {min(days)}" if days else "no delivery"


def _level(evidence: Facts) -> str:
    found = [one["levels"]["effective"] or "not known" for one in evidence["lineage"]["columns"]]
    return f"highest level of {count(len(found), 'column')}: {max(found, default='–')}"


def _of_category(evidence: Facts) -> str:
    found = [one.get("category") for one in evidence["lineage"]["columns"]]
    if not found or None in found:
        return "a category is not known"
    highest = max((Category(str(name)) for name in found), key=lambda one: one.rank)
    return f"highest category: {_category(highest)}"


def _declassifier(evidence: Facts) -> str:
    lineage = evidence["lineage"]
    objections = lineage["objections"]
    told = "nobody looked" if objections is None else f"objections: {len(objections)}"
    spent = "".join(f", ε {cost:g} of {dataset}" for dataset, cost in sorted(lineage["spends"].items()))
    return f"uses: {len(lineage['declassifications'])}; to what they were given: {told}{spent}"


def _sharing(evidence: Facts) -> str:
    found = sorted({str(one["sharing_attribute"]) for one in evidence["sources"]})
    return f"sources are {', '.join(found)}" if found else "no source"


def _assessment(evidence: Facts) -> str:
    marked = [one["name"] for one in evidence["lineage"]["columns"] if one.get("marks") != []]
    return f"personal information in {', '.join(marked)}" if marked else "no personal information"


def _approval(evidence: Facts) -> str:
    acts = evidence.get("acts")
    if not acts:
        return "nobody looked for acts"
    counting = [one["person"] for one in acts["approvals"] if not one["fault"] and not one["changed"]]
    played = ", played" if acts["demonstration"] else ""
    named = acts["required"]
    return (
        f"{count(len(set(counting)), 'signature')} of {len(named)} that it names{played}" if named else "names nobody"
    )


def _executed(evidence: Facts) -> str:
    ran = evidence["executions"]
    same = sum(bool(one["executed"]) and set(one["executed"]) <= set(one["judged"]) for one in ran)
    return f"the SQL that ran is the SQL that was judged for {same} of {count(len(ran), 'table')}"


def _groups(evidence: Facts) -> str:
    found = evidence["quality"]["groups"]
    if not found or found["behind"] is None:
        return f"persons cannot be counted: {(found or {}).get('why_unknown') or 'nobody counted'}"
    if not found["behind"]:
        return "no persons are behind the rows"
    if found["person_by_agreement"]:
        return "each row is one person's, as agreed"
    smallest = next((found[key] for key in ("smallest", "smallest_class") if found[key] is not None), "–")
    return (
        f"{_many(found.get('persons'))}; smallest group {smallest}, least {found['minimum']}; too small: "
        f"{count(found['small_rows'], 'row')}, {count(found['small_cells'], 'number')}, "
        f"{count(found['small_classes'], 'class of alike rows', 'classes of alike rows')}"
    )


def _many(persons: int | None) -> str:
    return "persons behind it" if persons is None else f"{count(persons, 'person')} behind it"


def _differences(evidence: Facts) -> str:
    found = (evidence["quality"]["groups"] or {}).get("differences", ())
    small = sum(one["small"] or 0 for one in found)
    unknown = sum(one["small"] is None for one in found)
    if not found:
        return "nothing to compare it with"
    return f"releases compared: {len(found)}; small differences: {small}" + (f"; unknown: {unknown}" * bool(unknown))


def _smallest(evidence: Facts) -> str:
    smallest = evidence["quality"]["smallest_group"]
    return "no least number is agreed" if smallest is None else f"smallest group {smallest}"


_BY: Mapping[str, Callable[[Facts], str]] = {
    "contract": _contract,
    "quality": _quality,
    "freshness": _freshness,
    "level": _level,
    "category": _of_category,
    "declassifier": _declassifier,
    "sharing_attribute": _sharing,
    "purpose": lambda evidence: "the agreement, by which each column is needed",
    "expiry": lambda evidence: f"judged for {evidence['today']}",
    "impact_assessment": _assessment,
    "group_size": _smallest,
    "executed": _executed,
    "approval": _approval,
    "reidentification": _groups,
    "differencing": _differences,
}


def gate_titles() -> Iterator[tuple[str, tuple[str, str]]]:
    """Every gate's name with its titles in Chinese and English, in the order in which they are asked."""
    from lineage.gates.registry import GATES  # not needed to show anything else

    yield from ((gate.name, (gate.title_zh, gate.title_en)) for gate in GATES)
