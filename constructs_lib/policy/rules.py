"""What is checked of policy documents. One walk through a document finds them all: `checks`."""

from __future__ import annotations

from constructs_lib._core.rules import Effect, Rule, Severity

PAGE = "policy/rules.md"
RULES: dict[str, Rule] = {}
"""The rules by their ids: SFP0xx speak of the file, SFP1xx of where a policy stands, SFP2xx of its
attributes, SFP3xx of its elements, SFP4xx of what goes wrong between policies."""


def _rule(
    id: str,
    severity: Severity,
    title: str,
    *,
    reason: str,
    fix: str,
    milder: Severity | None = None,
    effect: Effect | None = None,
) -> Rule:
    rule = RULES[id] = Rule(
        id=id,
        severity=severity,
        title=title,
        reason=reason,
        fix=fix,
        page=PAGE,
        effect=effect,
        milder=milder,
    )
    return rule


_rule(
    "SFP001",
    "error",
    "The file cannot be read",
    reason="The text is not a policy document, an expression is not closed, or the file cannot be "
    "opened.",
    fix="Write well-formed XML whose root is `<policies>`, or `<fragment>` for a fragment.",
)
_rule(
    "SFP002",
    "error",
    "The file is a template of Terraform",
    reason="Read as it is, a template is another document. `--templates` checks it, each branch of "
    "`%{ if … }` by itself. Where only a `${…}` suggests a template it is a warning if something "
    "else is wrong, and a note if nothing is.",
    fix="Check it with `--templates`, which knows `${…}` and `%{ if … }`.",
    milder="warning",
)
_rule(
    "SFP101",
    "error",
    "Unknown policy",
    reason="Azure refuses policies that it does not know; most often the name is misspelled.",
    fix="Correct the name.",
)
_rule(
    "SFP102",
    "error",
    "Policy in the wrong section",
    reason="Each policy has its sections. It is a warning where Microsoft's page and Microsoft's "
    "policy toolkit differ.",
    fix="Move the policy to a section that its page names.",
    milder="warning",
)
_rule(
    "SFP103",
    "error",
    "Policy at the wrong scope",
    reason="Some policies only work at some scopes: `quota` for products, `cross-domain` for the "
    "service.",
    fix="Move the policy to the document of a scope that its page names.",
)
_rule(
    "SFP104",
    "error",
    "Policy that the gateway does not run",
    reason="Tiers differ in what they run. It is a warning for the v2 tiers, which still gain "
    "policies.",
    fix="Use another policy, or a gateway of a tier that runs this one.",
    milder="warning",
)
_rule(
    "SFP105",
    "error",
    "Policy that occurs too often",
    reason="`rate-limit`, `quota`, `cors`, the caches and `forward-request` may stand only once.",
    fix="Keep one of them.",
)
_rule(
    "SFP106",
    "error",
    "Something that a fragment cannot hold",
    reason="A fragment holds no `<base />` and no other fragment. It is a warning for "
    "`cache-lookup`, whose page says that it is not supported there.",
    fix="Put it into the document that includes the fragment.",
    milder="warning",
)
_rule(
    "SFP107",
    "error",
    "Fragment that is too large",
    reason="A fragment has at most 512 KB.",
    fix="Split it, and let the document include the parts one after the other.",
)
_rule(
    "SFP201",
    "error",
    "Unknown attribute",
    reason="Azure refuses attributes that it does not know. `id` is allowed on every policy.",
    fix="Correct the name, or remove the attribute.",
)
_rule(
    "SFP202",
    "error",
    "Missing attribute",
    reason="The policy's page calls the attribute required, and it is left out or empty. It is a "
    "warning where Microsoft's own documents leave it out and are deployed.",
    fix="Add the attribute.",
    milder="warning",
)
_rule(
    "SFP203",
    "error",
    "Value that is not allowed",
    reason="The policy's page lists the values that are allowed.",
    fix="Write one of the values that are allowed.",
)
_rule(
    "SFP204",
    "error",
    "Value of the wrong type or out of range",
    reason="The attribute takes a number, `true` or `false`, an IP address or a date; or the "
    "number is out of the range that the policy's page gives.",
    fix="Write a value of that type, within the range.",
)
_rule(
    "SFP205",
    "error",
    "Expression where none is allowed",
    reason="Azure reads some attributes and texts when the policy is saved, so nothing can be "
    "computed there. It is a warning where Microsoft's own documents do it and are deployed.",
    fix="Write a fixed value, a named value or a Terraform reference.",
    milder="warning",
)
_rule(
    "SFP206",
    "error",
    "Attributes or elements that do not go together",
    reason="The policy needs exactly one, at least one or at most one of a group, or takes some "
    "only together. It is a warning for an attribute that does nothing alone.",
    fix="Add what is missing, or keep one of those that exclude each other.",
    milder="warning",
)
_rule(
    "SFP207",
    "warning",
    "Expression after other text, which is not run",
    reason="Azure runs an expression only if it is the whole value.",
    fix="Make the whole value one expression that joins the texts.",
)
_rule(
    "SFP208",
    "warning",
    "Header that API Management does not change",
    reason="`Connection`, `Content-Length`, `Keep-Alive` and `Transfer-Encoding` stay as they are, "
    "`Server` cannot be deleted from responses, and `X-Forwarded-For` keeps the address of the "
    "caller.",
    fix="Remove the `<set-header>`.",
)
_rule(
    "SFP301",
    "error",
    "Unknown element",
    reason="The policy does not take that element. It is a warning where the policy deletes "
    "something and still has a value.",
    fix="Correct the name, or remove the element.",
    milder="warning",
)
_rule(
    "SFP302",
    "error",
    "Missing element",
    reason="The policy needs that element, always or unless an attribute says otherwise.",
    fix="Add the element.",
)
_rule(
    "SFP303",
    "error",
    "Element that occurs too often",
    reason="The policy's page says how often the element may stand. It is a warning for dimensions "
    "of metrics, of which the service takes more than the page says.",
    fix="Leave out the others.",
    milder="warning",
)
_rule(
    "SFP304",
    "warning",
    "Elements in another order than on the policy's page",
    reason="Microsoft asks for the order of the page; Azure insists on it for some policies only.",
    fix="Write the elements in the order of the page.",
)
_rule(
    "SFP305",
    "error",
    "Text where none is allowed, or missing where it is needed",
    reason="Text stands where policies or elements belong, or an element that consists of text is "
    "empty.",
    fix="Remove the text or make it a comment, or write the text that is missing.",
)
_rule(
    "SFP401",
    "error",
    "More than one policy in the backend section",
    reason="The backend section takes one policy; others go inside it.",
    fix="Put them into one that holds others, such as `<retry>`, or into `<inbound>`.",
)
_rule(
    "SFP402",
    "warning",
    "Section without `<base />`",
    reason="Without `<base />` the policies of wider scopes do not run: limits, logging, headers. "
    "In the backend section, nothing is forwarded.",
    fix="Put `<base />` first in the section.",
)
_rule(
    "SFP403",
    "error",
    "Token policy before a policy that reads the caller's Authorization header",
    reason="`authentication-managed-identity` replaces `Authorization`, so what reads it "
    "afterwards sees the gateway's own token. It is an error for policies that check callers and a "
    "warning for expressions.",
    fix="Put what reads the header before `authentication-managed-identity`.",
    milder="warning",
)
_rule(
    "SFP404",
    "warning",
    "Token policy that goes on without a token",
    reason="Without a token the request goes to the backend with whatever `Authorization` the "
    "caller sent.",
    fix='Write ignore-error="false".',
)
NAMED_VALUE_UNDEFINED = _rule(
    "SFP405",
    "error",
    "Named value that is not defined",
    reason="Azure refuses a policy that uses a named value which does not exist. `check` knows "
    "those of a gateway that the configuration creates; for a file, say what there is with "
    "`Known`, `--named-value` or `--stack`.",
    fix="Define the named value, or correct its name.",
    effect="broken",
)
BACKEND_UNDEFINED = _rule(
    "SFP406",
    "error",
    "Backend that is not defined",
    reason="Azure refuses a policy that names a backend which does not exist. What exists is known "
    "as for SFP405; the option is `--backend`.",
    fix="Define the backend, or correct its name.",
    effect="broken",
)
FRAGMENT_UNDEFINED = _rule(
    "SFP407",
    "error",
    "Fragment that is not defined",
    reason="Azure refuses a policy that includes a fragment which does not exist. What exists is "
    "known as for SFP405; the option is `--fragment`.",
    fix="Define the fragment, or correct its name.",
    effect="broken",
)
_rule(
    "SFP408",
    "warning",
    "Text that every plan will show as a change",
    reason="azurerm decodes entities when it compares, so a value that spells one out (`&quot;` as "
    "text) always looks changed.",
    fix='In an expression, write "\\u0026" in place of the `&`.',
)
_rule(
    "SFP409",
    "warning",
    "Cache policy without its counterpart",
    reason="What is stored is never looked up, or what is looked up is never stored, unless a "
    "wider scope does it.",
    fix="Add the other policy, unless a wider scope has it.",
)
_rule(
    "SFP410",
    "warning",
    "Liquid template that reads an empty body",
    reason="In `return-response` the body is empty before the template runs.",
    fix="Put the value into a variable before, or write an expression.",
)
