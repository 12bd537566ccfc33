"""Routes of Azure Functions become the URL templates that match the same requests."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.operations import Operation
from constructs_lib.operations.route import RouteError, RouteParameter, parse_route


def templates(route: str) -> list[str]:
    return [found.template for found in parse_route(route).url_templates()]


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("orders", ["/orders"]),
        ("/", ["/"]),
        ("~/orders/", ["/orders"]),
        ("orders/{id:int:min(1)}", ["/orders/{id}"]),
        ("orders/{id?}", ["/orders/{id}", "/orders"]),
        ("orders/{id:guid?}", ["/orders/{id}", "/orders"]),
        ("{a}/{b?}/{c=1}", ["/{a}/{b}/{c}", "/{a}/{b}", "/{a}"]),
        ("{a?}/end", ["/{a}/end"]),
        ("files/{*path}", ["/files/{*path}", "/files"]),
        ("files/{**path}", ["/files/{*path}", "/files"]),
        ("{*path}", ["/{*path}", "/"]),
        ("{name}.{format?}", ["/{name}.{format}", "/{name}"]),
        ("report.{format?}", ["/report.{format}", "/report"]),
        ("from-{a}-to-{b}", ["/from-{a}-to-{b}"]),
        (r"{code:regex(^\d{{4}}$)}", ["/{code}"]),
        (r"{code:regex(^\d{4}$)}/x", ["/{code}/x"]),
        (r"{code:regex(^[)}}{{(]+\)$):length(2,3)?}", ["/{code}", "/"]),
    ],
)
def test_route_forms(route: str, expected: list[str]) -> None:
    assert templates(route) == expected


@pytest.mark.parametrize(
    ("constraints", "kind"),
    [
        ("int", "integer"),
        ("long", "integer"),
        ("min(1)", "integer"),
        ("range(1,9)", "integer"),
        ("decimal", "number"),
        ("float", "number"),
        ("double", "number"),
        ("bool", "boolean"),
        ("guid", "string"),
        ("datetime", "string"),
        ("alpha:maxlength(3)", "string"),
        ("required:int", "integer"),
        ("regex(int)", "string"),
    ],
)
def test_constraints_say_the_type(constraints: str, kind: str) -> None:
    (template,) = parse_route(f"x/{{p:{constraints}}}").url_templates()
    assert [parameter.type for parameter in template.parameters] == [kind]


def test_defaults_and_constraints_are_kept() -> None:
    assert parse_route("{page:int:min(1)=1}").parameters == (
        RouteParameter(name="page", constraints=("int", "min(1)"), default="1"),
    )
    longest = parse_route("{page:int=1}").url_templates()[0]
    assert longest.parameters[0].default == "1"


def test_a_regular_expression_keeps_its_braces() -> None:
    (parameter,) = parse_route(r"{x:regex(^a{{2,3}}(b|c)\)$)}").parameters
    assert parameter.constraints == (r"regex(^a{2,3}(b|c)\)$)",)


def test_constraints_that_the_host_does_not_have() -> None:
    assert parse_route("{id:integer:min(1)}").parameters[0].unknown_constraints == ("integer",)


@pytest.mark.parametrize(
    ("route", "problem", "column"),
    [
        ("a//b", "two slashes", 3),
        ("a/{b", "no '}' ends", 5),
        ("a}", "has no '{'", 2),
        ("a/{}", "no name", 3),
        ("{a}{b}", "text between", 4),
        ("{a:}", "without a constraint", 1),
        ("{a:regex(x}", "no ')' ends", 1),
        ("{***a}", "one or two stars", 1),
        ("{*a?}", "cannot be optional", 1),
        ("{a=1?}", "cannot be optional", 1),
        ("{a?}x", "has to end its segment", 1),
        ("x{a?}", "only a '.'", 1),
        ("{*a}/b", "last segment", 1),
        ("{a}/{A}", "two parameters have the name", 1),
        ("{{a}}", "no way to write", 1),
    ],
)
def test_routes_that_nobody_can_serve(route: str, problem: str, column: int) -> None:
    with pytest.raises(RouteError, match=re.escape(problem)) as error:
        parse_route(route)
    assert error.value.column == column


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
LITERALS = st.from_regex(r"[a-z0-9_~.-]{1,8}", fullmatch=True)
CONSTRAINTS = st.lists(
    st.sampled_from(
        ["int", "guid", "min(1)", "length(2,5)", "regex(^[a-z]{{2}}/(x|y)$)", r"regex(\d{3}:)"]
    ),
    max_size=2,
)


@st.composite
def routes(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A route and the templates that it has to become."""
    names = iter(draw(st.lists(NAMES, min_size=8, max_size=8, unique=True)))
    route: list[str] = []
    template: list[str] = []
    for is_parameter in draw(st.lists(st.booleans(), max_size=3)):
        if is_parameter:
            name = next(names)
            constraints = "".join(f":{c}" for c in draw(CONSTRAINTS))
            route.append(f"{{{name}{constraints}}}")
            template.append(f"{{{name}}}")
        else:
            route.append(draw(LITERALS))
            template.append(route[-1])
    expected = [list(template)]
    for ending in draw(st.lists(st.sampled_from(["?", "=1"]), max_size=2)):
        name = next(names)
        constraints = "".join(f":{c}" for c in draw(CONSTRAINTS))
        route.append(f"{{{name}{constraints}{ending}}}")
        template.append(f"{{{name}}}")
        expected.insert(0, list(template))
    if draw(st.booleans()):
        name = next(names)
        route.append(f"{{*{name}}}")
        expected.insert(0, [*template, f"{{*{name}}}"])
    return "/".join(route), ["/" + "/".join(segments) for segments in expected]


@given(routes())
def test_any_route_made_of_known_parts(example: tuple[str, list[str]]) -> None:
    route, expected = example
    assert templates(route) == expected


@given(st.text(st.sampled_from("ab1/{}:=?*.()[]\\%#- é"), max_size=30))
def test_any_text_is_refused_or_becomes_templates_that_api_management_takes(route: str) -> None:
    try:
        found = parse_route(route).url_templates()
    except RouteError:
        return
    for template in found:
        Operation(method="GET", url_template=template.template, parameters=template.parameters)
