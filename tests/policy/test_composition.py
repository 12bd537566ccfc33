"""What documents say together, and what they need."""

from __future__ import annotations

from constructs_lib.policy import (
    Base,
    Choose,
    Comment,
    Document,
    Expression,
    ForwardRequest,
    Fragment,
    IncludeFragment,
    Retry,
    SetBackendService,
    SetBody,
    SetHeader,
    SetVariable,
    Template,
    ValidateClientCertificate,
    When,
    effective,
    references,
)
from constructs_lib.policy.builders import Identity, LogToEventhub


def variable(name: str) -> object:
    return SetVariable(name=name, value="1")


def test_base_is_what_the_wider_scope_says() -> None:
    everywhere = Document(inbound=[variable("global")], backend=[ForwardRequest()])
    product = Document(inbound=[variable("before"), Base(), variable("after")])
    api = Document(inbound=[Base(), Comment("api")], outbound=[variable("out")])
    document = effective([everywhere, product, api])
    assert document.inbound == [
        variable("before"),
        variable("global"),
        variable("after"),
        Comment("api"),
    ]
    assert document.backend == [ForwardRequest()]
    assert document.outbound == [variable("out")]
    assert document.on_error == []


def test_base_may_stand_inside_of_a_policy() -> None:
    condition = Expression("@(true)")
    api = Document(backend=[Retry(Base(), condition=condition, count=2, interval=1)])
    document = effective([Document(backend=[ForwardRequest()]), api])
    assert document.backend == [Retry(ForwardRequest(), condition=condition, count=2, interval=1)]
    assert api.backend == [Retry(Base(), condition=condition, count=2, interval=1)]


def test_a_scope_without_base_drops_what_is_above() -> None:
    assert effective([Document(inbound=[variable("a")]), Document(inbound=[])]).inbound == []


def test_fragments_are_put_in_place() -> None:
    fragments = {
        "outer": Fragment([variable("a"), IncludeFragment(fragment_id="inner")]),
        "inner": Fragment([variable("b")]),
        "loop": Fragment([variable("c"), IncludeFragment(fragment_id="loop")]),
    }
    document = Document(
        inbound=[IncludeFragment(fragment_id=each) for each in ("outer", "other", "loop")]
    )
    result = effective([document], fragments=fragments).inbound
    assert result[:3] == [variable("a"), variable("b"), IncludeFragment(fragment_id="other")]
    assert result[3] == variable("c")
    assert result[-1] == IncludeFragment(fragment_id="loop")


def test_references_are_what_a_document_needs() -> None:
    document = Document(
        inbound=[
            SetBackendService(backend_id="orders"),
            SetHeader(name="a", values=["{{one}} {{two}}", Expression('@("{{three}}")')]),
            Choose(
                When(
                    IncludeFragment(fragment_id="shared"),
                    SetBackendService(backend_id=Expression('@("x")')),
                    SetBackendService(backend_id="${TfToken[TOKEN.1]}"),
                    SetBackendService(backend_id=Template("${x.y.name}")),
                    condition=Expression("@(true)"),
                )
            ),
            SetBody("{{body.x}} {{one}}", template="liquid"),
            SetBody("{{one}}"),
            LogToEventhub("x", logger_id="audit"),
            ValidateClientCertificate(identities=[Identity(issuer_certificate_id="root")]),
        ]
    )
    needed = references(document)
    assert needed.named_values == ("one", "two", "three")
    assert needed.backends == ("orders",)
    assert needed.fragments == ("shared",)
    assert needed.loggers == ("audit",)
    assert needed.certificates == ("root",)
    assert references(Fragment([Base()])) == references(Document())
