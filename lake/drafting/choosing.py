"""What a column is, by its counts and its header: an element, a level, and the evidence in words. No SQL, no file.

A form that few texts have by accident speaks for itself; one that many have (digits, short codes) needs a header that
says so, too. Where nothing speaks, a column is plain text of a level that hides it until its owner says less.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contracts.model import Element, Level, LogicalType
from lake.drafting.probing import Facts, Fit

_ACCIDENTS = (
    *("1", "12", "123", "12345", "123456", "1234567", "12345678", "123456789", "1234567890", "12345678901"),
    *("12345678901234567", "A", "AB", "ABC", "abc", "A1", "A12", "ABCDEF", "ABC123", "ABCD12345", "王伟", "a@b.c"),
)
# Of an extract, some is wrong: how much, depends on how surely the rest is what it looks like.
_FITS, _FITS_FORMED, _FITS_NAMED, _FITS_CHECKED = 0.97, 0.93, 0.9, 0.8
_NAMED = 0.6
_HINTED = 0.9
_WORDED = 0.9
_STRICT, _PLAIN = Level.L3, Level.L2
_GENERIC = {"text", "integer", "measurement", "date", "timestamp", "time_of_day", "boolean_flag", "code", "identifier"}
_TIMES = {"date", "timestamp", "time_of_day"}
_LONG_CODE = 4
# Whole numbers of so many digits, all as long as one another, are names of something, and nobody reckons with them.
_ISSUED = 9
# What headers say of things that have many names; RE of a part of it.
_WORDS: Mapping[str, str] = {
    "money": r"金额|费用?$|费$|[单票总售]价|价[格款钱]|余额|工资|薪|资本|基数"
    "|amount|cost|fee|price|salary|balance|payment",
    "count": r"(人|件|次|层|户|数|量|床位|车位|泊位)数$|数量|人次|count$|^n_|num_of|number_of|quantity",
    "measurement": r"身高|体重|速|长度|宽度|高度|得分|评分|分数|浓度|height|weight|speed|length|width|score",
    "plate_number": r"车牌|号牌号|plate",
    "certificate_number": r"证(书|明)?(编)?号|许可证|licen[cs]e.?(no|number|serial)",
    "address": r"住址|address|家庭地址|居住地",
    "place_address": r"坐落|场所地址|经营地址|机构地址",
    "diagnosis_code": r"诊断|死因|疾病|icd|diagnos",
    "person_name": r"姓名|联系人|负责人|法定代表人|first.?name|last.?name|surname|given.?name|full.?name|owner.?name",
    "organisation_name": r"(单位|机构|企业|公司|商户)名称|legal.?name|company|business.?name",
    "phone": r"电话|手机|phone|mobile|tel\b",
    "longitude": r"经度|^lng$|^lon$|longitude",
    "latitude": r"纬度|^lat$|latitude",
    "postcode": r"邮编|邮政编码",
    "email": r"邮箱|e-?mail",
    "birth_date": r"出生|birth|\bdob\b",
    "resident_id": r"身份证|公民身份",
    "credit_code": r"信用代码|uscc",
    "administrative_division": r"区划|区县|行政区",
}
_SUFFIX = re.compile(r"(代码|编码|编号|号码|名称|类别|类型|种类|状态|状况|日期|时间|标识|级别|等级)+$")
_SHORTEST_CORE = 2


@dataclass(frozen=True)
class Known:
    """What the city calls things already: header -> elements that its other contracts have it follow, and names."""

    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """What a column is taken to be. `classification` is None where the element's own level says enough."""

    fit: Fit
    evidence: tuple[str, ...]
    classification: Level | None = None
    level_note: str = ""


