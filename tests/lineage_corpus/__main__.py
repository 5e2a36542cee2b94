"""Prints the corpus score: `python -m tests.lineage_corpus [name …]`."""

from __future__ import annotations

import sys

from tests.lineage_corpus.cases import cases, score


def main(names: list[str]) -> int:
    """Score all cases, or the named ones in full; 1 if an edge is missing."""
    scores = [score(case) for case in cases() if not names or case.name in names]
    for one in scores:
        if one.missing or one.faults or (one.extra and not one.case.explained) or names:
            print(f"{one.case.file}/{one.case.name}\n    {one.case.sql}")
            for word, facts in (("missing", one.missing), ("extra", one.extra)):
                for name, (source, kind, transform, by) in facts:
                    print(f"    {word}: {name} <- {source} {kind} {transform} {by}")
            for fault in one.faults:
                print(f"    {fault}")
    expected = sum(one.expected for one in scores)
    missing, extra = sum(len(o.missing) for o in scores), sum(len(o.extra) for o in scores)
    print(f"queries                {len(scores)}")
    print(f"expected edges         {expected}")
    print(f"missing edges          {missing}")
    print(f"extra edges            {extra} ({100 * extra / max(expected, 1):.1f} %)")
    print(f"other differences      {sum(len(o.faults) for o in scores)}")
    for one in scores:
        if one.extra and one.case.explained:
            print(f"  explained: {one.case.name} (+{len(one.extra)}): {one.case.explained}")
    return 1 if missing or any(one.faults for one in scores) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
