"""Names and addresses in Latin letters. Lives here: their columns, levels and keys. Not here: organisations."""

from __future__ import annotations

from lake.linking.kinds import Kind, Level, else_level

# Letters without accents, everything else a blank: the form in which all Latin text is compared.
LETTERS = "trim(regexp_replace(lower(strip_accents(value)), '[^\\p{L}\\p{N}]+', ' ', 'g'))"


def _collapsed(sql: str) -> str:
    for digit in "123456":
        sql = f"regexp_replace({sql}, '{digit}+', '{digit}', 'g')"
    return sql


# Soundex (Russell, US 1,261,167), of the longest run of letters: vowels part, h and w do not.
_CODED = "translate(regexp_replace(bare, '[hw]', '', 'g'), 'bfpvcgjkqsxzdtlmnr', '111122222222334556')"
SOUND = (
    f"case when bare = '' then null else left(bare, 1) || left(regexp_replace(substr({_collapsed(_CODED)}, 2), "
    "'[^1-6]', '', 'g') || '000', 3) end"
)

LATIN_NAME = Kind(
    columns={
        "v": LETTERS,
        "bare": "regexp_replace(v, '[^a-z]', '', 'g')",
        "sorted": "array_to_string(list_sort(string_split(v, ' ')), ' ')",
        "sound": SOUND,
    },
    levels=(
        Level("equal", "相同", "equal", "v_l = v_r", 0.80, 0.005),
        Level("order", "次序不同", "same words in another order", "sorted_l = sorted_r", 0.01, 0.0005),
        Level(
            "near",
            "仅一两个字母不同",
            "a letter or two apart",
            "jaro_winkler_similarity(v_l, v_r) >= 0.92",
            0.08,
            0.004,
        ),
        Level(
            "short",
            "缩写或首字母",
            "one is the beginning of the other",
            "starts_with(v_l, v_r) or starts_with(v_r, v_l)",
            0.03,
            0.01,
        ),
        Level(
            "sound",
            "读音相近",
            "sounds alike",
            "(sound_l = sound_r or jaro_winkler_similarity(v_l, v_r) >= 0.85)",
            0.03,
            0.01,
        ),
        Level("far", "部分相似", "partly alike", "jaro_winkler_similarity(v_l, v_r) >= 0.7", 0.02, 0.04),
        else_level(0.03, 0.93),
    ),
    keys={"plain": "v", "sound": "sound", "initial": "left(v, 1)"},
    rarity="v",
)

_SHORT = {
    "street": "st", "str": "st", "avenue": "ave", "av": "ave", "avn": "ave", "boulevard": "blvd", "boul": "blvd",
    "road": "rd", "drive": "dr", "place": "pl", "court": "ct", "lane": "ln", "terrace": "ter", "terr": "ter",
    "tce": "ter", "parkway": "pkwy", "pky": "pkwy", "square": "sq", "highway": "hwy", "circle": "cir",
    "circuit": "cct", "crescent": "cres", "close": "cl", "north": "n", "south": "s", "east": "e", "west": "w",
    "northeast": "ne", "northwest": "nw", "southeast": "se", "southwest": "sw", "saint": "st", "suite": "ste",
    "apartment": "apt", "floor": "fl", "building": "bldg", "room": "rm", "unit": "apt", "first": "1", "second": "2",
    "third": "3", "fourth": "4", "fifth": "5", "sixth": "6", "seventh": "7", "eighth": "8", "ninth": "9",
    "tenth": "10", "broadway": "bway", "expressway": "expy", "center": "ctr", "centre": "ctr", "plaza": "plz",
    "fort": "ft", "mount": "mt", "martin": "martin",
}  # fmt: skip
# As words of a sentence with blanks around each: one pass of one expression per abbreviation.
_OPEN = LETTERS.replace("value", "regexp_replace(value, '\\([^)]*\\)', ' ', 'g')")
_WORDS = "list_transform(string_split(" + _OPEN + ", ' '), lambda w: coalesce(abbreviations[w], w))"
_ABBREVIATIONS = "map {" + ", ".join(f"'{long}': '{short}'" for long, short in _SHORT.items()) + "}"
_KINDS_OF_STREET = (
    "['st','ave','blvd','rd','dr','pl','ct','ln','ter','pkwy','sq','hwy','cir','cct','cres','cl','way','n','s','e','w',"
    "'ne','nw','se','sw']"
)
_ENDINGS = "st|ave|blvd|rd|dr|pl|ct|ln|ter|pkwy|sq|hwy|cir|cct|cres|cl|way"
_SIDES = "['n','s','e','w','ne','nw','se','sw']"
_WITHIN = "(ste|apt|fl|rm|bldg|lot|spc|no|num|store|shop|level|dept)"
# 12-14 and 7146-48 are from one to another; 35-12 is one house, of the block that begins at the 35th street.
_LOW, _HIGH = "regexp_extract(lies, '^(\\d{1,6})', 1)", "regexp_extract(lies, '^\\d+ (\\d{1,6}) ', 1)"
_RISES = (
    f"{_HIGH}::bigint - case when length({_HIGH}) < length({_LOW}) then right({_LOW}, length({_HIGH}))::bigint "
    f"else {_LOW}::bigint end between 1 and 40"
)
# 7 st and 7 ave are two; oak st and oak ave mostly are one that was written down in haste. So are n and s.
_ELSE = (
    "((sides_l <> sides_r and len(sides_l) = 1 and len(sides_r) = 1) or "
    "(regexp_matches(street_l, '^\\d') and way_l <> way_r))"
)
_HOUSE = f"(number_l = number_r or until_l = number_r or number_l = until_r) and not coalesce({_ELSE}, false)"

