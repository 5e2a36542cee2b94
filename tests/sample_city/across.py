"""What the rules across departments must find: for each rule the keys that break it, from the city itself.

Made of the clean columns of the accepted rows, before any of it was written to a file: nothing of the platform's
reading, staging or rules is asked. `truth.py` writes it down.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.sample_city.extract import Extract

# As staging spells them.
_CODED = "CASE subsidy_type WHEN '高龄津贴' THEN 'old_age' WHEN '困难救助' THEN 'hardship' ELSE 'disability' END"


def broken(extracts: Sequence[Extract]) -> str:
    """SELECT of (rule, key): the key of the blamed row, or the person who is collected twice."""
    of: dict[str, list[Extract]] = {}
    for extract in extracts:
        of.setdefault(extract.table.dataset, []).append(extract)
    deaths = _accepted(of["civil_affairs.deaths"], "resident_id", "death_date", "birth_date")
    visits = _accepted(of["health.visits"], "visit_id", "resident_id", "visited_at")
    paid = _accepted(of["civil_affairs.subsidies"], "resident_id", "subsidy_type", "month", "paid_on", "address")
    firms = _accepted(of["market_regulation.enterprises"], "credit_code")
    # Snapshots: the newest alone is what there is.
    hotels = _accepted(of["culture_tourism.hotels"][-1:], "credit_code")
    rated = _accepted(of["taxation.credit_ratings"][-1:], "credit_code")
    residents = _accepted(of["public_security.residents"], "resident_id")
    walked = _accepted(of["health.walk_ins"], "document_number", "birth_date", "address")
    twice = "SELECT resident_id FROM ({}) UNION SELECT document_number FROM ({}) WHERE {} IS NOT NULL"
    born, lives = twice.format(deaths, walked, "birth_date"), twice.format(paid, walked, "address")
    late = "USING (resident_id) WHERE here.{at}::DATE > there.death_date::DATE"
    return " UNION ALL ".join(
        f"SELECT DISTINCT '{rule}' AS rule, {key} AS \"key\" FROM {rows}"
        for rule, key, rows in (
            (
                "no_visit_after_death",
                "visit_id",
                f"({visits}) AS here JOIN ({deaths}) AS there {late.format(at='visited_at')}",
            ),
            (
                "no_subsidy_after_death",
                f"concat_ws('|', resident_id, {_CODED}, month)",
                f"({paid}) AS here JOIN ({deaths}) AS there {late.format(at='paid_on')}",
            ),
            ("hotels_are_registered", "credit_code", f"({hotels}) ANTI JOIN ({firms}) USING (credit_code)"),
            ("rated_enterprises_are_registered", "credit_code", f"({rated}) ANTI JOIN ({firms}) USING (credit_code)"),
            ("birth_dates_collected_twice", "resident_id", f"({born}) SEMI JOIN ({residents}) USING (resident_id)"),
            ("addresses_collected_twice", "resident_id", f"({lives}) SEMI JOIN ({residents}) USING (resident_id)"),
        )
    )


def _accepted(extracts: Sequence[Extract], *columns: str) -> str:
    return " UNION ALL ".join(extract.accepted(*columns) for extract in extracts)
