"""The portal's description of itself, and requests of every kind that can be made of it: no fault inside, and no answer
that is not described.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks

from portal.app import application
from portal.description import ADDRESS, described
from portal.guard import Guard
from portal.people.people import People
from tests.unit.portal.conftest import NAME, SCHEMA, Portal

MACHINES = re.compile(
    r"/(delta-sharing|api|files|oauth)/|.*\.(json|jsonld|ttl|csv|yml|\{format\})$|.*/(files/|events$)"
)
# What everybody sees, by level: nobody is refused there.
OF_ALL = re.compile(r"/(api/(indicators|wall)|wall/)")
EXAMPLES = 12

load_all_checks()
HELD = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


def test_it_names_what_is_answered_and_no_more(portal: Portal) -> None:
    routes = application(portal.city, portal.people).routes
    answered = {
        (re.sub(r":\w+}", "}", route.path), method.lower())  # type: ignore[attr-defined]
        for route in routes
        if MACHINES.match(getattr(route, "path", "")) and route.path != ADDRESS  # type: ignore[attr-defined]
        for method in route.methods  # type: ignore[attr-defined]
    }
    told = {
        (path, method)
        for path, item in described()["paths"].items()
        for method in item
        if method in ("get", "post", "head")
    }
    # Starlette answers HEAD wherever it answers GET.
    assert {one for one in answered if one[1] != "head"} == {one for one in told if one[1] != "head"}
    assert {path for path, method in told if method == "head"} <= {
        path for path, method in answered if method == "head"
    }
    assert portal.ask("GET", ADDRESS).json() == described()


@pytest.mark.parametrize("known", [True, False], ids=["by a grant", "by nobody"])
def test_whatever_is_asked_is_answered_as_described(portal: Portal, known: bool) -> None:
    portal.publish()
    portal.publish(range(70, 100))
    headers = portal.grant()[1] if known else {}
    app = Guard(application(portal.city, People(portal.city, "http://portal")))
    schema = schemathesis.openapi.from_dict(described())
    schema.app = app
    checks = [CHECKS.get_one(name) for name in HELD]
    answered = Counter[int]()
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def one(case: schemathesis.Case) -> None:
            # Half of them are about what there is: guessed names alone never get further.
            if sum(answered.values()) % 2:
                there = {"share": "city", "schema": SCHEMA, "table": NAME, "id": f"product.{NAME}"}
                case.path_parameters.update({name: there[name] for name in case.path_parameters if name in there})
            response = case.call(headers=headers)
            if not OF_ALL.match(case.path):
                answered[response.status_code] += 1
            case.validate_response(response, checks=checks, headers=headers)

        given(case=operation.as_strategy())(one)()
    assert sum(answered.values()) > EXAMPLES * 10
    # It got as far as answers, not to refusals alone.
    assert (answered[200] > EXAMPLES * 3) == known