LATIN_ADDRESS = Kind(
    columns={
        "words": _WORDS.replace("abbreviations", _ABBREVIATIONS),
        # 134th is 134; the number of a house may have a letter or a range (12-14).
        "v": (
            "nullif(array_to_string(list_transform(words, "
            "lambda w: regexp_replace(w, '^(\\d+)(st|nd|rd|th)$', '\\1')), ' '), '')"
        ),
        # The house by its name, then where it lies.
        "lies": "regexp_replace(v, '^[^\\d]+ (\\d+ [^ ]+ .*)$', '\\1')",
        # 97 99 7 ave lies at 97 to 99; 37 1 ave at 37 of the first avenue.
        "two": (
            "regexp_matches(lies, '^\\d{1,6} \\d{1,6} ') and "
            f"not regexp_matches(lies, '^\\d+ \\d+ ({_ENDINGS})( |$)')"
        ),
        "ranged": f"case when two then {_RISES} else false end",
        "number": (
            "nullif(case when two and not ranged then regexp_extract(lies, '^(\\d+ \\d+) ', 1) "
            "else regexp_extract(lies, '^(\\d+)', 1) end, '')"
        ),
        "until": "case when ranged then regexp_extract(lies, '^\\d+ (\\d+)', 1) else number end",
        "rest": (
            "string_split(regexp_replace(regexp_replace("
            "case when two then regexp_replace(lies, '^\\d+ ', '') else lies end, '^\\d+[a-z]?\\s*', ''), "
            f"'( \\d+)? {_WITHIN}( .*)?$|( (?:{_ENDINGS})(?: [nsew])?) \\d+[a-z]?$', '\\4'), ' ')"
        ),
        "sides": f"list_filter(rest, lambda w: list_contains({_SIDES}, w))",
        "way": "list_filter(rest, lambda w: list_contains(['st','ave','rd','dr','pl','ct','blvd','ter','ln'], w))[1]",
        "street": f"array_to_string(list_filter(rest, lambda w: not list_contains({_KINDS_OF_STREET}, w)), ' ')",
    },
    nothing="v",
    levels=(
        Level("equal", "相同", "equal", "v_l = v_r", 0.5, 0.001),
        Level(
            "house",
            "门牌号与街道相同",
            "same number and street",
            f"{_HOUSE} and (starts_with(street_r || ' ', street_l || ' ') or "
            "starts_with(street_l || ' ', street_r || ' '))",
            0.25,
            0.0005,
        ),
        Level(
            "house_near",
            "门牌号相同、街道相近",
            "same number, street alike",
            f"{_HOUSE} and (jaro_winkler_similarity(street_l, street_r) >= 0.85 or "
            f"list_has_all(string_split(street_l, ' '), string_split(street_r, ' ')) or "
            f"list_has_all(string_split(street_r, ' '), string_split(street_l, ' ')))",
            0.08,
            0.0005,
        ),
        Level(
            "near",
            "写法相近",
            "written alike",
            f"(number_l is null or number_r is null or {_HOUSE}) and jaro_winkler_similarity(v_l, v_r) >= 0.94",
            0.05,
            0.001,
        ),
        Level(
            "digit",
            "街道相同，门牌号差一位，或仅方向、路类不同",
            "same street, number one digit off, or another side",
            f"street_l = street_r and street_l <> '' and (number_l = number_r or length(number_l) >= 3 and "
            f"damerau_levenshtein(number_l, number_r) = 1 and not coalesce({_ELSE}, false))",
            0.03,
            0.002,
        ),
        Level(
            "street",
            "街道相同、门牌号不同",
            "same street, another number",
            "street_l <> '' and jaro_winkler_similarity(street_l, street_r) >= 0.94",
            0.05,
            0.01,
        ),
        # Both have a house and a street, and they are others; what cannot be read so is different.
        Level(
            "elsewhere",
            "其他街道",
            "another street",
            "number_l is not null and number_r is not null and street_l <> '' and street_r <> ''",
            0.02,
            0.7,
        ),
        else_level(0.05, 0.28),
    ),
    keys={"plain": "v", "number": "number", "street": "nullif(street, '')"},
    rarity="v",
)
