"""The check in a CDKTF app: at synth, accepted with a reason, and in users' own tests."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import constructs_lib  # noqa: F401
from constructs_lib._core.errors import InputError
from constructs_lib.access import read_stacks
from constructs_lib.testing.access import assert_only_callable_through, who_can_call
from constructs_lib.testing.synthesized import Synthesized
from tests.access.samples import APP, Document, chain, directory


def l1_stack(scope: Any, name: str, **arguments: Any) -> Any:
    """A hand-written stack: one app, nothing that protects it."""
    from cdktf import TerraformStack
    from cdktf_cdktf_provider_azurerm.linux_function_app import LinuxFunctionApp
    from cdktf_cdktf_provider_azurerm.provider import AzurermProvider

    stack = TerraformStack(scope, name)
    AzurermProvider(stack, "azurerm", features=[{}])
    stack.function = LinuxFunctionApp(  # type: ignore[attr-defined]
        stack,
        "function",
        name=f"func-{name}",
        resource_group_name="rg",
        location="westeurope",
        service_plan_id="/plan",
        storage_account_name="st",
        storage_uses_managed_identity=True,
        site_config={"scm_ip_restriction_default_action": "Deny"},
        https_only=True,
        ftp_publish_basic_authentication_enabled=False,
        webdeploy_publish_basic_authentication_enabled=False,
        **arguments,
    )
    return stack


@pytest.fixture
def app(tmp_path: Path) -> Any:
    from cdktf import App

    return App(outdir=str(tmp_path))


def test_one_line_makes_synth_refuse_an_open_stack(app: Any) -> None:
    from constructs_lib.stack.validate_access import validate_access

    validate_access(l1_stack(app, "one"))
    with pytest.raises(RuntimeError, match=r"SF101 azurerm_linux_function_app\.function"):
        app.synth()


def test_a_program_that_ends_with_it_says_the_problems_only(
    app: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from constructs_lib.stack.validate_access import validate_access

    others: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda _, error, __: others.append(error))
    validate_access(l1_stack(app, "one"))
    with pytest.raises(RuntimeError) as refused:
        app.synth()
    sys.excepthook(RuntimeError, refused.value, None)
    said = capsys.readouterr().err
    assert said.startswith("synth is refused by the access check:\n  SF101 azurerm_linux_function")
    assert "skipValidation" not in said
    assert others == []
    another = RuntimeError("something else")
    sys.excepthook(RuntimeError, another, None)
    assert others == [another]


def test_one_line_for_all_stacks_of_the_app(app: Any) -> None:
    from constructs_lib.stack.validate_access import validate_access

    validate_access(app)
    l1_stack(app, "one")
    l1_stack(app, "two")
    with pytest.raises(RuntimeError) as refused:
        app.synth()
    assert str(refused.value).count("SF101") == 2


def test_a_stack_answers_for_itself_only(app: Any) -> None:
    from constructs_lib._cdk.acceptance import accept
    from constructs_lib.stack.validate_access import validate_access

    stack = l1_stack(app, "one")
    l1_stack(app, "two")
    validate_access(stack)
    accept(stack.function, "SF101", reason="a public web hook that checks signatures")
    app.synth()


def test_a_reason_is_accepted_and_stands_in_the_json(app: Any) -> None:
    from constructs_lib._cdk.acceptance import accept
    from constructs_lib.stack.validate_access import analyse_app, validate_access

    stack = l1_stack(app, "one")
    validate_access(app)
    accept(stack.function, "SF101", reason="a public web hook")
    accept(stack.function, "SF410", reason="not found at all")
    analysis = analyse_app(stack)
    assert [each.reason for each in analysis.accepted] == ["a public web hook"]
    assert [each.rule for each in analysis.findings] == ["SF902"]
    app.synth()
    document = json.loads((Path(app.outdir) / "stacks/one/cdk.tf.json").read_text("utf-8"))
    assert document["output"]["secured_functions_accepted"]["value"] == {
        "azurerm_linux_function_app.function": {
            "SF101": "a public web hook",
            "SF410": "not found at all",
        }
    }


def test_an_acceptance_needs_a_rule_and_a_reason(app: Any) -> None:
    from constructs_lib._cdk.acceptance import accept

    function = l1_stack(app, "one").function
    with pytest.raises(InputError, match="is not a rule"):
        accept(function, "AC101", reason="x")
    with pytest.raises(InputError, match="without a reason"):
        accept(function, "SF101", reason=" ")


def test_warnings_can_fail_too(app: Any) -> None:
    from constructs_lib._cdk.acceptance import accept
    from constructs_lib.stack.validate_access import validate_access

    stack = l1_stack(app, "one", storage_account_access_key="${var.key}")
    accept(stack.function, "SF101", reason="x")
    validate_access(stack, fail_on="warning")
    with pytest.raises(RuntimeError, match="SF409"):
        app.synth()


def test_a_backend_that_is_missing_is_reported_once(app: Any) -> None:
    from cdktf import TerraformStack

    from constructs_lib import (
        FunctionAppProps,
        Gateway,
        Placement,
        Publisher,
        Runtime,
        SecuredFunctionApi,
        add_providers,
    )
    from constructs_lib.policy import Base, Document, SetBackendService
    from constructs_lib.stack.validate_access import validate_access

    stack = TerraformStack(app, "one")
    add_providers(stack)
    SecuredFunctionApi(
        stack,
        "orders",
        gateway=Gateway(
            stack,
            "gateway",
            resource_group=Placement("rg", "westeurope"),
            name="apim-one",
            publisher=Publisher(name="One", email="one@contoso.example"),
        ),
        path="orders",
        operations=["GET /orders"],
        function_app=FunctionAppProps(runtime=Runtime.python("3.12")),
        operation_policies={
            "get-orders": Document(inbound=[Base(), SetBackendService(backend_id="gone")])
        },
    )
    validate_access(stack)
    with pytest.raises(RuntimeError) as refused:
        app.synth()
    assert str(refused.value).count("gone") == 1
    assert "SFP406 " in str(refused.value)


def test_who_can_call_an_l1_resource(app: Any) -> None:
    stack = l1_stack(app, "one")
    callers = who_can_call(stack.function, stack)
    assert "anybody without a token" in callers


def configuration(document: Document) -> Any:
    return read_stacks({"stack": document})


def test_only_the_gateway_calls(tmp_path: Path) -> None:
    assert_only_callable_through("apim-sample", "func-orders", configuration(chain()))
    gateway, app = "azurerm_api_management.gateway", f"{APP}.orders"
    (tmp_path / "cdk.tf.json").write_text(json.dumps(chain()), encoding="utf-8")
    for stack in (tmp_path, Synthesized(tmp_path), str(tmp_path)):
        assert_only_callable_through(gateway, app, stack)
    assert who_can_call(app, tmp_path) == [
        "any policy of apim-sample with id-gateway",
        "the gateway through orders",
    ]


def test_the_assertion_says_who_gets_in_and_why() -> None:
    document = chain()
    document["resource"][APP]["orders"]["auth_settings_v2"]["require_authentication"] = False
    with pytest.raises(AssertionError, match=r"anybody without a token: open .200.") as failed:
        assert_only_callable_through("apim-sample", "func-orders", configuration(document))
    assert "auth_settings_v2.require_authentication" in str(failed.value)


def test_the_assertion_fails_when_the_gateway_is_kept_out() -> None:
    document = chain()
    del document["resource"]["azuread_app_role_assignment"]
    with pytest.raises(AssertionError, match=r"the gateway through orders: closed .500."):
        assert_only_callable_through("apim-sample", "func-orders", configuration(document))


def test_the_assertion_fails_for_what_nobody_calls() -> None:
    document = chain()
    orders = document["resource"][APP]["orders"]
    document["resource"][APP]["nightly"] = {**orders, "name": "func-nightly"}
    with pytest.raises(AssertionError, match="no API"):
        assert_only_callable_through("apim-sample", "func-nightly", configuration(document))


def test_the_assertion_fails_for_a_further_caller() -> None:
    document = chain()
    principal = "22222222-1111-4111-8111-111111111111"
    directory(document)["allowed_applications"].append("11111111-1111-4111-8111-111111111111")
    directory(document)["allowed_identities"].append(principal)
    with pytest.raises(AssertionError, match=r"on the allow-list.: unknown"):
        assert_only_callable_through("apim-sample", "func-orders", configuration(document))
    assignments = document["resource"]["azuread_app_role_assignment"]
    assignments["batch"] = {**assignments["gateway"], "principal_object_id": principal}
    with pytest.raises(AssertionError, match=r"on the allow-list.: open"):
        assert_only_callable_through("apim-sample", "func-orders", configuration(document))


def test_names_that_are_not_there_are_named() -> None:
    with pytest.raises(AssertionError, match="no function app func-other, only: azurerm_linux"):
        who_can_call("func-other", configuration(chain()))
    with pytest.raises(AssertionError, match="no gateway apim-other, only: azurerm_api_manag"):
        assert_only_callable_through("apim-other", "func-orders", configuration(chain()))
