"""Great Expectations' own page of one suite's results (Data Docs), made to stand alone: nothing in it is fetched.

GX's pages link style sheets, scripts and a picture of public networks, and a newsletter. All of that is taken out; what
is left is its text and tables, with a few rules of style in a file beside it. Results are those that the engine
redacted: no cell is in any.
"""

from __future__ import annotations

import re
from typing import Any

from quality.data_docs_style import STYLE

_FETCHED = (
    re.compile(r"<script\b.*?</script>", re.S | re.I),
    re.compile(r"<style\b.*?</style>", re.S | re.I),
    re.compile(r"<footer\b.*?</footer>", re.S | re.I),
    re.compile(r"<iframe\b.*?</iframe>", re.S | re.I),
    re.compile(r"<(?:link|img|meta\s+http-equiv)\b[^>]*>", re.I),
)
_AWAY = re.compile(r"""\s(?:href|src|action|style|on[a-z]+)\s*=\s*("[^"]*"|'[^']*')""", re.I)
_LINK = f'<link rel="stylesheet" href="{STYLE}">'


def data_docs(answers: Any) -> str:
    """The page of an `ExpectationSuiteValidationResult`, as HTML; its style is `RULES`, in a file `STYLE` beside it."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    return alone(DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(answers)))


def alone(html: str) -> str:
    """A page of GX without anything that would be fetched, sent or run."""
    for pattern in _FETCHED:
        html = pattern.sub("", html)
    return _AWAY.sub("", html).replace("</head>", f"{_LINK}</head>", 1)
