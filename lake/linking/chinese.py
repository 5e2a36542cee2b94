"""Names and addresses in Chinese. Lives here: their columns, levels and keys. Not here: organisations."""

from __future__ import annotations

from lake.linking.kinds import Kind, Level, else_level
from lake.linking.latin import LETTERS, SOUND

_TWO = (
    "['欧阳','上官','司马','诸葛','东方','皇甫','尉迟','公孙','令狐','慕容','司徒','夏侯','轩辕','端木','南宫','长孙','宇文',"
    "'百里','呼延','独孤','申屠','太史','闻人','西门','东郭','钟离','澹台','公冶','宗政','濮阳','淳于','单于','太叔','拓跋']"
)
# A name with each character once left open, and once left out: two names share one of these if they differ in one.
_NEAR = (
    "list_concat(list_transform(range(1, least(length(v), 16) + 1), "
    "lambda i: left(v, i - 1) || '?' || substr(v, i + 1)), "
    "list_transform(range(1, least(length(v), 16) + 1), lambda i: left(v, i - 1) || substr(v, i + 1)))"
)

# A name without Chinese characters: what is told of it is told of its words, in whatever order they stand.
_WORDS = f"list_filter(string_split({LETTERS}, ' '), lambda w: w <> '')"
_BARE = "regexp_replace(p, '[^a-z]', '', 'g')"
_SOUNDS = f"list_sort(list_transform(list_transform(words, lambda p: {_BARE}), lambda bare: coalesce({SOUND}, '')))"
_BOTH_LATIN = "words_l is not null and words_r is not null"
_SLIP = "damerau_levenshtein(w_l, w_r) = 1 or damerau_levenshtein(v_l, v_r) = 1"

CHINESE_NAME = Kind(
    columns={
        "words": f"case when not regexp_matches(folded, '\\p{{Han}}') then {_WORDS} end",
        "v": (
            "nullif(case when words is not null then array_to_string(list_sort(words), '') "
            "else regexp_replace(folded, '[· ]', '', 'g') end, '')"
        ),
        "w": (
            "case when words is not null then nullif(array_to_string(words, ''), '') "
            "else regexp_replace(upper(value), '\\s', '', 'g') end"
        ),
        "read": "case when words is null then v else w end",
        "sorted": "case when words is not null then v else array_to_string(list_sort(string_split(v, '')), '') end",
        "parts": (
            "case when words is null and contains(folded, '·') then list_filter(string_split(folded, '·'), "
            "lambda p: p <> '') end"
        ),
        "near": f"case when words is null and length(v) >= 3 then {_NEAR} end",
        "surname": (
            f"case when words is not null then left(v, 1) when list_contains({_TWO}, left(v, 2)) then left(v, 2) "
            "else left(v, 1) end"
        ),
        "codes": f"case when words is not null then array_to_string({_SOUNDS}, ' ') end",
    },
    nothing="v",
    levels=(
        Level("equal", "相同", "equal", "w_l = w_r", 0.86, 0.0005),
        Level(
            "variant", "异体、繁体或间隔号不同", "variant characters", "words_l is null and v_l = v_r", 0.03, 0.00005
        ),
        Level(
            "parts",
            "姓名的简写",
            "one shortens the other's parts",
            "case when words_l is not null or words_r is not null then len(words_l) >= 2 and len(words_r) >= 2 and "
            "len(words_l) <> len(words_r) and (list_has_all(words_l, words_r) or list_has_all(words_r, words_l)) else "
            "(parts_l is not null or parts_r is not null) and ("
            "(length(v_l) >= 2 and starts_with(v_r, v_l)) or (length(v_r) >= 2 and starts_with(v_l, v_r)) or "
            "(len(parts_l) = len(parts_r) and starts_with(parts_l[1], left(parts_r[1], 1)) and "
            "(parts_l[-1] = parts_r[-1] or starts_with(parts_l[-1], parts_r[-1]) or "
            "starts_with(parts_r[-1], parts_l[-1])) and (starts_with(parts_l[1], parts_r[1]) or "
            "starts_with(parts_r[1], parts_l[1])))) end",
            0.01,
            0.0001,
        ),
        # A letter that is off is a slip of the pen, as a homophone is; another name that sounds alike is not.
        Level(
            "homophone",
            "同音或差一个字母",
            "sounds the same, or a letter off",
            f"sound_l = sound_r or ({_BOTH_LATIN} and length(v_l) >= 5 and ({_SLIP}))",
            0.04,
            0.0005,
        ),
        Level("order", "次序不同", "same characters or words in another order", "sorted_l = sorted_r", 0.01, 0.0001),
        Level(
            "near",
            "一字之差",
            "one character off",
            "list_has_any(near_l, near_r) or list_contains(near_l, v_r) or list_contains(near_r, v_l) or "
            f"({_BOTH_LATIN} and (codes_l = codes_r or jaro_winkler_similarity(v_l, v_r) >= 0.92))",
            0.03,
            0.003,
        ),
        Level(
            "surname",
            "同姓",
            "same surname",
            f"case when {_BOTH_LATIN} then list_has_any(words_l, words_r) else surname_l = surname_r end",
            0.01,
            0.05,
        ),
        else_level(0.01, 0.945),
    ),
    # A Latin name is read as it stands (as a passport has a Chinese one), and by what its words sound like.
    keys={
        "plain": "v",
        "pinyin": "case when codes is null then [sound] else [sound, codes] end",
        "surname": "surname",
    },
    listed=frozenset({"pinyin"}),
    rarity="w",
    characters=True,
    sounded="read",
)

