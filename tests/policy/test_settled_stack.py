"""A stack with policies of every form settles: azurerm sees no change in the second plan."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cdktf import App, TerraformStack

from constructs_lib.api.product import Product
from constructs_lib.policy import Document, Fragment, check, read, read_file
from tests.policy.helpers import (
    CORPUS,
    evaluated,
    fragment_answers,
    fragment_suppressed,
    policies,
    state_after_apply,
    suppressed,
)
from tests.test_secured_function_api import gateway, orders

FORMS = (
    "<!-- one\r\n    & two --><?pi?>"
    """<set-variable name='raw' value='@(f("a") + (1 < 2 && 3 > 2 ? "<&>" : ""))' />"""
    '<set-variable name="encoded" value="@(f(&quot;a&quot;) &amp;&amp; 1 &#60; 2)" />\r\n'
    '<set-variable name="lines" value="@{ // one&#xA;\treturn 1;\r\n}" />'
    '<set-variable name="template" value="${terraform.workspace} $${x} %%{y}" />'
    '<set-header name="X-{{name}}"><value>x ${terraform.workspace} &amp; "{{name}}"</value>'
    "</set-header>"
    '<set-body><![CDATA[{ "a": "<b> & ${terraform.workspace}" }]]>&#xA;</set-body>'
)
"""Policies in every form: expressions raw and encoded, line breaks, CDATA, comments, processing
instructions, named values and references of Terraform."""

SCOPES = ("policy", "product_policy", "api_policy", "api_operation_policy")


def every_form(base: str = "<base />") -> Document:
    """The policy of one scope, as a file with a byte order mark and a fragment in it."""
    inbound = f'{base}<include-fragment fragment-id="forms" />{FORMS}'
    source = f"\ufeff<?xml version='1.0'?>\r\n{policies(inbound)}"
    document = read(source, terraform=True)
    assert isinstance(document, Document)
    return document


def fitting() -> dict[str, Document]:
    """The documents of the corpus that may stand at an operation."""
    documents = {file.stem: read_file(file, resolvers=True) for file in CORPUS}
    return {
        name: document
        for name, document in documents.items()
        if isinstance(document, Document)
        and not [
            each
            for each in check(document, scope="operation", sku="Developer_1")
            if each.severity == "error"
        ]
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Every policy and fragment of the stack's Terraform JSON: its type and text."""
    app = App(outdir=str(tmp_path_factory.mktemp("out")), skip_validation=True)
    stack = TerraformStack(app, "test")
    apim = gateway(stack, policy=every_form(base=""))
    forms = read(f"<fragment>{FORMS}</fragment>", terraform=True)
    assert isinstance(forms, Fragment)
    apim.add_fragment("forms", forms)
    for file in CORPUS:
        document = read_file(file, resolvers=True)
        if isinstance(document, Fragment):
            apim.add_fragment(file.stem, document)
    apim.add_fragment("drift", Path(__file__).parent / "cases" / "drift-fragment.xml")
    documents = {"every-form": every_form(), **fitting()}
    ids = {name: f"get-{number}" for number, name in enumerate(documents)}
    orders(
        stack,
        gateway=apim,
        policy=every_form(),
        product=Product(id="all", display_name="All", policy=every_form()),
        operations=[f"GET /{number}" for number in range(len(documents))],
        operation_policies={ids[name]: document for name, document in documents.items()},
    )
    app.synth()
    (file,) = Path(app.outdir).rglob("cdk.tf.json")
    return [
        (kind, resource[key])
        for kind, resources in json.loads(file.read_text())["resource"].items()
        for resource in resources.values()
        for key in (("value",) if kind.endswith("_policy_fragment") else ("xml_content",))
        if kind.startswith("azurerm_api_management") and key in resource
    ]


def test_every_form_is_in_the_stack(written: list[tuple[str, str]]) -> None:
    kinds = [kind.removeprefix("azurerm_api_management_") for kind, _ in written]
    assert kinds.count("api_operation_policy") == len(fitting()) + 1 > 50
    assert kinds.count("policy_fragment") > 3
    for scope in (*SCOPES, "policy_fragment"):
        texts = [text for kind, text in written if kind == f"azurerm_api_management_{scope}"]
        formed = [text for text in texts if "$${x} %%{y}" in text]
        assert len(formed) == 1, scope
        assert all(
            part in formed[0] for part in ("${terraform.workspace}", "{{name}}", "&lt;b&gt;")
        )


def test_the_second_plan_is_empty(written: list[tuple[str, str]]) -> None:
    for kind, text in written:
        sent = evaluated(re.sub(r"(?<!\$)\$\{(?:azu|terraform)[\w.\[\]]+\}", "an-id", text))
        if kind.endswith("_policy_fragment"):
            for answer in fragment_answers(sent).values():
                assert fragment_suppressed(answer, sent)
        else:
            for reformatted in (False, True):
                assert suppressed(state_after_apply(sent, reformatted=reformatted), sent), sent
