"""The words of corrections and disputes as persons read them, in Chinese and English. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Mapping

Both = tuple[str, str]

STATES: Mapping[str, Both] = {
    "open": ("已提出", "open"),
    "sent": ("已转送", "sent"),
    "answered": ("已答复", "answered"),
    "corrected": ("答复已更正", "answered: corrected"),
    "rejected": ("答复不予更正", "answered: rejected"),
    "disputed": ("争议中", "disputed"),
    "closed": ("已办结", "closed"),
}
KINDS: Mapping[str, Both] = {"correction": ("校核纠错", "correction"), "dispute": ("异议", "dispute")}
DOINGS: Mapping[str, Both] = {
    "open": ("提出", "opened"),
    "send": ("转送数源部门", "sent"),
    "say": ("留言", "said"),
    "answer": ("答复", "answered"),
    "dispute": ("提出争议", "disputed"),
    "decide": ("裁定", "decided"),
    "confirm": ("重新报送已核对", "counted what deliveries mended"),
    "reopen": ("更正失效，重新办理", "opened it again: what was mended is so no more"),
    "close": ("办结", "closed"),
    "withdraw": ("撤回", "withdrew"),
    "escalate": ("逾期上报", "told the bureau that it is overdue"),
}
ACTS: Mapping[str, Both] = {
    "send": ("转送数源部门", "Send it to the department"),
    "send_on": ("改送数源部门", "Send it on to another department"),
    "say": ("留言或附件", "Say something, or attach a file"),
    "answer": ("答复", "Answer"),
    "dispute": ("提出争议", "Dispute the answer"),
    "decide": ("裁定", "Decide"),
    "close": ("办结", "Close"),
    "withdraw": ("撤回", "Withdraw it"),
}
OUTCOMES: Mapping[str, Both] = {
    "corrected": ("更正", "corrected"),
    "rejected": ("不予更正", "rejected"),
    "heard": ("陈述意见", "heard"),
    "upheld": ("支持", "upheld"),
    "dismissed": ("不支持", "dismissed"),
    "unconfirmed": ("已办结，重新报送未能全部核对", "closed; no delivery mends all its rows"),
    "recalled": ("数据已收回", "the data was taken back"),
    "withdrawn": ("已撤回", "withdrawn"),
}
SEATS: Mapping[str, Both] = {
    "steward": ("数据管家", "steward"),
    "owner": ("数源部门", "department"),
    "officer": ("主管部门", "bureau"),
    "consumer": ("使用部门", "recipient"),
    "platform": ("平台", "platform"),
}
CLOCKS: Mapping[str, Both] = {
    "send": ("转送", "send"),
    "answer": ("核实答复", "answer"),
    "mend": ("重新报送", "deliver it corrected"),
    "dispute": ("争议裁定", "decide the dispute"),
}
EVERY: Mapping[str, Mapping[str, Both]] = {
    "states": STATES, "kinds": KINDS, "doings": DOINGS, "acts": ACTS, "outcomes": OUTCOMES, "seats": SEATS,
    "clocks": CLOCKS,
}  # fmt: skip
