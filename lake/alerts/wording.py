"""A digest in words: as plain text for mail, as Markdown for 企业微信 and 钉钉, as JSON for programs.

Each fault has its owner, whom it hurts, what to do and its link. Where a way takes only so much, it says how much more
there is and where.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.model import Catalogue
from lake.alerts.digest import Digest, named
from lake.findings.finding import Finding

_MOST = 50
_PUBLIC = "社会公众"


@dataclass(frozen=True)
class Wording:
    """The words of one city: what its departments are called, and where its portal is."""

    city: str
    names: Mapping[str, str]
    portal: str

    def subject(self, one: Digest) -> str:
        """A digest in one line."""
        parts = (("新增", "new", one.new), ("变化", "changed", one.changed), ("已解决", "mended", one.mended))
        told = [(f"{zh} {len(each)}", f"{len(each)} {en}") for zh, en, each in parts if each]
        zh, en = "，".join(pair[0] for pair in told), ", ".join(pair[1] for pair in told)
        return f"[{self.city}] {one.day} {zh} ({en})"

    def text(self, one: Digest) -> str:
        """For mail."""
        return "\n".join(self._lines(one, _plain))

    def markdown(self, one: Digest, most: int) -> str:
        """For chats, in at most so many bytes."""
        lines = list(self._lines(one, _marked))
        size, kept = 0, list[str]()
        rest = f"… [全部 all]({self.portal}/findings)"
        for line in lines:
            size += len(line.encode()) + 1
            if size > most - len(rest.encode()) - 1:
                return "\n".join([*kept, rest])
            kept.append(line)
        return "\n".join(kept)

    def data(self, one: Digest) -> dict[str, Any]:
        """For programs."""
        return {
            "city": self.city,
            "person": one.person,
            "day": one.day.isoformat(),
            "new": [self._data(each) for each in one.new],
            "changed": [self._data(each) for each in one.changed],
            "mended": [dict(zip(("kind", "subject", "detail"), key, strict=True)) for key in one.mended],
            "standing": one.standing,
            "link": f"{self.portal}/findings",
        }

    def _data(self, one: Finding) -> dict[str, Any]:
        return {
            "kind": str(one.kind),
            "subject": one.subject,
            "detail": one.detail,
            "what": {"zh": one.what.zh, "en": one.what.en},
            "todo": {"zh": one.todo.zh, "en": one.todo.en},
            "since": one.since.isoformat() if one.since else None,
            "department": one.department,
            "owner": one.owner,
            "supplied_by": list(one.concerned),
            "products": [each.product for each in one.effect],
            "recipients": list(one.agencies),
            "link": self.portal + one.address,
        }

    def _lines(self, one: Digest, shape: Shape) -> Iterator[str]:
        parts: tuple[tuple[str, Sequence[Finding]], ...] = (("新增 New", one.new), ("变化 Changed", one.changed))
        for title, each in parts:
            if each:
                yield shape.head(f"{title} ({len(each)})")
                for fault in each[:_MOST]:
                    yield shape.fault(self._told(fault), self.portal + fault.address)
                if len(each) > _MOST:
                    yield f"… +{len(each) - _MOST}"
                yield ""
        if one.mended:
            yield shape.head(f"已解决 Mended ({len(one.mended)})")
            yield from (f"✓ {name}" for name in named(one.mended)[:_MOST])
            yield ""
        yield shape.fault([f"现有 {one.standing} 项 standing"], f"{self.portal}/findings")

    def _told(self, one: Finding) -> list[str]:
        whose = self.names.get(one.department, one.department) or "、".join(
            self.names.get(name, name) for name in one.concerned
        )
        hurts = "、".join(self.names.get(name, name) for name in one.agencies)
        return [
            f"{one.subject}: {one.what.zh} / {one.what.en}",
            f"自 since {one.since or '—'} · 归属 owner {' '.join(part for part in (whose, one.owner) if part) or '—'}",
            f"影响 effect: {hurts or '—'}",
            f"处理 to do: {one.todo.zh} / {one.todo.en}",
        ]


@dataclass(frozen=True)
class Shape:
    """How a text marks heads, faults and links."""

    marked: bool

    def head(self, text: str) -> str:
        """A head line."""
        return f"**{text}**" if self.marked else f"== {text} =="

    def fault(self, lines: Sequence[str], link: str) -> str:
        """One fault."""
        first, *rest = [_unmarked(line) for line in lines] if self.marked else lines
        if self.marked:
            return "\n".join([f"- [{first}]({link})", *(f"  {line}" for line in rest)])
        return "\n".join([f"- {first}", *(f"  {line}" for line in rest), f"  {link}"])


_plain, _marked = Shape(marked=False), Shape(marked=True)


def _unmarked(text: str) -> str:
    """A text that is no Markdown, whoever delivered what is named in it."""
    return "".join("\\" + sign if sign in r"\`*_[]<>#|" else sign for sign in text.replace("\n", " "))


def wording(catalogue: Catalogue) -> Wording:
    """The words of a city."""
    names = {name: one.title_zh for name, one in catalogue.departments.items()}
    return Wording(catalogue.title_zh, {**names, "public": _PUBLIC}, catalogue.alerts.portal)
