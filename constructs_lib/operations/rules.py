"""What can be wrong with the operations of a project or a document; several readers find each."""

from __future__ import annotations

from constructs_lib._core.rules import Rule, Severity

PAGE = "operations.md"
RULES: dict[str, Rule] = {}
"""The rules by their ids: OP1xx speak of Functions projects, OP2xx of OpenAPI documents, OP3xx of
both compared. An error means that an operation would be missing or wrong."""


def _rule(id: str, severity: Severity, title: str, *, reason: str, fix: str) -> None:
    RULES[id] = Rule(id=id, severity=severity, title=title, reason=reason, fix=fix, page=PAGE)


_rule(
    "OP101",
    "error",
    "A value that is not a constant",
    reason="Files are read, not run: what an environment variable, a loop or a condition decides "
    "is not known.",
    fix="Write it as a constant, or give the operations in the settings.",
)
_rule(
    "OP102",
    "error",
    "A file that cannot be read",
    reason="The file is missing, is not text in UTF-8, or breaks the rules of its language.",
    fix="Correct the file.",
)
_rule(
    "OP103",
    "error",
    "A route that is refused",
    reason="The Functions host or API Management would refuse the route.",
    fix="Write a route that both accept.",
)
_rule(
    "OP104",
    "error",
    "An unknown route constraint",
    reason="ASP.NET Core does not have the constraint, so the host does not start with it.",
    fix="Use a constraint of ASP.NET Core, for example int, guid or regex(…).",
)
_rule(
    "OP105",
    "warning",
    "A function that demands a key",
    reason="A function with the level `function` or `admin` answers 401 to the gateway, which has "
    "no key.",
    fix='Make the level "anonymous": behind Easy Auth the identity counts, not a key.',
)
_rule(
    "OP106",
    "note",
    "A function that HTTP does not start",
    reason="Timers, queues and the like are not operations of an API.",
    fix="There is nothing to do.",
)
_rule(
    "OP107",
    "note",
    "A function that is disabled",
    reason="The project itself disables the function, so it is left out.",
    fix="Enable it if the API should have it.",
)
_rule(
    "OP108",
    "warning",
    "A function that answers every method",
    reason="The trigger names no methods, so the API gets an operation for each method there is.",
    fix="Name the methods that it answers.",
)
_rule(
    "OP109",
    "warning",
    "Two functions behind one operation",
    reason="Only the constraints of their routes tell the functions apart. The gateway has none "
    "and forwards both; the host decides.",
    fix="Give one of them another route, unless the constraints are meant to decide.",
)
_rule(
    "OP110",
    "error",
    "A function that may not be registered",
    reason="The function is registered under a condition, in a loop or in a call, so whether it "
    "exists depends on the run.",
    fix="Register it at the top level of the file.",
)
_rule(
    "OP111",
    "warning",
    "Functions that are not registered",
    reason="No app registers them, so the host does not serve them.",
    fix="Register them with the app, or delete them.",
)
_rule(
    "OP112",
    "warning",
    "A web framework that answers every path",
    reason="The framework's own routes are not read, so the API forwards every path.",
    fix="Give the operations from the app's OpenAPI document instead.",
)
_rule(
    "OP113",
    "error",
    "No function was read",
    reason="The project has no function, or is written in a language that is not read.",
    fix="Give the operations in the settings or in an OpenAPI document.",
)
_rule(
    "OP114",
    "warning",
    "A local setting that changes the route prefix",
    reason="local.settings.json is not deployed, so the app in Azure has another prefix.",
    fix="Set extensions.http.routePrefix in host.json.",
)
_rule(
    "OP115",
    "error",
    "A route or a route prefix that the host reserves",
    reason="The Functions host serves paths such as `/admin` itself.",
    fix="Choose another one.",
)
_rule(
    "OP116",
    "warning",
    "A file of Azure Functions proxies",
    reason="`proxies.json` is not read; version 4 of the host does not run it either.",
    fix="Let API Management do what the proxies did.",
)
_rule(
    "OP117",
    "warning",
    "An optional parameter that has to be present",
    reason="A route can leave out a parameter only at its end.",
    fix="Put it at the end of the route.",
)
_rule(
    "OP118",
    "warning",
    "A route that begins with a slash",
    reason="Some versions of the host refuse to start with it.",
    fix="Drop the slash.",
)
_rule(
    "OP119",
    "error",
    "A function name that the host refuses",
    reason="The host does not load a function with such a name, or one whose name another has.",
    fix="Give it a name of its own, of letters, digits, - and _ that begins with a letter.",
)
_rule(
    "OP120",
    "note",
    "A tool, resource or prompt for MCP",
    reason="API Management serves it through an MCP server, not through an operation.",
    fix="Publish the app's endpoint with SecuredMcpServer.",
)
_rule(
    "OP121",
    "note",
    "Functions in a place that is skipped",
    reason="The name of the folder or file says that it holds tests, an environment or a build, so "
    "its functions are left out.",
    fix="Move them if the app runs them.",
)
_rule(
    "OP122",
    "note",
    "An MCP endpoint that asks for a key",
    reason="With webhookAuthorizationLevel System, the default, the host answers 401 or 403 to a "
    "gateway that has no key. It is right for an endpoint that no gateway publishes.",
    fix="Leave it for an app that SecuredMcpServer makes, which gets an app setting. In front of "
    "any other, write Anonymous in host.json, and let Easy Auth demand a token on every slot.",
)
_rule(
    "OP123",
    "error",
    "A level that the MCP endpoint does not have",
    reason="The host starts with System or Anonymous only.",
    fix="Write Anonymous, behind Easy Auth.",
)
_rule(
    "OP124",
    "warning",
    "The state of MCP clients is not encrypted",
    reason="The host hands the state to clients and takes back what they send; without encryption "
    "they can read and change it.",
    fix="Leave encryptClientState out: it is for debugging.",
)
_rule(
    "OP125",
    "warning",
    "An experimental bundle of extensions",
    reason="Experimental bundles fail to load in slots (Azure/azure-functions-mcp-extension#139).",
    fix="Use Microsoft.Azure.Functions.ExtensionBundle.",
)
_rule(
    "OP201",
    "error",
    "A reference that leads nowhere",
    reason="The document refers to something that does not exist or that only the network has; a "
    "build that reads the network cannot be repeated.",
    fix="Refer to a local file or to a part of the document that exists.",
)
_rule(
    "OP202",
    "warning",
    "Something that API Management does not know",
    reason="API Management ignores it: cookie parameters, callbacks, links, webhooks, TRACE, "
    "servers of single operations and lists that are not repeated.",
    fix="Leave it out, or let a policy do it.",
)
_rule(
    "OP203",
    "note",
    "Security schemes, which API Management ignores",
    reason="A scheme in the document protects nothing.",
    fix="Let policies and Easy Auth say who may call.",
)
_rule(
    "OP204",
    "warning",
    "A type that contains itself",
    reason="API Management refuses some types that contain themselves.",
    fix="Break the circle, or expect API Management to refuse the type.",
)
_rule(
    "OP205",
    "warning",
    "A server that does not fit the route prefix",
    reason="The gateway forwards to the function app below its route prefix, whatever server the "
    "document names.",
    fix="Make the document's server and the routePrefix of host.json agree.",
)
_rule(
    "OP206",
    "note",
    "A response without a status code",
    reason="API Management has no place for `default` and `4XX`.",
    fix="Give responses by their status code.",
)
_rule(
    "OP207",
    "warning",
    "A body of GET, HEAD or OPTIONS",
    reason="API Management drops the body.",
    fix="Send it as query parameters, or use POST.",
)
_rule(
    "OP208",
    "error",
    "A document that is too large to import",
    reason="API Management imports documents of up to 4 MB.",
    fix='Split the document, or use mode="expand".',
)
_rule(
    "OP209",
    "warning",
    "A value that API Management would refuse",
    reason="A description is too long, a default is not among the values, or a server is no "
    "address.",
    fix="Correct the document.",
)
_rule(
    "OP210",
    "error",
    "Two operations that the same requests match",
    reason="The gateway would send every request to one of them.",
    fix="Drop one of them, or change its path.",
)
_rule(
    "OP211",
    "error",
    "A path that API Management refuses",
    reason="The operation cannot be created with such a path.",
    fix="Write a path that API Management accepts.",
)
_rule(
    "OP212",
    "error",
    "Two parameters of the same name in an import",
    reason="API Management puts required query parameters into the URL template, where their names "
    "have to be different from each other and from those of the path, in any case.",
    fix="Give one of them another name.",
)
_rule(
    "OP213",
    "warning",
    "An id that depends on another operation",
    reason="Several operations would have the same id, or API Management would cut the id off. Ids "
    "are part of Terraform addresses, so removing one operation may rename another.",
    fix="Give it an operationId of its own of at most 76 characters.",
)
_rule(
    "OP214",
    "warning",
    "A type that is empty",
    reason="The specification has no such type; documents that API Management exports have it. It "
    "is read as if it were left out: any type.",
    fix="Give the type, or leave it out.",
)
_rule(
    "OP301",
    "warning",
    "An operation that no function answers",
    reason="The document has the operation and the project has no function for it, so callers get "
    "404.",
    fix="Write the function, or take the operation out of the document.",
)
_rule(
    "OP302",
    "warning",
    "A function that the document does not have",
    reason="The function exists, and callers who read the document do not know it.",
    fix="Describe it, or keep it out of the API.",
)
_rule(
    "OP303",
    "warning",
    "A parameter with two types",
    reason="The route's constraint and the document's schema give the parameter different types.",
    fix="Give it the same type in both.",
)
