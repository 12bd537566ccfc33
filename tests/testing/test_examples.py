"""`terraform test` is green for every example and environment, with nothing but written mocks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from constructs_lib.testing import MockedApply, mocked_apply
from constructs_lib.verify.outputs import read_outputs
from tests.examples import APPS, name_of, output_of

pytestmark = pytest.mark.usefixtures("terraform")


@pytest.mark.parametrize("app", APPS, ids=name_of)
def test_every_stack_plans_and_applies_without_a_cloud(app: Path, tmp_path: Path) -> None:
    stacks = Path(shutil.copytree(output_of(app) / "stacks", tmp_path / "stacks"))
    for stack in sorted(stacks.iterdir()):
        without_imports(stack / "cdk.tf.json")
        applied = mocked_apply(stack, tmp_path / stack.name)
        assert_links_agree(applied)


def without_imports(path: Path) -> None:
    """Leave out `import` blocks: a mocked provider has nothing to import."""
    document = json.loads(path.read_text())
    if document.pop("import", None):
        path.write_text(json.dumps(document))


def assert_links_agree(applied: MockedApply) -> None:
    """After an apply the ids of both ends can be compared, and `verify` reads the outputs."""
    outputs = applied.state.get("outputs", {})
    if "apis" not in outputs:
        return
    assert set(read_outputs(json.dumps(outputs), where="state").apis) == {*outputs["apis"]["value"]}
    gateway = outputs["gateway"]["value"]
    resources = applied.state["root_module"]["resources"]
    audiences = {api["audience"] for api in outputs["apis"]["value"].values()}
    protected = [ids for each in resources for ids in easy_auth(each["values"])]
    assert protected
    for audience, applications, identities in protected:
        assert audience in audiences
        assert gateway["client_id"] in applications
        assert gateway["principal_id"] in identities


def easy_auth(values):
    """Audience and both allow-lists, as azurerm or azapi writes them."""
    for settings in values.get("auth_settings_v2") or ():
        (entra,) = settings["active_directory_v2"]
        yield entra["client_id"], entra["allowed_applications"], entra["allowed_identities"]
    providers = ((values.get("body") or {}).get("properties") or {}).get("identityProviders")
    if providers:
        entra = providers["azureActiveDirectory"]
        allowed = entra["validation"]["defaultAuthorizationPolicy"]
        yield (
            entra["registration"]["clientId"],
            allowed["allowedApplications"],
            allowed["allowedPrincipals"]["identities"],
        )
