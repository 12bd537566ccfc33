"""What `secured-functions verify` checks of a deployed system, in the order in which it asks."""

from __future__ import annotations

from constructs_lib._core.rules import Rule
from constructs_lib.verify.mcp import SESSIONS, STATELESS

PAGE = "verify.md"
RULES: dict[str, Rule] = {}
"""The checks by their ids."""

_EASY_AUTH = "Look at auth_enabled, require_authentication and excluded_paths of Easy Auth."


def _rule(id: str, title: str, *, reason: str, fix: str) -> None:
    RULES[id] = Rule(id=id, severity="error", title=title, reason=reason, fix=fix, page=PAGE)


_rule(
    "function-anonymous",
    "nobody reaches the functions without a token",
    reason="The app and every slot are asked for `/`, an operation, `/admin/host/status` and a "
    "path that does not exist. Each must answer 401.",
    fix=_EASY_AUTH,
)
_rule(
    "function-key",
    "a function key alone opens nothing",
    reason="The app and every slot are asked with a function key in `x-functions-key` and without "
    "a token. Each must answer 401.",
    fix=_EASY_AUTH,
)
_rule(
    "function-forged-token",
    "a token that Entra did not sign opens nothing",
    reason="The app and every slot are asked with tokens that claim to be the gateway's: one is "
    "unsigned, one has a made-up signature. Each must answer 401.",
    fix=_EASY_AUTH,
)
_rule(
    "function-identity",
    "an identity of the tenant that is not allowed opens nothing",
    reason="The app and every slot are asked with a token of the current `az` login "
    "(`--as-identity`). Each must answer 403, unless Entra issues no such token.",
    fix="List only the gateway in allowed_applications and allowed_identities, and set "
    "app_role_assignment_required on the service principal.",
)
_rule(
    "function-plain-http",
    "the functions are not served over plain HTTP",
    reason="The app and every slot are asked on port 80. It must be closed, answer 403 or redirect "
    "to HTTPS on the same host.",
    fix="Set https_only = true on the app and on every slot.",
)
_rule(
    "scm",
    "the deployment site refuses callers without credentials",
    reason="The deployment site (Kudu) of the app and of every slot must answer 401 or 403, or "
    "redirect to Entra's login page.",
    fix="Restrict the site with scm_ip_restriction, and switch basic authentication off.",
)
_rule(
    "mcp-challenge",
    "a client of MCP without a token is told where to get one",
    reason="The server is asked with POST, GET and DELETE, without a token. Each must answer 401 "
    "with a challenge that names the metadata and the scope.",
    fix="Keep the policy that SecuredMcpServer writes, and subscription_required = false.",
)
_rule(
    "mcp-metadata",
    "the metadata of an MCP server names the server itself",
    reason="It is asked for without a token. Its `resource` must be the address of the server, "
    "its issuer that of the tenant, its scope that of the challenge.",
    fix="Serve the metadata with the ResourceMetadata of the gateway.",
)
_rule(
    "mcp-forged-token",
    "a token that Entra did not sign does not open an MCP server",
    reason="The server is asked with tokens that claim to be for it: one is unsigned, one has a "
    "made-up signature. Each must answer 401 with the challenge.",
    fix="Keep validate-azure-ad-token in the policy, and what its on-error section says.",
)
_rule(
    "mcp-session",
    "a client of MCP that begins with initialize lists the tools",
    reason=f"With a caller's token (`--as-caller`, `--token-env`) the server is sent `initialize` "
    f"({SESSIONS}), `notifications/initialized` and `tools/list`. It must list its tools, unless "
    f"it speaks {STATELESS} alone.",
    fix="The report says what the status means: 401, 403, 500 and 502 come from different links "
    "of the chain.",
)
_rule(
    "mcp-stateless",
    "a client of MCP without a session lists the tools",
    reason="With a caller's token (`--as-caller`, `--token-env`) the server is sent `tools/list` "
    f"as of {STATELESS}, with MCP-Protocol-Version and Mcp-Method. It must list its tools, unless "
    "it speaks older versions alone.",
    fix="Let the headers of the protocol through the gateway as they are.",
)
_rule(
    "mcp-streams",
    "the answer of an MCP server arrives in pieces",
    reason="With a caller's token a tool that reports progress (`--stream-tool`) is called. Its "
    "first report must come while it runs: before the answer ends, the tools can be listed once "
    "more. A tool that reports nothing, or is too quick for that, is not judged.",
    fix='Set buffer-response="false" in a backend section of the API\'s own, leave the body of the '
    "answer alone, and log none of it.",
)
_rule(
    "gateway-plain-http",
    "the gateway does not serve the API over plain HTTP",
    reason="The API's operation is asked on port 80. It must be closed, answer 403 or 404, or "
    "redirect to HTTPS.",
    fix='Set protocols = ["https"] on the API.',
)
_rule(
    "gateway-no-key",
    "the gateway refuses callers without a subscription key",
    reason="The operation is called without a subscription key. The gateway must answer 401.",
    fix="Set subscription_required = true on the API and on each product that holds it.",
)
_rule(
    "gateway-wrong-key",
    "the gateway refuses a made-up subscription key",
    reason="The operation is called with a made-up subscription key. The gateway must answer 401.",
    fix="Set subscription_required = true on the API and on each product that holds it.",
)
_rule(
    "gateway-key",
    "the whole chain works with a subscription key",
    reason="The operation is called with your key. The answer must be 2xx, or what `--expect` "
    "names.",
    fix="The report says what the status means: 401, 403 and 500 come from different links of the "
    "chain.",
)
_rule(
    "gateway-echo",
    "the subscription key does not reach the functions",
    reason="An operation that echoes (`--echo`) is called with your key. Neither the key's header "
    "nor its query parameter may come back.",
    fix="Delete both in the API's policy, under the API's own names.",
)
