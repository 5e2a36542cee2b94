"""The deep suites by name: each a function of the seed that gives a score. A new one is a line here.

Each has a thin slice among the tests that `make test` runs.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from tests.attack import (
    acts,
    asking,
    canaries,
    certificates,
    correcting,
    crashpoints,
    deliveries,
    differential,
    full_disks,
    functions,
    ingestion,
    kills,
    mutants,
    published,
    recalls,
    registering,
    reidentification,
    rewriting,
    smuggling,
)
from tests.attack.score import Score

ROOT = Path(__file__).resolve().parents[2]


def _marked(seed: int) -> Score:
    """The tests marked `attack`, in a process of their own."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-m",
            "attack",
            f"--junitxml={report}",
            f"--hypothesis-seed={seed}",
        ]
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
        cases = list(ElementTree.parse(report).iter("testcase"))
    fell = [f"{case.get('classname')}::{case.get('name')}" for case in cases if len(case)]
    return Score("tests marked attack", len(cases), len(cases) - len(fell), fell)


def _corpus(_: int) -> Score:
    from tests.lineage_corpus.cases import cases, score

    scores = [score(case) for case in cases()]
    fell = [one.case.name for one in scores if one.missing or one.faults]
    return Score("lineage: labelled queries", len(scores), len(scores) - len(fell), fell)


def _proof(_: int) -> Score:
    from tests.lineage_corpus.prove import run

    tally = run(2000, 2)
    fell = [sql for sql, _ in tally.findings]
    return Score("lineage: changes of perturbed queries", tally.changes, tally.changes - tally.unexplained, fell)


def _wide(seed: int) -> Score:
    """10,000 queries of the whole grammar by the plan alone and by both readers, and statements that write."""
    from tests.lineage_corpus import writing
    from tests.lineage_corpus.prove import run_wide, stage

    tried, fell = 0, list[str]()
    for second_opinion in (False, True):
        tally = run_wide(10_000, seed, telling_only=True, second_opinion=second_opinion)
        tried += tally.queries - tally.not_built
        fell += [sql for sql, proof in tally.findings if proof.unexplained]
        if tally.open > 0.03 * tally.queries:
            fell.append(f"{tally.open} of {tally.queries} queries have unknown columns")
        written = writing.run(500, seed, stage(), second_opinion=second_opinion)
        tried += written.statements
        fell += [f"{sql}: {source} -> {name}" for sql, source, name, _ in written.findings]
    return Score("lineage: the whole grammar, perturbed", tried, tried - len(fell), fell)


def _agreement(_: int) -> Score:
    from tests.integration.test_gx_agreement import matrix, reasons

    with tempfile.TemporaryDirectory() as folder:
        found = matrix(folder)
    compared, fell = 0, []
    for (case, table), (ours, *others) in found.items():
        for engine, other in zip(("pandas", "sqlite"), others, strict=True):
            compared += 1
            if ours != other and not reasons(case, table, engine):
                fell.append(f"{case} on {table} against {engine}")
    return Score("great expectations: answers against other engines", compared, compared - len(fell), fell)


def _upstream(seed: int) -> Score:
    from tests.attack.gx_upstream import run

    found = run(seed)
    return Score("great expectations: its own tests", found["tried"], found["held"], found["detail"])


SUITES: dict[str, Callable[[int], Score]] = {
    "deliveries": deliveries.attack,
    "malformed": ingestion.malformed,
    "differential": differential.attack,
    "histories": ingestion.histories,
    "casts": ingestion.casts,
    "found": ingestion.found,
    "mutants": lambda seed: mutants.attack(seed, most=40),  # all of a group: python -m tests.attack.mutants GROUP
    "canaries": canaries.attack,
    "kills": kills.attack,
    "crashes": crashpoints.attack,  # every point, of any command: python -m tests.attack.crashpoints
    "full disks": full_disks.attack,
    "rewriting": rewriting.attack,
    "smuggling": smuggling.attack,
    "reidentification": reidentification.attack,
    "recalls": recalls.attack,
    "certificates": certificates.attack,
    "acts": acts.attack,
    "asking": asking.attack,
    "correcting": correcting.attack,
    "registering": registering.attack,
    "marked": _marked,
    "corpus": _corpus,
    "proof": _proof,
    "functions": functions.attack,
    "published": published.attack,
    "grammar": _wide,
    "gx-agreement": _agreement,
    "gx-upstream": _upstream,
}
