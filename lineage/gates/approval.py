"""The approval gate: each person whose approval an agreement names has signed exactly what is to leave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contracts.acts import ActEvidence, Approval, person_key
from contracts.clock import day_of
from contracts.requested import Requested
from contracts.violation import Violation
from lineage.gates.gate import Case, Gate

_PARTS = {
    "agreement": "the agreement",
    "model": "the SQL that makes it",
    "lineage": "its lineage",
    "policy": "the lineage policy",
    "classification": "how its columns are classified, or what lowers them",
}


class ApprovalGate(Gate):
    """A name is no approval: each person that the agreement names signed an act over exactly what is to leave.

    Withholds where nobody looked for acts; where a person who is named signed nothing, signed something that has
    changed since, or signed what counts for nothing (another's key, a role not held, after revocation); where whoever
    wrote the product alone approved it, or two persons signed with one key; where the agreement names a request that
    is not approved, or goes beyond it, also by values of departments that were not asked; and where it was stopped and
    not approved again. Sources: 政务数据共享条例 (State Council Order 809); 个人信息保护法, article 51.
    """

    name = "approval"
    title_zh = "审批行为"
    title_en = "Approval"

    def violations(self, case: Case) -> Iterator[Violation]:
        """Judge the stop, then each person who is named, then all of them together."""
        acts = case.evidence.acts
        if acts is None:
            yield self.refuse("acts_known", case.subject, "nobody looked for acts", "run again: `zhongtai run`")
            return
        if acts.stopped is not None:
            again = f"`zhongtai approve {case.agreement.name} --as PERSON` by each who is named, to go on"
            yield self.refuse("stopped", case.subject, f"it was stopped: {acts.stopped}", again)
        yield from self._request(case, acts)
        wanted = dict.fromkeys((*case.agreement.approvals, *_lowering(case)))
        for name in filter(str.strip, wanted):
            yield from self._person(case, acts, name)
        counting = [one for one in acts.approvals if one.counts]
        yield from self._apart(case, counting)

    def _request(self, case: Case, acts: ActEvidence) -> Iterator[Violation]:
        wanted, found = case.agreement.request, acts.request
        if wanted is None:
            return
        subject = f"{case.subject}, request {wanted}"
        known = found is not None and found.id == wanted
        told = found.fault if found is not None and known else "nobody looked for the request that it names"
        if told is not None:
            fix = f"see `zhongtai cases {wanted}`; have it approved, or correct what the agreement says"
            yield self.refuse("request_approved", subject, told, fix)
        elif found is not None:
            yield from self._unasked(case, found)

    def _unasked(self, case: Case, found: Requested) -> Iterator[Violation]:
        """A name is no promise of what stands in it: values come from those alone who were asked for theirs."""
        for column in case.evidence.lineage.columns:
            values = (one for one in column.sources if one.direct)
            others = {str(one) for one in values if one.dataset.partition(".")[0] not in found.departments}
            if others:
                told = f"it has values of {', '.join(sorted(others))}, whose department was not asked in {found.id}"
                fix = "take them out of the product's model, or file a request that asks for them"
                yield self.refuse("request_approved", case.column(column.name), told, fix)

    def _person(self, case: Case, acts: ActEvidence, name: str) -> Iterator[Violation]:
        mine = [one for one in acts.approvals if person_key(one.person) == person_key(name)]
        if any(one.counts for one in mine):
            return
        subject = f"{case.subject}, {name}"
        fix = f"have {name} look at it and sign: `zhongtai approve {case.agreement.name} --as {name} --key FILE`"
        newest = max(mine, key=lambda one: one.at, default=None)
        if newest is None:
            yield self.refuse("approved", subject, "has not signed what is to leave; a name is no approval", fix)
        elif newest.fault is not None:
            told = f"signed on {day_of(newest.at)}, which counts for nothing: {newest.fault}"
            yield self.refuse("act_counts", subject, told, fix)
        else:
            what = "; ".join(_PARTS.get(part, part) for part in newest.changed)
            told = f"approved on {day_of(newest.at)} what has changed since: {what}"
            yield self.refuse("approved_as_it_is", subject, told, fix, changed=list(newest.changed))

    def _apart(self, case: Case, counting: Sequence[Approval]) -> Iterator[Violation]:
        persons = {person_key(one.person) for one in counting}
        author = case.agreement.author or ""
        if persons and persons == {person_key(author)}:
            told = f"{author} wrote the product and alone approved it"
            yield self.refuse("approver_is_another", case.subject, told, "have another person approve it, too")
        for key in sorted({one.key_id for one in counting}):
            holders = sorted({person_key(one.person) for one in counting if one.key_id == key})
            if len(holders) > 1:
                told = f"{' and '.join(holders)} signed with one key, {key[:16]}"
                yield self.refuse("key_of_one", case.subject, told, "have each sign with a key of their own")


def _lowering(case: Case) -> list[str]:
    return [one.approved_by for one in case.agreement.declassifiers or ()]
