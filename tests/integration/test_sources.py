"""A city one of whose datasets is asked of a database: what comes is released, and what fails is withheld alone."""

from __future__ import annotations

from pathlib import Path

from tests.recalled.city import FIRST, found_city
from tests.servers import postgresql

_SERVER = """  - server: delivery
    type: postgresql
    host: 127.0.0.1
    port: {port}
    database: postgres
    customProperties:
      - {{property: secret, value: registry}}
      - {{property: table, value: people}}
      - {{property: high_water_mark, value: {{column: changed, overlap: 1 hour}}}}
      - {{property: ignored_headers, value: [changed]}}
"""


def test_a_database_gives_what_is_released_and_one_that_fails_withholds_only_what_is_made_of_it(tmp_path: Path) -> None:
    city = found_city(tmp_path / "city")
    contract = city.place / "contracts" / "departments" / "bureau" / "people.yml"
    with postgresql("opensesame") as served:
        lines = contract.read_text("utf-8").splitlines(keepends=True)
        (place,) = [number for number, line in enumerate(lines) if "server: delivery" in line]
        lines[place] = _SERVER.format(port=served.port)
        contract.write_text("".join(lines), "utf-8")
        secret = city.write("user: reader\npassword: opensesame\n", ".zhongtai", "secrets", "registry.yml")
        secret.chmod(0o600)
        served.run("create table people (编号 text primary key, 数量 int, changed timestamp not null)")
        served.run("insert into people values ('a', 1, '2026-11-01'), ('b', 2, '2026-11-02')")
        for name in ("visits", "lots"):
            city.deliver(name, {"a": 1, "b": 2}, FIRST)
        first = city.run()
        assert "people" in first.released, first.why("people")
        assert city.rows("people") == {"a": 1, "b": 2}
    outcome = city.run()
    assert outcome.released == {"visits", "lots", "kept"}
    assert "does not answer" in outcome.why("people") and "does not answer" in outcome.why("joined")
    for file in (path for path in (city.place / ".zhongtai").rglob("*") if path.is_file() and path != secret):
        assert b"opensesame" not in file.read_bytes(), file
