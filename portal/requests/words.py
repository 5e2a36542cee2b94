"""The words of cases as persons read them, in Chinese and English. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Mapping

Both = tuple[str, str]

STATES: Mapping[str, Both] = {
    "filed": ("已提出", "filed"),
    "questions": ("待补正", "questions"),
    "answered": ("已补正", "answered"),
    "department_approved": ("部门已同意", "department approved"),
    "bureau_approved": ("主管部门已同意", "bureau approved"),
    "agreement_drafted": ("协议已起草", "agreement drafted"),
    "released": ("已共享", "released"),
    "ended": ("已结束", "ended"),
    "withdrawn": ("已撤回", "withdrawn"),
    "refused": ("不同意", "refused"),
    "disputed": ("争议中", "disputed"),
}
KINDS: Mapping[str, Both] = {
    "request": ("共享申请", "request of an agency"),
    "public_request": ("公众数据需求", "data request of the public"),
    "registration": ("有条件开放登记", "registration for open data"),
    "objection": ("开放数据异议", "objection to open data"),
}
DOINGS: Mapping[str, Both] = {
    "file": ("提出", "filed"),
    "question": ("提问", "asked a question"),
    "answer": ("答复提问", "answered"),
    "approve": ("同意", "approved"),
    "refuse": ("不同意", "refused"),
    "withdraw": ("撤回", "withdrew"),
    "object": ("提出争议", "objected"),
    "reopen": ("重新受理", "reopened"),
    "draft": ("起草协议", "the agreement was drafted"),
    "release": ("发布", "released"),
    "end": ("发布撤回", "the release was withdrawn"),
    "escalate": ("逾期上报", "told the bureau that it is overdue"),
}
ACTS: Mapping[str, Both] = {
    "question": ("请申请人补正", "Ask the applicant a question"),
    "answer": ("答复", "Answer"),
    "approve": ("同意以上内容", "Approve exactly this"),
    "refuse": ("不同意", "Refuse"),
    "withdraw": ("撤回申请", "Withdraw it"),
    "object": ("提出争议", "Object to the refusal"),
    "reopen": ("重新受理", "Take it up again"),
}
SEATS: Mapping[str, Both] = {
    "applicant": ("申请人", "applicant"),
    "owner": ("数源部门", "department"),
    "officer": ("主管部门", "bureau"),
    "visitor": ("公众", "visitor"),
    "platform": ("平台", "platform"),
}
CLOCKS: Mapping[str, Both] = {
    "answer": ("答复", "answer"),
    "share": ("提供数据", "share"),
    "dispute": ("争议处理", "decide the dispute"),
}
SHARING: Mapping[str, Both] = {
    "unconditional": ("无条件共享", "unconditional"),
    "conditional": ("有条件共享", "conditional"),
    "not_shared": ("不予共享", "not shared"),
}
FIELDS: Mapping[str, Both] = {
    "title": ("标题", "title"),
    "agency": ("需求部门", "agency"),
    "resource": ("资源", "resource"),
    "columns": ("数据项", "columns"),
    "purpose.code": ("用途代码", "code of the purpose"),
    "purpose.text": ("用途", "purpose"),
    "purpose.legal_basis": ("法律依据", "legal basis"),
    "scope": ("范围", "scope"),
    "valid": ("期限", "term"),
    "valid.from": ("起始日", "first day"),
    "valid.until": ("截止日", "last day"),
    "text": ("内容", "text"),
    "about": ("相关资源", "what it is about"),
}
EVERY: Mapping[str, Mapping[str, Both]] = {
    "states": STATES, "kinds": KINDS, "doings": DOINGS, "acts": ACTS, "seats": SEATS, "clocks": CLOCKS,
    "sharings": SHARING, "fields": FIELDS,
}  # fmt: skip
