"""What an MCP server adds to the chain is missed when it is changed so that somebody else gets in.

`test_access.py` has the attributes that it shares with every chain.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.examples import ROOT, output_of
from tests.mutants.access import Mutant, mutants, rewritten
from tests.mutants.test_access import AUTH, TOKEN, fits, new_rules, rules

# The registration that clients sign in for, and what the endpoint without a key stands behind.
OWN = re.compile(r".*_callers_.*")
DOOR = re.compile(rf"{AUTH}\.(auth_enabled|require_authentication)|app_settings\.AzureFunctions.*")

# What kills a mutant: type, attribute, change (all regular expressions), rule.
KILLED: list[tuple[str, str, str, str]] = [
    ("app", f"{AUTH}.(auth_enabled|require_authentication)", ".*", "SF605"),
    ("azuread_application", "sign_in_audience", "many", "SF206"),
    ("azuread_application", "", "gone", "SF904"),
    ("azuread_service_principal", "app_role_assignment_required", ".*", "SF204"),
    ("azuread_service_principal", "", "gone", "SF904"),
]

# What lets nobody else in, and why.
NEUTRAL: list[tuple[str, str, str, str]] = [
    ("app", "app_settings.*", ".*", "the host then demands a key"),
    ("azuread_application", "(display_name|owners)", ".*", "names, and who administers it"),
    ("azuread_application", "sign_in_audience", "removed", "the default"),
    ("azuread_application", "identifier_uris", ".*", "the audience is the client id"),
    ("azuread_application", "api.requested_access.*", ".*", "the audience is that of version 2"),
    ("azuread_application", "api.oauth2_permission_scope.*", ".*", "the policy names the scope"),
    ("azuread_application", "app_role.*", ".*", "the policy names the role"),
    ("azuread_application_pre_authorized", ".*", ".*", "the policy lists the clients"),
    ("azuread_app_role_assignment", ".*", ".*", "whom the stack names"),
    ("azuread_service_principal", "(client_id|owners)", ".*", "no token without it"),
]

CHECK = r"<validate-azure-ad-token .*?</validate-azure-ad-token>"
CONDITION = r'(<when condition="@\()(!\(\(\(Jwt\).*?)(\)">)'
SCOPE = r'<choose>\s*<when condition="@\(!\(\(\(Jwt\).*?</choose>'
# Rewrites of the policy's text: pattern, replacement, rule.
POLICIES: list[tuple[str, str, str]] = [
    (CHECK, "", "SF603"),
    (rf"({CHECK})(.*?)({TOKEN})", r"\3\1\2", "SF603"),
    (rf"({CHECK})", r'<choose><when condition="@(context.Api.Id == &quot;x&quot;)">\1'
     "</when></choose>", "SF603"),
    (r"<client-application-ids>.*?</client-application-ids>", "", "SF603"),
    (CHECK, '<check-header name="Authorization" failed-check-httpcode="401" />', "SF603"),
    (CHECK, '<set-variable name="session" value="@(Convert.FromBase64String(context.Request.Headers'
     '.GetValueOrDefault(&quot;Authorization&quot;, &quot;&quot;)).Decrypt(&quot;Aes&quot;, '
     'Convert.FromBase64String(&quot;k&quot;), new byte[16]))" />', "SF616"),
    (SCOPE, "", "SF604"),
    (CONDITION, r"\1(\2) &amp;&amp; false\3", "SF604"),
    (CONDITION, r"\1!(\2)\3", "SF604"),
    (CONDITION, r"\1!((\2) == false || true)\3", "SF604"),
    (CONDITION, r"\1\2 &amp;&amp; context.Request.Method == &quot;POST&quot;\3", "SF604"),
    (r'Contains\(&quot;[^&]*&quot;\)', "Contains(&quot;&quot;)", "SF604"),
    (CONDITION, r"\1System.Math.Max(\2, 1)\3", "SF901"),
    (rf"({SCOPE})(.*?)(</inbound>.*?<forward-request[^>]*/>)", r"\2\3\1", "SF604"),
    (r'(<when condition="@\()(context.Request.Headers.GetValueOrDefault\(&quot;Origin.*?)\)">',
     r'\1\2 &amp;&amp; false)">', "SF615"),
    (r'(authorization_servers[^\]]*)https:', r"\1http:", "SF606"),
    (r'(authorization_servers[^\]]*)/v2\.0', r"\1", "SF606"),
    (r'(authorization_servers[^\]]*\.com/)[^\]]*/', r"\1organizations/", "SF606"),
    (r'(authorization_servers[^\]]*)login.microsoftonline.com', r"\1login.example.com", "SF606"),
    (r'(authorization_servers[^\[]*\[)[^\]]*', r"\1", "SF606"),
    (r"<audiences>.*?</audiences>", "", "SF613"),
    (TOKEN, "", "SF602"),
    (r' buffer-response="false"', "", "SF612"),
]  # fmt: skip


@pytest.fixture(scope="module")
def server() -> dict[str, Any]:
    """Terraform JSON of the example."""
    [written] = output_of(ROOT / "examples/mcp_server/main.py").glob("stacks/*/cdk.tf.json")
    return json.loads(written.read_text(encoding="utf-8"))


def test_whoever_opens_the_server_is_found(server: dict[str, Any]) -> None:
    before = rules(server)
    assert before == set()
    made = [
        (mutant, new_rules(mutant, before))
        for mutant in mutants(server)
        if OWN.fullmatch(mutant.address) or DOOR.fullmatch(mutant.path)
    ]
    for mutant, found in made:
        expected = {entry[3] for entry in KILLED if fits(mutant, entry)}
        neutral = any(fits(mutant, entry) for entry in NEUTRAL)
        assert bool(expected) != neutral, f"spoken of once: {said(mutant)}"
        assert expected <= found, f"{said(mutant)}: {sorted(found)}"
        assert expected or not found, f"{said(mutant)}: {sorted(found)}"
    unused = [e for e in (*KILLED, *NEUTRAL) if not any(fits(mutant, e) for mutant, _ in made)]
    assert unused == []


def said(mutant: Mutant) -> str:
    return f"{mutant.address} {mutant.path} {mutant.kind}"


@pytest.mark.parametrize(("pattern", "replacement", "rule"), POLICIES)
def test_a_rewritten_policy_is_found(
    server: dict[str, Any], pattern: str, replacement: str, rule: str
) -> None:
    scope = "api_operation" if "authorization_servers" in pattern else "api"
    [mutant] = rewritten(server, pattern, replacement, scope)
    assert rule in new_rules(mutant, rules(server))