def affinity(header: str, element: Element, known: Known) -> float:
    """How much a header is called like an element, from 0 to 1."""
    folded = header.strip().casefold()
    if element.name in known.headers.get(folded, ()):
        return 1.0
    titles = [element.title_zh.casefold(), element.title_en.casefold(), element.name.replace("_", " ")]
    titles += [re.sub(r"[（(].*", "", title).strip() for title in titles]
    plain = re.sub(r"[_\W]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)).strip().casefold()
    if folded in titles or plain in titles:
        return 1.0
    if any(
        len(title) > 1 and (title in folded if not title.isascii() else f" {title} " in f" {plain} ")
        for title in titles
    ):
        return 0.85
    if (words := _WORDS.get(element.name)) and re.search(words, header, re.IGNORECASE):
        return 0.9
    cores = {_SUFFIX.sub("", title) for title in titles if not title.isascii()}
    if any(len(core) >= _SHORTEST_CORE and core in folded for core in cores):
        return 0.7
    return max(difflib.SequenceMatcher(None, plain or folded, title).ratio() for title in titles) * 0.8


def _is_within(title: str, folded: str, plain: str) -> bool:
    """Whether a title stands in a header: as words where words are divided."""
    return len(title) > 1 and (f" {title} " in f" {plain} " if title.isascii() else title in folded)


def is_telling(element: Element) -> bool:
    """Whether few texts are of the element's form by accident."""
    if element.check:
        return True
    if not element.pattern:
        return False
    return not any(re.fullmatch(element.pattern, text) for text in _ACCIDENTS)


def promising(facts: Facts, fits: Sequence[Fit], known: Known) -> list[str]:
    """The few elements that are worth asking all of a column's values for, the likeliest first."""
    ranked = sorted(fits, key=lambda fit: -_rank(facts, fit, known))
    return [fit.element.name for fit in ranked if _rank(facts, fit, known) > 0][:4]


def beside_strict(choice: Choice) -> Choice:
    """The choice in an extract with persons or other restricted things: what has no meaning yet may be about them."""
    if choice.classification is None or choice.classification >= _STRICT:
        return choice
    note = f"nobody has said what it is, and it stands beside what is {_STRICT}: so it is too until its owner says less"
    return Choice(choice.fit, choice.evidence, _STRICT, note)


def choose(facts: Facts, fits: Sequence[Fit], known: Known, standards: Mapping[str, Element]) -> Choice:
    """The element of a column, with what speaks for it."""
    ranked = sorted(fits, key=lambda fit: -_rank(facts, fit, known))
    if ranked and _rank(facts, ranked[0], known) > 0 and facts.there:
        return _spoken(facts, ranked, known)
    return _plain(facts, standards)


def _rank(facts: Facts, fit: Fit, known: Known) -> float:
    """How well an element suits; 0 where it does not."""
    element, near = fit.element, affinity(facts.header, fit.element, known)
    named = near >= _NAMED
    formed = element.name in _TIMES or is_telling(element)
    least = _FITS_CHECKED if element.check else _FITS_NAMED if named else _FITS_FORMED if formed else _FITS
    if fit.share < least or (element.name in _GENERIC - _TIMES and near < _WORDED):
        return 0
    if element.check:
        return 8 + near
    if is_telling(element):
        return 5 + near
    hinted = facts.hints.get(element.name, 0) >= facts.there * _HINTED and facts.there > 0
    if hinted:
        return 4 + near
    if element.name in _TIMES:
        return 0 if _only_digits(facts) and not named else 2.5 + near
    if element.code_set and fit.codes_seen and not named:
        # Codes that many sets have say nothing; words that one set has do.
        return 2 + near if _are_telling(fit) else 0
    if not named or (element.type is LogicalType.STRING and not _bounded(element) and near < 0.8):
        return 0
    return 3 + 2 * near + fit.share * 0.1


def _are_telling(fit: Fit) -> bool:
    """Whether codes, or the words for them, are such as no other list has."""
    return fit.codes_seen > 1 and (bool(fit.code_map) or fit.code_length >= _LONG_CODE)


def _bounded(element: Element) -> bool:
    return bool(element.pattern or element.code_set or element.check)


def _only_digits(facts: Facts) -> bool:
    return facts.integers == facts.there


def _spoken(facts: Facts, ranked: Sequence[Fit], known: Known) -> Choice:
    fit = ranked[0]
    evidence = [f"{fit.passing:,} of {fit.of:,} values pass {fit.element.name}"]
    near = affinity(facts.header, fit.element, known)
    if near >= _NAMED:
        evidence.append("the header is called so" if near < 1 else "the header is known to be that")
    if fit.codes_seen:
        evidence.append(f"{fit.codes_seen} codes of {fit.element.code_set} are there")
    if hinted := facts.hints.get(fit.element.name, 0):
        evidence.append(f"{hinted:,} of {facts.there:,} values are worded so")
    others = [one.element.name for one in ranked[1:] if _rank(facts, one, known) > _rank(facts, fit, known) - 1]
    if others:
        evidence.append(f"might be {', '.join(others[:3])}, too")
    if fit.element.name in _TIMES:
        return Choice(
            fit, tuple(evidence), _PLAIN, f"nobody has said of what it is the time: {_PLAIN} until its owner does"
        )
    return Choice(fit, tuple(evidence))


def _plain(facts: Facts, standards: Mapping[str, Element]) -> Choice:
    """A column that no element of a meaning fits: by its type alone."""
    name, passing, words = _type(facts)
    element = standards.get(name) or standards["text"]
    evidence = [f"{passing:,} of {facts.there:,} values are {words}" if facts.there else "no value is there to tell by"]
    day = max(facts.days, key=lambda one: facts.days[one])
    if name == "text" and facts.there and facts.days[day] >= facts.there * _FITS and not _only_digits(facts):
        told = f"declare an element with formats: [{day!r}] to have them as such"
        evidence.append(f"{facts.days[day]:,} values are days as {day}: {told}")
        twin = {"%m/%d/%Y": "%d/%m/%Y", "%d/%m/%Y": "%m/%d/%Y"}.get(day)
        if twin and facts.days[twin] == facts.days[day]:
            evidence.append(f"all of them are days as {twin}, too: ask the department which it means")
    level = _STRICT if element.type is LogicalType.STRING else _PLAIN
    note = f"nobody has said what it is: {level} until its owner says less"
    return Choice(Fit(element, passing, facts.there), tuple(evidence), level, note)


def _type(facts: Facts) -> tuple[str, int, str]:
    """The plain element of a column, how many values are of it, and that in words."""
    there = facts.there - sum(facts.nothing.values())
    enough = max(there * _FITS_FORMED, 1)
    if facts.flags >= enough:
        return "boolean_flag", facts.flags, "yes or no"
    if facts.integers >= enough and facts.shortest == facts.longest >= _ISSUED:
        return "text", facts.integers, f"numbers of {facts.longest} digits, as are given to things"
    if facts.integers >= enough and not facts.padded:
        return "integer", facts.integers, "whole numbers"
    if facts.numbers >= enough and not facts.padded:
        return "measurement", facts.numbers, "numbers"
    return "text", facts.there, f"texts of {facts.shortest} to {facts.longest} characters"