# Chinese numerals of houses as digits, for the common short ones.
_SPELT = (
    "translate(regexp_replace(folded, '[,.;:、,。()（）#/\\\\s]', '', 'g'), '零〇一二两三四五六七八九', '001223456789')"
)
_NO = "([0-9A-Z甲乙丙丁十百-]+)"
# Classes are of few characters: one of all Chinese characters, repeated, takes a tenth of a second to compile.
_HEAD = (
    "'^(中国)?((?:[^0-9A-Z]{2,8}?(?:省|自治区))?(?:[^0-9A-Z]{2,7}?市)?)((?:[^0-9A-Z]{1,6}?(?:区|县|旗))?)"
    "((?:[^0-9A-Z]{1,7}?(?:街道办事处|街道|地区|镇|乡|苏木))?)'"
)

CHINESE_ADDRESS = Kind(
    columns={
        "v": f"nullif({_SPELT}, '')",
        "district": f"nullif(regexp_extract(v, {_HEAD}, 3), '')",
        "rest": f"regexp_replace(v, {_HEAD}, '')",
        # 中关村大街 is a road, and no village: what always ends a road is looked for first.
        "road": (
            "nullif(coalesce(nullif(regexp_extract(rest, "
            "'^(.{1,14}?(?:大街|大道|公路|胡同|路|街|巷|弄|道))', 1), ''), "
            "regexp_extract(rest, '^(.{1,14}?(?:里|条|村|园|苑))', 1)), '')"
        ),
        "number": f"nullif(regexp_extract(substr(rest, length(coalesce(road, '')) + 1), '{_NO}号(?:院)?', 1), '')",
        "tail": (
            "regexp_replace(substr(rest, length(coalesce(road, '')) + 1), '^.*?[0-9A-Z甲乙丙丁十百-]+号(?:院)?', '')"
        ),
        "building": f"nullif(regexp_extract(tail, '{_NO}(?:号楼|楼|栋|幢|座)', 1), '')",
        "room": (
            f"nullif(coalesce(nullif(regexp_extract(tail, '{_NO}(?:室|房)', 1), ''), "
            "regexp_extract(tail, '([0-9]{3,5}[A-Z]?)$', 1)), '')"
        ),
        "place": "nullif(regexp_replace(tail, '[0-9A-Z-]+(号楼|楼|栋|幢|座|单元|室|房|层|号)?', '', 'g'), '')",
        "short": "concat_ws('/', road, number, building, room)",
    },
    levels=(
        Level("equal", "相同", "equal", "v_l = v_r", 0.55, 0.0002),
        Level(
            "parts",
            "路、号、楼、室相同",
            "same road, number, building and room",
            "number_l is not null and short_l = short_r and "
            "(district_l = district_r or district_l is null or district_r is null)",
            0.2,
            0.0001,
        ),
        Level(
            "building",
            "路、号、楼相同",
            "same road, number and building",
            "road_l = road_r and number_l = number_r and (building_l = building_r or building_l is null or "
            "building_r is null) and (room_l is null or room_r is null or room_l = room_r) and "
            "(district_l = district_r or district_l is null or district_r is null)",
            0.1,
            0.0003,
        ),
        Level(
            "number",
            "路、号相同",
            "same road and number",
            "road_l = road_r and number_l = number_r and "
            "(district_l = district_r or district_l is null or district_r is null)",
            0.05,
            0.001,
        ),
        Level(
            "place", "建筑名相同", "same building by name", "length(place_l) >= 3 and place_l = place_r", 0.03, 0.001
        ),
        Level("road", "路相同", "same road", "road_l = road_r", 0.03, 0.01),
        Level("near", "写法相近", "written alike", "jaro_winkler_similarity(v_l, v_r) >= 0.96", 0.02, 0.002),
        Level("district", "区相同", "same district", "district_l = district_r", 0.01, 0.15),
        else_level(0.01, 0.83),
    ),
    keys={
        "plain": "v",
        "road": "case when number is not null then road || '/' || number end",
        "place": "case when length(place) >= 3 then place end",
    },
    rarity="v",
    characters=True,
)
