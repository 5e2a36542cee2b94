"""A pattern means what Python means by it, or is refused in words of its own; tried on text that tells them apart."""

import re

import duckdb
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

from quality.engine.errors import BadArgumentError  # noqa: E402
from quality.engine.regex import unicode_pattern, why_not_re2  # noqa: E402

TEXTS = [
    *(
        "",
        "a",
        "aa",
        "aaa",
        "aaaa",
        "b",
        "ab",
        "aab",
        "aaab",
        "a{,2}b",
        "{,2}",
        "{,}",
        "a{,}",
        "a\n",
        "a\n\n",
        "\na",
        "a\nb",
    ),
    *(
        "\n",
        "a$",
        "$",
        "k",
        "K",
        "\u212a",
        "s",
        "S",
        "\u017f",
        "é",
        "É",
        "e",
        "\x08",
        "\\b",
        "\v",
        "\x1c",
        "_",
        "-",
        "1",
    ),
    *("１", "١", "张", "a b", "b\n", "ab\n", "a\r\n", "\u00a0", " ", "x" * 40, "\x85", "😀"),
]
SAME = [
    # repetitions without a lower bound
    *(
        "a{,2}b",
        "^a{,2}$",
        "^a{,}$",
        "^a{,}b",
        "^(?:ab){,1}$",
        "^[ab]{,2}$",
        r"^\w{,2}$",
        "^a{,2}?b",
        r"a\{,2}b",
        "[{,2}]",
    ),
    *("(?a)^a{,2}$", "(?m)^a{,2}$", "^a{0,2}$", "a{,x}", "a{2,}", "^a{2,3}$"),
    # the end of the text
    *(
        "a$",
        "^a$",
        "$",
        "^$",
        "^a$|^b$",
        "(a$)",
        "(?:a|b$)",
        r"a\Z",
        r"a\$",
        "[$]",
        r"\$",
        r"[\$]$",
        r"^\S+$",
        "(?i)A$",
        "(?s)^a.$",
    ),
    *("(?m)a$", "(?m)^b$", "(?s)a.$", "(?a)a$", "(?:^a$)?", r"^\w*$", "(?m:a$)"),
    # ASCII
    *(
        r"(?a)\w",
        r"(?a)\W",
        r"(?a)\d",
        r"(?a)[\d]",
        r"(?a)\s",
        r"(?a)[\s]",
        r"(?a)[^\s]",
        r"(?a)\S",
        r"(?a)[\W]",
        r"(?a)[^\W_]",
    ),
    *("(?i)k", "(?i)s", "(?i)[s-t]", "(?a)k", r"(?ai)^A\d$", r"(?ais)^a.\w*$", "(?u)k", "(?iu)é"),
    # escapes and brackets
    *(
        r"[\b]",
        r"[a\b]",
        r"\é",
        r"\张",
        r"[\é]",
        r"\_",
        r"[\_]",
        r"[^\s\S]",
        r"[^\d\D]",
        r"[^\w\W]|a",
        r"[\s\S]",
        r"\-",
        r"\ ",
    ),
]
REFUSED = {
    "(?ai)k": "both cases",
    "(?ia)s": "both cases",
    "(?a)(?i:k)": "both cases",
    "(?ai)[a-z]": "both cases",
    "(?ai)é": "both cases",
    r"(?ai)\x4b": "both cases",
    "(?aim)s": "both cases",
    "(?x) a b # c": r"no \(\?x\)",
    "(?xi)a": r"no \(\?x\)",
    "(?#comment)a": "no comments",
    "a++": "possessive",
    "a*+": "possessive",
    "a?+": "possessive",
    "a{1,2}+": "possessive",
    "(?>a)b": "atomic",
    "a{1001}": "1000",
    "a{,1001}": "1000",
    "(?:a{1000}){2}": "1000",
    "a(?=b)": "look-around",
    "(?<!a)b": "look-around",
    r"(a)\1": "back-references",
}


@pytest.mark.parametrize("pattern", SAME)
def test_a_pattern_finds_what_python_finds(pattern):
    written = unicode_pattern(pattern).text
    sql = "SELECT list_filter($texts, text -> regexp_matches(text, $pattern))"
    found = duckdb.execute(sql, {"texts": TEXTS, "pattern": written}).fetchone()[0]
    assert found == [text for text in TEXTS if re.search(pattern, text)]


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_re2_cannot_say_is_refused_in_its_own_words(pattern):
    try:
        with pytest.raises(duckdb.InvalidInputException) as caught:
            duckdb.execute("SELECT regexp_matches('', ?)", [unicode_pattern(pattern).text]).fetchall()
        told = why_not_re2(str(caught.value).splitlines()[0])
    except BadArgumentError as error:
        told = str(error)
    assert re.search(REFUSED[pattern], told)
