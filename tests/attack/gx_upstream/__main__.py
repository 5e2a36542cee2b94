"""Prints what Great Expectations' own tests say of the DuckDB engine."""

import sys

from tests.attack.gx_upstream.report import outcome


def main() -> int:
    found = outcome()
    print(f"{'tests':>6}  of Great Expectations' own")
    print(f"{found.passed + len(found.failed):6}  apply")
    print(f"{found.passed:6}  passed")
    print(f"{len(found.failed):6}  failed")
    print(f"{sum(found.left_out.values()):6}  do not apply:")
    for why, count in sorted(found.left_out.items(), key=lambda entry: -entry[1]):
        print(f"{count:14}  {why}")
    for test, why in found.failed.items():
        print(f"FAILED {test}\n       {why}")
    for why in found.unused:
        print(f"UNUSED no test is left out because it {why}: remove the reason")
    return 1 if found.failed or found.unused else 0


sys.exit(main())
