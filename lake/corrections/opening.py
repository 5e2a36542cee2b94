"""What a case is about, found in the ledger: rows of a batch by a rule, a rule that fails, or a release somebody has.

Nothing is believed of whoever opens it but which of these they mean. No lake is needed; where one is open the digest of
the rows' keys is added, made with the city's key: by a plain one the keys of few rows could be guessed.
"""

from __future__ import annotations

import duckdb

from contracts.model import Catalogue, Dataset
from contracts.sql_text import literal
from lake.attach import quarantine_table
from lake.quarantine.book import RECALLED, WITHDRAWN, QuarantineBook
from lake.quarantine.words import columns_of, words_of
from sharing.canonical import digest
from sharing.corrections.about import About
from sharing.faults import SharingRefused
from sharing.ledger import Ledger

_SEE = "see `zhongtai quarantine {dataset}` for batches and reasons"


def about_rows(book: QuarantineBook, dataset: Dataset, batch: str, reason: str = "", keys: str = "") -> About:
    """The rejected rows of a batch, of one reason or all. SharingRefused for none, and for what was taken back."""
    found = book.batch(dataset, batch)
    recalled = book.why_recalled(batch)
    if recalled is not None:
        fix = "nothing of it counts any more: have corrected bytes delivered, and open a case about those if needed"
        raise SharingRefused("case_recalled", batch, f"the batch was recalled: {recalled}", fix)
    if found is None or (found.state != WITHDRAWN and not found.rows):
        fix = _SEE.format(dataset=dataset.id)
        raise SharingRefused("case_rows", f"{dataset.id} {batch}", "no row of such a batch was rejected", fix)
    if found.state == WITHDRAWN:
        fix = "nothing of it counts any more; open a case about a delivery that does"
        raise SharingRefused("case_recalled", batch, "the delivery was taken back", fix)
    rows = found.reasons.get(reason, 0) if reason else found.rows
    if not rows:
        what = f"no row of the batch was rejected for {reason!r}"
        raise SharingRefused("case_rows", f"{dataset.id} {batch}", what, _SEE.format(dataset=dataset.id))
    zh = words_of(dataset, reason)[0] if reason else "被拒记录"
    about = About(
        title=f"{dataset.title_zh}：{zh}（{rows} 行）",
        department=dataset.department,
        dataset=dataset.id,
        batch=batch,
        rule=reason,
        column="+".join(columns_of(dataset, reason)),
        rows=rows,
        keys=keys,
        evidence=(found.seq,),
    )
    expect_unmended(found.open, about)
    return about


def expect_unmended(left: int | None, about: About) -> None:
    """SharingRefused where so many rows are not mended yet, and that is none (None: nobody knows)."""
    if left == 0:
        subject, what = f"{about.dataset} {about.batch}", "later deliveries have mended all of these rows already"
        raise SharingRefused("case_mended", subject, what, "nothing is to be corrected: look at what is open yet")


def keys_digest(connection: duckdb.DuckDBPyConnection, dataset: Dataset, batch: str, reason: str = "") -> str:
    """A digest of which rows these are: of their keys under the city's key; of rows without a key, of their records."""
    texts = (f"json_extract_string(_original, {_path(one.name)})" for one in dataset.key)
    named = " || chr(31) || ".join(f"coalesce({text}, '')" for text in texts)
    place = "coalesce(_row::varchar, '')"
    held = f"and list_contains(_faults, {literal(reason)})" if reason else ""
    keyed = f"zt.declassify_hmac({named or place} || chr(31) || {place}) as one"
    rows = f"from {quarantine_table(dataset)} where _batch = {literal(batch)} {held}"
    found = connection.execute(
        f"select sha256(coalesce(string_agg(one, '' order by one), '')) from (select {keyed} {rows})"
    ).fetchone()
    return str(found[0]) if found else ""


def _path(column: str) -> str:
    return literal(f'$."{column}"')


def about_rule(ledger: Ledger, catalogue: Catalogue, table: str, rule: str, column: str = "") -> About:
    """A rule that fails on a table, by its newest result. SharingRefused where it does not fail, or was never held."""
    key = "/".join(filter(None, (table, rule, column)))
    entry = ledger.latest("check", key) or next(
        (one for one in ledger.current("check").values() if (one.body["table"], one.body["rule"]) == (table, rule)),
        None,
    )
    if entry is None:
        raise SharingRefused("case_rule", f"{table} {rule}", "no such rule was ever held", "see `zhongtai check`")
    if entry.body.get("passed") and not entry.body.get("error"):
        raise SharingRefused("case_rule", f"{table} {rule}", "the rule holds, by its newest result", "nothing is wrong")
    dataset = next(
        (one for one in catalogue.datasets.values() if table.partition(".")[2] in (one.table, f"stg_{one.table}")), None
    )
    return About(
        title=f"{dataset.title_zh if dataset else table}：规则 {rule} 未通过",
        department=dataset.department if dataset else "",
        dataset=dataset.id if dataset else "",
        rule=rule,
        table=table,
        column=str(entry.body.get("column") or ""),
        evidence=(entry.seq,),
    )


def about_release(ledger: Ledger, catalogue: Catalogue, release: str, column: str, key: str = "") -> About:
    """What somebody received: a release, a column of its product, and the digest of a row's key, if a row is meant.

    SharingRefused for a release that nobody knows, and a column that it does not promise.
    """
    entry = next((one for one in ledger.entries("release") if one.body.get("release_id") == release), None)
    if entry is None:
        raise SharingRefused("case_release", release, "there is no such release", "name it as its certificate does")
    name = str(entry.body["agreement"])
    agreement = catalogue.agreements.get(name)
    promised = [one.name for one in agreement.columns] if agreement else []
    if agreement is not None and column and column not in promised:
        raise SharingRefused("case_column", column, f"{name} promises no such column", f"one of {', '.join(promised)}")
    return About(
        title=f"{agreement.title_zh if agreement else name}：{column or '整体'}",
        department="",
        column=column,
        keys=key,
        agency=str(entry.body.get("recipient") or (agreement.agency if agreement else "")),
        agreement=name,
        release=release,
        evidence=(entry.seq,),
        among=_departments(ledger, name, release),
    )


def _departments(ledger: Ledger, agreement: str, release: str) -> tuple[str, ...]:
    """The departments whose data are in a release, as it was judged when it was made; else as judged last."""
    newest = ledger.latest("verdict", agreement)
    body = newest.body if newest else {}
    if body.get("release_id") != release:
        every = (row["body"] for row in ledger.rows("verdict", 0))
        body = next((one for one in every if one.get("release_id") == release), body)
    sources = (body.get("evidence") or {}).get("sources") or ()
    return tuple(sorted({str(one["dataset"]).partition(".")[0] for one in sources}))


def key_digest(release: str, key: str, secret: bytes) -> str:
    """The digest of one row's key as a recipient gives it, under the city's secret; the key itself is kept nowhere."""
    return digest([secret.hex(), release, key.strip()]) if key.strip() else ""


def is_taken_back(book: QuarantineBook, dataset: Dataset, batch: str) -> str | None:
    """Why nothing of a batch counts any more; None where it does."""
    recalled = book.why_recalled(batch)
    if recalled is not None:
        return f"批次已召回 the batch was recalled: {recalled}"
    found = book.batch(dataset, batch)
    if found is not None and found.state in {WITHDRAWN, RECALLED}:
        return "报送已撤回 the delivery was taken back"
    return None
