"""One asset per agreement: its product judged by the gates, and released, withheld or withdrawn.

A withheld product is a right outcome: the `gates` check shows it as a warning, and the run goes on.
"""

import dagster as dg

from contracts.model import Agreement
from contracts.violation import Outcome, Verdict
from lake.failure import told
from orchestration.assets.naming import release_key, table_key
from orchestration.share.release import share
from orchestration.steps.resource import RunCity


def release_asset(agreement: Agreement) -> dg.AssetsDefinition:
    """The asset of one agreement, from its declaration alone."""
    key = release_key(agreement.name)

    @dg.asset(
        key=key,
        deps=[table_key(f"product.{agreement.product}")],
        description=f"{agreement.title_zh} / {agreement.title_en}\n\n{agreement.purpose}",
        group_name="releases",
        kinds={"parquet"},
        tags={"recipient": agreement.agency, "level_ceiling": str(agreement.level_ceiling)},
        metadata={"valid until": agreement.valid_until.isoformat(), "legal basis": agreement.legal_basis},
        check_specs=[
            dg.AssetCheckSpec("gates", asset=key, blocking=True, description="闸门 / Every gate lets it pass")
        ],
    )
    def release(city: dg.ResourceParam[RunCity]) -> dg.MaterializeResult:
        with told(agreement.name):
            if city.verdicts.why_judge(agreement):
                verdict = share(city.gatherer(), agreement)
                city.done.judged[agreement.name] = city.verdicts.judged(agreement)
            else:
                verdict = city.verdicts.standing(agreement)
                city.done.left.add(agreement.name)
            city.city.progress("gate", agreement.name, str(verdict.outcome))
        return dg.MaterializeResult(metadata={"verdict": str(verdict.outcome)}, check_results=[_gates(verdict)])

    return release


def _gates(verdict: Verdict) -> dg.AssetCheckResult:
    refusals = "\n".join(f"- **{v.gate}** {v.subject}: {v.message}. {v.fix}" for v in verdict.violations)
    return dg.AssetCheckResult(
        check_name="gates",
        passed=verdict.outcome is Outcome.RELEASED,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "verdict": str(verdict.outcome),
            **({"violations": dg.MetadataValue.md(refusals)} if refusals else {}),
        },
    )
