"""Pages of who is who: the queue for whom it concerns, two records masked by role and level, deciding, and undoing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from contracts.acts import Role
from sharing.keyring import make_keys
from tests.unit.lake import matched_lake as made
from tests.unit.lake.registered import record
from tests.unit.portal.catalogued import role
from tests.unit.portal.conftest import Portal, portal_at

STELLA, BAO, SIMON = (f"{name}@city.example" for name in ("stella", "bao", "simon"))


def address(pair: str) -> str:
    return f"/identity/person/{'-'.join(sorted(map(record, pair)))}"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal_at(tmp_path_factory.mktemp("identity")) as found:
        city = found.city
        city.catalogue = replace(
            city.catalogue,
            departments=made.DEPARTMENTS,
            elements=made.ELEMENTS,
            domains={"people": made.domain(made.person())},
        )
        make_keys(city.settings.key_place)
        made.lay(city.settings, city.ledger, made.person())
        found.sign_in(STELLA, role(Role.STEWARD))
        found.sign_in(BAO, role(Role.OFFICER))
        yield found


def test_the_queue_is_for_whom_it_concerns(portal: Portal) -> None:
    steward = portal.begin(STELLA)
    page = portal.ask("GET", "/identity", headers=steward).text
    assert page.index(address("Ae")) < page.index(address("AD")) < page.index(address("Ab")) and "欧阳" not in page
    assert address("bc") not in page and made.ID_A not in page
    filtered = portal.ask("GET", "/identity?entity=person&dataset=civil.grid", headers=steward).text
    assert address("Ae") in filtered and address("Ab") not in filtered
    health = portal.sign_in(SIMON, role(Role.STEWARD, department="health"))
    assert "没有这样的记录对" in portal.ask("GET", "/identity", headers=health).text
    nothing = portal.ask("GET", address("Ab"), headers=health)
    assert nothing.status_code == 404 and nothing.text == portal.ask("GET", address("zz"), headers=health).text
    applicant = portal.sign_in("anna@city.example", role(Role.APPLICANT, agency="tax"))
    assert portal.ask("GET", "/identity", headers=applicant).status_code == 403
    assert portal.ask("GET", address("Ab"), headers=applicant).status_code == 404
    assert portal.ask("GET", "/identity").status_code in {302, 303}


def test_two_records_side_by_side_and_the_look_on_the_record(portal: Portal) -> None:
    before = portal.city.ledger.size()
    page = portal.ask("GET", address("Ab"), headers=portal.begin(STELLA)).text
    assert "欧****" in page and "110105********0021" in page and "110105********0022" in page and "13800138000" in page
    assert "欧阳小明" not in page and made.ID_A not in page
    assert page.count("<rect") == len(re.findall(r"<g><title>[^<]+ [+-]\d", page)) >= 4 and "<script>" not in page
    officer = portal.ask("GET", address("Ab"), headers=portal.begin(BAO)).text
    assert "欧" not in officer.partition("<main")[2] and "13800138000" not in officer
    looks = [dict(one.body) for one in portal.city.ledger.entries("access") if one.seq > before]
    assert [(one["by"], one["what"], one["level"]) for one in looks] == [(STELLA, "pair", "L2"), (BAO, "pair", "none")]


def test_a_merge_is_decided_and_undone(portal: Portal) -> None:
    steward = portal.begin(STELLA)
    refused = portal.post(f"{address('Ab')}/same", {"words": ""}, steward)
    assert refused.status_code == 403 and "takes a reason" in refused.text
    done = portal.post(f"{address('Ab')}/same", {"words": "同一手机号"}, steward)
    assert done.status_code == 303 and done.headers["location"] == address("Ab")
    page = portal.ask("GET", address("Ab"), headers=steward).text
    assert "这两条记录归为一个" in page and "同一手机号" in page and "说明" not in page
    assert address("Ab") not in portal.ask("GET", "/identity", headers=steward).text
    (number,) = set(re.findall(r'name="of" value="(\d+)"', page)) - {"0"}
    contrary = portal.post(f"{address('Ab')}/different", {"words": "不同"}, steward)
    assert contrary.status_code == 403 and f"decision {number} says that they are one" in contrary.text
    assert "不同" in contrary.text
    # A decision about another pair is none of this page's.
    assert portal.post(f"{address('Ae')}/undo", {"words": "x", "of": number}, steward).status_code == 404
    assert portal.post(f"{address('Ab')}/undo", {"words": "误判", "of": number}, steward).status_code == 303
    page = portal.ask("GET", address("Ab"), headers=steward).text
    assert "已撤销" in page and "误判" in page and 'id="after"' not in page
    assert address("Ab") in portal.ask("GET", "/identity", headers=steward).text


def test_two_identified_take_a_second_person(portal: Portal) -> None:
    steward, officer = portal.begin(STELLA), portal.begin(BAO)
    assert "须两人决定" in portal.ask("GET", address("AD"), headers=steward).text
    assert portal.post(f"{address('AD')}/same", {"words": "改过证件号"}, steward).status_code == 303
    page = portal.ask("GET", address("AD"), headers=steward).text
    assert "待第二人确认" in page and f"{address('AD')}/confirm" not in page
    assert address("AD") in portal.ask("GET", "/identity?state=waiting", headers=officer).text
    assert address("AD") in portal.ask("GET", "/", headers=officer).text
    assert address("AD") not in portal.ask("GET", "/", headers=steward).text
    page = portal.ask("GET", address("AD"), headers=officer).text
    (number,) = set(re.findall(r'name="of" value="(\d+)"', page))
    assert portal.post(f"{address('AD')}/confirm", {"of": number}, steward).status_code == 403
    assert portal.post(f"{address('AD')}/confirm", {"of": number}, officer).status_code == 303
    assert "这两条记录归为一个" in portal.ask("GET", address("AD"), headers=officer).text
    assert address("AD") in portal.ask("GET", "/identity?state=decided", headers=officer).text


def test_what_is_no_step_or_no_pair_is_not_there(portal: Portal) -> None:
    steward = portal.begin(STELLA)
    assert portal.post(f"{address('Ab')}/dance", {"words": "x"}, steward).status_code == 404
    assert portal.post(f"{address('bz')}/same", {"words": "x"}, steward).status_code == 404
    assert portal.ask("GET", "/identity/nobody/a-b", headers=steward).status_code == 404
    assert portal.ask("GET", "/identity/person/00-00", headers=steward).status_code == 404
