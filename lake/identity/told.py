"""What follows of a decision about two records, in words. Text only: what does follow is the next run's."""

from __future__ import annotations

from sharing.identity.law import Decision
from sharing.identity.vocabulary import Doing, State


def follows(decision: Decision, entities: tuple[str, str] | None) -> tuple[str, str]:
    """In Chinese and English; `entities` are those of the two records now, None where nobody looked."""
    doing, state, number = decision.step.doing, decision.state, decision.number
    if state is State.WAITING:
        command = f"zhongtai match {decision.step.entity} --confirm {number}"
        return f"待第二人确认（决定 {number}）", f"a second person confirms it: {command}"
    if doing is Doing.SKIP:
        return "下次运行时无变化", "nothing is changed by it at the next run"
    if state is State.UNDONE:
        return "下次运行按模型重新判断", "at the next run the model says again who is who"
    if entities is None:
        return "自下次运行起生效", "the next run matches under it"
    left, right = entities
    together = left == right
    if doing is Doing.SAME:
        if together:
            return f"{left} 保持不变", f"{left} stays one"
        return (
            f"下次运行时这两条记录归为一个（现属 {left} 与 {right}）",
            f"the next run puts these two records, now of {left} and {right}, together",
        )
    if together:
        return f"下次运行时 {left} 拆分", f"the next run parts {left}"
    return f"{left} 与 {right} 仍为两个", f"{left} and {right} stay two"
