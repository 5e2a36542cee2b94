"""Names of organisations, Chinese and Latin. Lives here: their columns, levels and keys. Not here: names of people."""

from __future__ import annotations

from lake.linking.kinds import Kind, Level, else_level

_BRACKETS = "[(（\\[【<《〈「『].*?[)）\\]】>》〉」』]"
_REGISTERED = (
    "(股份有限责任公司|有限责任公司|股份有限公司|集团有限公司|有限公司|股份公司|集团公司|总公司|公司|个体工商户|"
    "个体户|合作社|集团|工作室|经营部|商行|商店|门市部)$"
)
_BRANCH = (
    "(?:公司|银行|店|学校|医院|药房|超市)([\\p{Han}A-Z0-9]{0,10}?(?:第[一二三四五六七八九十0-9]+)?"
    "(?:分公司|分店|分部|分校|分院|门店|支行|分行|营业部|营业厅))$"
)
# Where it lies, before what it is called.
_PLACE = "^(?:[\\p{Han}]{2,3}省)?(?:[\\p{Han}]{2,3}市)?(?:[\\p{Han}]{2,3}[区县])?"
# Forms of companies, small words, and what kind of place it is.
_LATIN_SUFFIX = (
    "['inc','llc','llp','lp','corp','corporation','co','company','ltd','limited','plc','the','of','and','for','at','dba',"
    "'a','an','in','restaurant','cafe','bar','grill','shop','store','no','number']"
)
_SHORT = {
    "centre": "center", "ctr": "center", "cntr": "center", "cent": "center", "cnt": "center", "community": "comm",
    "school": "sch", "schools": "sch", "schl": "sch", "university": "univ", "college": "coll",
    "association": "assn", "assoc": "assn", "department": "dept", "institute": "inst", "services": "svc",
    "service": "svc", "svcs": "svc", "hospital": "hosp", "saint": "st", "international": "intl", "brothers": "bros",
    "manufacturing": "mfg", "childrens": "children", "development": "dev", "develop": "dev", "academy": "acad",
    "elementary": "elem", "church": "ch", "family": "fam", "ii": "2", "iii": "3", "iv": "4",
}  # fmt: skip
_ABBREVIATIONS = "map {" + ", ".join(f"'{long}': '{short}'" for long, short in _SHORT.items()) + "}"
# P.S. 12, PS12 and ps 012 are one; so are day care and daycare.
_SPELT = (
    "regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(lower(strip_accents(folded)), "
    "'[''`’]', '', 'g'), '\\b(\\pL)\\.\\s*(\\pL)\\.', '\\1\\2', 'g'), '[^\\p{L}\\p{N}]+', ' ', 'g'), "
    "'\\b([a-z]+)([0-9])', '\\1 \\2', 'g'), '\\b(day|pre) (care|school)\\b', '\\1\\2', 'g')"
)
_NUMBERS_DIFFER = "len(numbers_l) > 0 and len(numbers_r) > 0 and not list_has_any(numbers_l, numbers_r)"
# How rare the rarest of the words is that two names share, in eighths of bits: nothing but `center` tells little.
_SHARED = "coalesce(list_max(list_transform(list_intersect(rare_l, rare_r), lambda w: w % 256)), 0)"


def _own(side: str, other: str) -> str:
    """The words that a name does not share with another, in SQL: where these differ, common ones do not help."""
    return f"nullif(array_to_string(list_filter(words_{side}, lambda w: not list_contains(words_{other}, w)), ' '), '')"


_RARE, _SOMETHING = 7 * 8, 3 * 8
ORGANISATION_NAME = Kind(
    columns={
        # Blanks part words where they are Latin; between Chinese characters they are no part of a name.
        "v": (f"nullif(trim({_SPELT}), '')"),
        "han": "regexp_matches(v, '\\p{Han}')",
        "open": (
            f"case when han then regexp_replace(regexp_replace(folded, '{_BRACKETS}', '', 'g'), "
            "'[^\\p{L}\\p{N}]', '', 'g') end"
        ),
        "branch": f"case when han then nullif(regexp_extract(open, '{_BRANCH}', 1), '') end",
        "head": "case when han then left(open, length(open) - length(coalesce(branch, ''))) end",
        "words": (
            "case when not han then list_sort(list_distinct(list_filter(list_transform(string_split(v, ' '), "
            f"lambda w: coalesce({_ABBREVIATIONS}[w], regexp_replace(w, '^0+(\\d)', '\\1'))), "
            f"lambda w: not list_contains({_LATIN_SUFFIX}, w)))) end"
        ),
        "numbers": "list_filter(words, lambda w: regexp_full_match(w, '\\d+'))",
        "named": "array_to_string(list_filter(words, lambda w: not regexp_full_match(w, '\\d+')), ' ')",
        "core": (
            f"case when han then regexp_replace(regexp_replace(regexp_replace(head, '{_REGISTERED}', ''), "
            f"'{_REGISTERED}', ''), '{_PLACE}', '') else array_to_string(words, ' ') end"
        ),
    },
    levels=(
        Level("equal", "相同", "equal", "v_l = v_r", 0.5, 0.0005),
        Level(
            "core",
            "主体相同（组织形式、括号不同）",
            "same but for form and brackets",
            "core_l = core_r and core_l <> '' and (branch_l = branch_r or (branch_l is null and branch_r is null))",
            0.15,
            0.0003,
        ),
        Level(
            "contained",
            "简称",
            "one shortens the other",
            "case when han_l and han_r then length(core_l) >= 2 and length(core_r) >= 2 and (branch_l = branch_r or "
            "branch_l is null or branch_r is null) and (contains(core_l, core_r) or contains(core_r, core_l)) else "
            f"(list_has_all(words_r, words_l) or list_has_all(words_l, words_r)) and {_SHARED} >= {_RARE} and "
            f"not ({_NUMBERS_DIFFER}) end",
            0.12,
            0.001,
        ),
        Level(
            "branch",
            "同一主体的其他分支",
            "another branch of the same",
            f"(core_l = core_r and core_l <> '') or (named_l = named_r and named_l <> '' and {_NUMBERS_DIFFER})",
            0.01,
            0.0003,
        ),
        Level(
            "near",
            "写法相近",
            "written alike",
            f"jaro_winkler_similarity(sound_l, sound_r) >= 0.93 and not coalesce({_NUMBERS_DIFFER}, false) and "
            f"coalesce(jaro_winkler_similarity({_own('l', 'r')}, {_own('r', 'l')}) >= 0.8, true)",
            0.08,
            0.001,
        ),
        Level("words", "罕见词相同", "a rare word in common", f"{_SHARED} >= {_RARE}", 0.06, 0.003),
        Level("word", "有词相同", "a word in common", f"{_SHARED} >= {_SOMETHING}", 0.04, 0.05),
        else_level(0.05, 0.945),
    ),
    keys={"plain": "v", "core": "nullif(core, '')", "pinyin": "sound"},
    rarity="v",
    characters=True,
    sounded="core",
    worded="core",
)
