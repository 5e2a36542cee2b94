"""What the engine's declassifiers make of values: never what they hide, and the same for the same question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import pytest

from lake.engine_macros import EPSILON, install_macros
from lake.settings import REPOSITORY
from lineage.policy import load_policy

MACROS = REPOSITORY / "dbt_project" / "packages" / "zhongtai" / "macros" / "declassify.sql"
POLICY = load_policy(REPOSITORY / "contracts" / "standards" / "lineage_policy.yml")
ID = "11010519491231002X"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        install_macros(opened, b"k" * 32)
        yield opened


def one(engine: duckdb.DuckDBPyConnection, expression: str) -> Any:
    row = engine.execute(f"select {expression}").fetchone()
    assert row
    return row[0]


def test_a_pseudonym_is_of_one_agreement_and_one_period(engine: duckdb.DuckDBPyConnection) -> None:
    calls = [f"zt.declassify_pseudonym('{ID}', {keys})" for keys in ("'a', '1'", "'b', '1'", "'a', '2'", "'a:1', '1'")]
    calls += [f"zt.declassify_pseudonym('{ID}', 'a', '1:1')", f"zt.declassify_hmac('{ID}')"]
    found = [one(engine, call) for call in calls]
    assert len(set(found)) == len(found)
    assert found == [one(engine, call) for call in calls]
    assert one(engine, "zt.declassify_pseudonym(null, 'a', '1')") is None


def test_a_pseudonym_hangs_on_the_key(engine: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    call = f"zt.declassify_pseudonym('{ID}', 'a', '1')"
    with duckdb.connect() as other:
        install_macros(other, b"o" * 32)
        assert one(engine, call) != one(other, call)


def test_each_declassifier_s_post_condition_holds_of_what_it_makes(engine: duckdb.DuckDBPyConnection) -> None:
    made = {
        "declassify_mask_id": f"'{ID}'",
        "declassify_mask_name": "'张三'",
        "declassify_mask_phone": "'13800138000'",
        "declassify_hmac": f"'{ID}'",
        "declassify_pseudonym": f"'{ID}', 'a', '1'",
        "declassify_city_key": f"'{ID}'",
        "declassify_redact": "'电话13800138000'",
    }
    for name, arguments in made.items():
        condition = POLICY.registry.entries[name].post_condition
        pattern = condition.pattern or f"[{condition.alphabet}]{{{condition.length}}}"
        text = one(engine, f"zt.{name}({arguments})")
        assert engine.execute("select regexp_full_match($t, $p)", {"t": text, "p": pattern}).fetchone() == (True,), name


def test_a_cell_of_the_grid_is_no_finer_than_a_hundredth(engine: duckdb.DuckDBPyConnection) -> None:
    assert one(engine, "zt.declassify_grid(120.12345, 0.05)") == 120.1
    assert one(engine, "zt.declassify_grid(-0.001, 0.01)") == -0.01
    assert one(engine, "zt.declassify_grid(120.12345, 0.009)") is None


@pytest.mark.parametrize(
    "text, kept",
    [
        (f"身份证{ID}办理", "身份证[证件]办理"),
        ("请打13800138000", "请打[电话]"),
        ("138 0013 8000", "[数字]"),
        ("１３８００１３８０００", "[电话]"),
        ("一三八零零一三八零零零", "[数字]"),
        ("写信给 a.b@city.example 吧", "写信给 [邮箱] 吧"),
        ("车牌浙A12345", "车牌[车牌]"),
        ("联系人：张三丰", "联系人：[姓名]"),
        ("王先生来电", "[姓名]先生来电"),
        ("路灯坏了，3天了，2026年", "路灯坏了，3天了，2026年"),
    ],
)
def test_free_text_keeps_no_number_and_no_named_person(engine: duckdb.DuckDBPyConnection, text: str, kept: str) -> None:
    assert one(engine, f"zt.declassify_redact('{text}')") == kept


def test_the_same_count_of_the_same_cell_has_the_same_noise(engine: duckdb.DuckDBPyConnection) -> None:
    asked = [one(engine, "zt.declassify_noise(100, '330106|2026-01')") for _ in range(3)]
    assert len(set(asked)) == 1
    cells = engine.execute("select zt.declassify_noise(100, i) from range(200) as t(i)").fetchall()
    counts = engine.execute("select zt.declassify_noise(100 + i, 'a') - i from range(200) as t(i)").fetchall()
    assert len(set(cells)) > 5 and len(set(counts)) > 5


def test_noise_is_of_the_declared_epsilon(engine: duckdb.DuckDBPyConnection) -> None:
    """The variance of the two-sided geometric mechanism is 2a / (1 - a)², a = exp(-epsilon): 7.84 at 0.5."""
    assert POLICY.registry.entries["declassify_noise"].epsilon == EPSILON == 0.5
    row = engine.execute(
        "select avg(n), var_pop(n) from (select zt.declassify_noise(1000, i) - 1000 as n from range(20000) as t(i))"
    ).fetchone()
    assert row and abs(row[0]) < 0.2 and 7.0 < row[1] < 8.7
    assert one(engine, "min(n) from (select zt.declassify_noise(0, i) as n from range(500) as t(i))") == 0


def rendered(macro: str, *arguments: str, place: tuple[str, ...] = ()) -> str:
    """What a macro of the package writes into a model at a place below `models/`."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    names: dict[str, Any] = {"model": SimpleNamespace(fqn=["city", *place, "model"])}
    module: Any = environment.from_string(MACROS.read_text("utf-8")).make_module(names)
    names["zhongtai"] = module
    names["adapter"] = SimpleNamespace(dispatch=lambda name, _: getattr(module, f"default__{name}"))
    module = environment.from_string(MACROS.read_text("utf-8")).make_module(names)
    names["zhongtai"] = module
    return str(getattr(module, macro)(*arguments)).strip()


def test_a_product_has_pseudonyms_of_its_own_and_the_city_one_key() -> None:
    product = rendered("declassify_hmac", "certificate_number", place=("products", "health__causes"))
    assert product == "zt.declassify_pseudonym(cast(certificate_number as varchar), 'health__causes', '1')"
    assert rendered("declassify_hmac", "x", "2026", place=("products", "a__b")).endswith("'a__b', '2026')")
    theme = rendered("declassify_hmac", "certificate_number", place=("domains", "natural_person"))
    assert theme == "zt.declassify_hmac(cast(certificate_number as varchar))"
    assert rendered("declassify_hmac", "x", place=("products",)) == "zt.declassify_hmac(cast(x as varchar))"


def test_the_total_does_not_tell_the_one_hidden_cell(engine: duckdb.DuckDBPyConnection) -> None:
    sql = rendered("suppress_complement", "n", "district")
    engine.execute(
        "create table cells as from (values ('a', 1, 12), ('a', 2, null), ('a', 3, 40), ('b', 1, 15), ('b', 2, 16),"
        " ('c', 1, null), ('c', 2, null), ('c', 3, 11), ('d', 1, 12), ('d', 2, 12), ('d', 3, null)) as t"
        "(district, k, n)"
    )
    found = engine.execute(
        f"select district, list(s order by k) from (select *, {sql} as s from cells) group by 1 order by 1"
    ).fetchall()
    assert dict(found) == {
        "a": [None, None, 40],
        "b": [15, 16],
        "c": [None, None, 11],
        "d": [None, None, None],
    }
