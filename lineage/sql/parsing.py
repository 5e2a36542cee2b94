"""From text to syntax trees, within bounds.

Lives here: what is refused before parsing, and why. Must not live here: the meaning of anything.

The bounds are far above what people and generators write (a thousand-column union stays below them); they keep a
hostile text from taking the parser's stack or hours of its time."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType

from lineage.graph import Unknown

MAX_CHARACTERS = 2_000_000
MAX_TOKENS = 400_000
MAX_NESTING = 100

_OPENING = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE}
_CLOSING = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END}
# x[1][1][1]… takes the parser cubic time.
_INDEX = {TokenType.L_BRACKET, TokenType.R_BRACKET, TokenType.NUMBER, TokenType.STRING, TokenType.COLON}
_BRACKETS = re.compile(r"[()\[\]{}]")
_PREFIX = {TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE}

# sqlglot warns, with the whole text, when it keeps a statement unparsed; here that ends in an Unknown, and SQL
# stays out of logs.
logging.getLogger("sqlglot").addFilter(lambda record: "Falling back to parsing" not in record.getMessage())


def parse_statements(sql: str, dialect: str) -> tuple[list[exp.Expr], Unknown | None]:
    """The statements in `sql`; or why there are none."""
    if len(sql) > MAX_CHARACTERS:
        return [], Unknown("statement is too long", f"{len(sql)} characters")
    try:
        reader = Dialect.get_or_raise(dialect)
        tokens = reader.tokenize(sql)
        fault = _too_much(tokens)
        if fault is not None:
            return [], fault
        parsed = [statement for statement in reader.parser().parse(tokens, sql) if statement is not None]
    except SqlglotError as error:
        return [], Unknown("statement does not parse", _where(error))
    except RecursionError:
        return [], Unknown("nested too deeply", "statement")
    except Exception as error:  # the parser has no promise about which error a broken text ends in
        return [], Unknown("statement does not parse", type(error).__name__)
    statements = [statement for statement in parsed if not isinstance(statement, exp.Semicolon)]
    return statements, None if statements else Unknown("statement is empty", "statement")


def bounds_fault(sql: str) -> Unknown | None:
    """Why a text is too long or too deep for any reader, told without parsing it; brackets in strings count, too."""
    if len(sql) > MAX_CHARACTERS:
        return Unknown("statement is too long", f"{len(sql)} characters")
    depth = deepest = 0
    for bracket in _BRACKETS.findall(sql):
        depth = depth + 1 if bracket in "([{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return Unknown("nested too deeply", f"{deepest} levels") if deepest > MAX_NESTING else None


def _where(error: SqlglotError) -> str:
    places = getattr(error, "errors", None) or [{}]
    line, column = places[0].get("line"), places[0].get("col")
    return f"line {line}, column {column}" if line else type(error).__name__


def _too_much(tokens: Sequence[Token]) -> Unknown | None:
    if len(tokens) > MAX_TOKENS:
        return Unknown("statement is too long", f"{len(tokens)} tokens")
    depth = deepest = run = chain = longest = 0
    for token in tokens:
        kind = token.token_type
        if kind in _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        elif kind in _CLOSING:
            depth -= 1
        run = run + 1 if kind in _PREFIX else 0
        chain = chain + (kind is TokenType.L_BRACKET) if kind in _INDEX else 0
        longest = max(longest, run, chain)
    if max(deepest, longest) > MAX_NESTING:
        return Unknown("nested too deeply", f"{max(deepest, longest)} levels")
    return None
