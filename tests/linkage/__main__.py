"""Print how well each truth set is linked.

python -m tests.linkage [SET …] [--data DIR]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.linkage.truth import DATA, DECLARED, score


def main() -> None:
    """One line a set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*")
    parser.add_argument("--data", type=Path, default=DATA)
    asked = parser.parse_args()
    print(f"{'set':<26}{'precision':>10}{'recall':>8}{'F1':>8}{'bars':>16}{'reach':>8}{'from':>6}{'pairs':>10}{'s':>7}")
    for path in sorted(DECLARED.glob("*.yml")):
        if asked.sets and path.stem not in asked.sets:
            continue
        one = score(path, asked.data)
        bars = " / ".join(f"{bar:g}" for bar in one.bars)
        print(
            f"{one.title:<26}{one.precision:>10.4f}{one.recall:>8.4f}{one.f1:>8.4f}{bars:>16}{one.reach:>8.4f}"
            f"{one.threshold:>6}{one.pairs:>10,}{one.seconds:>7.2f}"
        )


if __name__ == "__main__":
    main()
