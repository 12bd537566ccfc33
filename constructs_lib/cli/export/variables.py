"""Which literal values of a stack whoever uses it as a module passes.

What differs between two uses of a module has to be a variable: names that Azure has once, the
region, what was made elsewhere. The table says which arguments those are, and how far a name
reaches.
Source: Learn, "Naming rules and restrictions for Azure resources" (the column "Scope").
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from constructs_lib._core.errors import InputError
from constructs_lib.access.terraform.coverage import arguments
from constructs_lib.policy.terraform import parts

Reach = Literal["world", "tenant", "subscription", "gateway", "group", "nothing"]

_SITES = (
    "azurerm_linux_function_app",
    "azurerm_windows_function_app",
    "azurerm_function_app_flex_consumption",
)


@dataclass(frozen=True, slots=True)
class Input:
    """An argument whose literal value becomes a variable.

    Attributes:
        types: The resource types, or data sources with `data.` before them.
        argument: The argument.
        name: What the variable is called.
        description: What its description says.
        reach: Within what Azure has such a value once; it must differ between two uses there.
    """

    types: tuple[str, ...]
    argument: str
    name: str
    description: str
    reach: Reach = "nothing"


INPUTS = (
    Input(
        ("azurerm_resource_group",), "name", "resource_group_name",
        "Name of the resource group", "subscription",
    ),
    Input(
        ("azurerm_api_management",), "name", "gateway_name",
        "Name of the API Management service", "world",
    ),
    Input(
        ("data.azurerm_api_management",), "name", "gateway_name",
        "Name of the API Management service that exists",
    ),
    Input(
        ("data.azurerm_api_management",), "resource_group_name", "gateway_resource_group_name",
        "Resource group of the API Management service that exists",
    ),
    Input(
        ("azurerm_api_management",), "sku_name", "gateway_sku_name",
        "Tier and units of the gateway",
    ),
    Input(
        ("azurerm_api_management",), "publisher_name", "publisher_name",
        "Publisher that the gateway shows",
    ),
    Input(
        ("azurerm_api_management",), "publisher_email", "publisher_email",
        "Address that gets the gateway's notifications",
    ),
    Input(_SITES, "name", "function_app_name", "Name of the function app", "world"),
    Input(
        ("azurerm_storage_account",), "name", "storage_account_name",
        "Name of the storage account", "world",
    ),
    Input(
        (*_SITES, *(f"{site}_slot" for site in _SITES[:2])), "storage_account_name",
        "storage_account_name",
        "Name of the storage account that exists",
    ),
    Input(("azurerm_api_management_api",), "name", "api_name", "Name of the API", "gateway"),
    Input(
        ("azurerm_api_management_api",), "path", "api_path",
        "Path of the API below the gateway's address", "gateway",
    ),
    Input(
        ("azurerm_api_management_product",), "product_id", "product_id", "Id of the product",
        "gateway",
    ),
    Input(
        ("azurerm_api_management_subscription",), "subscription_id", "subscription_id",
        "Id of the subscription to the API", "gateway",
    ),
    Input(
        ("azurerm_api_management_logger",), "name", "logger_name", "Name of the logger", "gateway"
    ),
    Input(
        ("azurerm_api_management_named_value",), "name", "named_value_name",
        "Name of the named value", "gateway",
    ),
    Input(
        ("azurerm_api_management_policy_fragment",), "name", "fragment_name",
        "Name of the policy fragment", "gateway",
    ),
    Input(
        ("azurerm_api_management_backend",), "name", "backend_name", "Name of the backend",
        "gateway",
    ),
    Input(
        ("azurerm_api_management_api_version_set",), "name", "version_set_name",
        "Name of the version set", "gateway",
    ),
    Input(
        ("azuread_application",), "display_name", "application_name",
        "Display name of the app registration",
    ),
    Input(
        ("azuread_application_identifier_uri",), "identifier_uri", "identifier_uri",
        "Identifier URI of the app registration", "tenant",
    ),
    Input(
        ("azurerm_service_plan",), "name", "service_plan_name", "Name of the service plan", "group"
    ),
    Input(
        ("azurerm_user_assigned_identity",), "name", "identity_name",
        "Name of the user-assigned identity", "group",
    ),
    Input(
        ("azurerm_application_insights",), "name", "application_insights_name",
        "Name of Application Insights", "group",
    ),
    Input(
        ("azurerm_private_endpoint",), "name", "private_endpoint_name",
        "Name of the private endpoint", "group",
    ),
)  # fmt: skip
"""In the order in which a name is taken for part of another: of the gateway's names, the API's."""

# What ids of what exists consist of: what comes before a name in an id, the variable's name, its
# description, and how far the name reaches.
_IN_IDS: tuple[tuple[str, str, str, Reach], ...] = (
    ("/providers/Microsoft.Web/sites/", "function_app_name", "Name of the function app", "world"),
    (
        "/providers/Microsoft.ApiManagement/service/", "gateway_name",
        "Name of the API Management service that exists", "nothing",
    ),
    (
        "/resourceGroups/", "existing_resource_group_name",
        "Resource group of what exists", "nothing",
    ),
    ("/subscriptions/", "azure_subscription_id", "Subscription of what exists", "nothing"),
)  # fmt: skip

_REMOTE = re.compile(
    r"data\.terraform_remote_state\.(?P<state>[\w-]+)\.outputs(?:\.(?P<name>[\w-]+)"
    r'|\["(?P<quoted>[^"\\]+)"\])'
)
# CDKTF calls an output for another stack after type, id and attribute, with nothing between them.
_CROSS_STACK = re.compile(r"cross-stack-output-(?:data)?(?P<rest>[a-z]+_.+)")
_ID_AND_ATTRIBUTE = re.compile(
    r"(?P<id>.+?)(?:_[0-9A-F]{8})?(?P<attribute>"
    r"gateway_url|client_id|object_id|principal_id|tenant_id|application_id|id|name|location)"
)
_TYPES = ("azurerm_resource_group", "azuread_client_config", *arguments())


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the module.

    Attributes:
        name: Its name.
        description: What it is.
        value: What the stack says.
        required: Whether two uses cannot say the same, so that it has no default.
        reach: Within what its value has to be another each time.
        known: Whether the stack tells the value; what another stack gives it does not.
    """

    name: str
    description: str
    value: object
    required: bool = False
    reach: Reach = "nothing"
    known: bool = True

    @property
    def type(self) -> str:
        """The type, in Terraform's words."""
        value: Any = self.value
        if not self.known:
            return "any"
        if isinstance(value, bool):
            return "bool"
        if isinstance(value, (int, float)):
            return "number"
        if isinstance(value, str):
            return "string"
        if isinstance(value, dict):
            values = cast("dict[str, object]", value).values()
            return "map(string)" if all(isinstance(each, str) for each in values) else "any"
        items = cast("list[object]", value)
        return "list(string)" if all(isinstance(each, str) for each in items) else "any"


class Variables:
    """The variables of a stack, put in the place of its literal values.

    Args:
        document: The stack's Terraform JSON; it is not changed.

    Attributes:
        document: The JSON with `${var.…}` where a variable is.
        found: The variables by name.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document: dict[str, Any] = copy.deepcopy(dict(document))
        self.found: dict[str, Variable] = {}
        self._take_remote_states()
        for given in INPUTS:
            self._apply(given)
        self._take_everywhere(
            "resource_group_name", "resource_group_name", "Resource group that exists"
        )
        for before, name, description, reach in _IN_IDS:
            self._take_from_ids(before, name, description, reach)
        self._take_everywhere("location", "location", "Azure region")
        self._take_everywhere("tags", "tags", "Tags of every resource that has some")
        self._follow_paths()

    def take(self, name: str, address: str, path: Sequence[str | int]) -> None:
        """Make a variable of one argument, because the user wants it.

        Args:
            name: Of the variable.
            address: Of the resource, as Terraform writes it.
            path: The way to the argument.

        Raises:
            InputError: There is no such argument, or it has no literal value.
        """
        kind, _, label = address.removeprefix("data.").partition(".")
        section = "data" if address.startswith("data.") else "resource"
        holder: Any = self.document.get(section, {}).get(kind, {}).get(label)
        where = ".".join([address, *map(str, path)])
        if holder is None:
            raise InputError("there is no such resource", where=where, fix="see main.tf")
        *way, last = path
        try:
            for step in way:
                holder = holder[step]
            value = holder[last]
        except (KeyError, IndexError, TypeError):
            raise InputError("there is no such argument", where=where, fix="see main.tf") from None
        if not re.fullmatch(r"[a-z]\w*", name) or self._free(name, None) != name:
            problem = f"{name!r} cannot be the name of a variable, or is one already"
            raise InputError(problem, where=where, fix="take another")
        if _computed(value):
            raise InputError("is not a literal value", where=where)
        self.found[name] = Variable(name, f"{last} of {address}", value)
        holder[last] = f"${{var.{name}}}"

    # -- The table

    def _apply(self, given: Input) -> None:
        """Make variables of an argument's literal values: one for each different value."""
        places = [
            (address, body)
            for kind in given.types
            for address, body in self._of_type(kind)
            if _literal(body.get(given.argument))
        ]
        if given.reach == "group":
            made = "resource_group_name"
            places = [place for place in places if not self._is_made(place[1], made)]
        if given.reach == "gateway" and given.name != "api_path":
            named = given.argument
            places = [place for place in places if not self._part_of_api(place[1], named)]
        values = dict.fromkeys(cast("str", body[given.argument]) for _, body in places)
        for value in values:
            having = [place for place in places if place[1][given.argument] == value]
            name = self._free(given.name, having[0] if len(values) > 1 else None)
            required = given.reach in ("world", "tenant", "subscription", "group") or (
                given.reach == "gateway"
                and not all(self._is_made(body, "api_management_name") for _, body in having)
            )
            self.found[name] = Variable(name, given.description, value, required, given.reach)
            for _, body in having:
                body[given.argument] = f"${{var.{name}}}"
            if given.name == "gateway_resource_group_name":
                self._follow_in_gateway(value, name)
            if given.reach == "world" or given.name == "gateway_name":
                self._follow(value, _word(value), name)
            elif given.argument == "resource_group_name" or given.name == "resource_group_name":
                in_id = re.compile(rf"(?<=/resourceGroups/){re.escape(value)}(?![^/])")
                self._follow(value, in_id, name)

    def _part_of_api(self, body: dict[str, Any], argument: str) -> bool:
        """Let a name in the gateway that begins with an API's follow it; whether it does."""
        for variable in self.found.values():
            if not variable.name.endswith("api_name"):
                continue
            word = _word(cast("str", variable.value))
            if word.match(body[argument]):
                body[argument] = word.sub(f"${{var.{variable.name}}}", body[argument], count=1)
                return True
        return False

    def _follow(self, value: str, where: re.Pattern[str], name: str) -> None:
        """Put a variable wherever its value stands and can mean nothing else."""

        def followed(text: str) -> str:
            return "".join(
                part.replace(f'"{value}"', f"var.{name}")
                if read
                else where.sub(f"${{var.{name}}}", part)
                for part, read in parts(text)
            )

        self._change(followed)

    def _take_from_ids(self, before: str, name: str, description: str, reach: Reach) -> None:
        """Make variables of the names that follow something in literal ids."""
        named = re.compile(rf"(?<={re.escape(before)})[^/${{}}]+")
        found: dict[str, None] = {}

        def collect(text: str) -> str:
            for part, read in parts(text):
                found.update(dict.fromkeys([] if read else named.findall(part)))
            return text

        for section in ("resource", "data"):
            _mapped(self.document.get(section, {}), collect)
        for value in found:
            group = self.found.get("resource_group_name")
            if before == "/resourceGroups/" and group and group.value == value:
                own = group.name
            else:
                own = self._free(name, None)
                self.found[own] = Variable(own, description, value, reach != "nothing", reach)
            everywhere = name != "existing_resource_group_name"
            in_id = re.compile(rf"(?<={re.escape(before)}){re.escape(value)}(?![^/])")
            self._follow(value, _word(value) if everywhere else in_id, own)

    def _follow_in_gateway(self, value: str, name: str) -> None:
        """Put the group of a gateway that exists wherever a resource of that gateway names it."""
        for bodies in self.document.get("resource", {}).values():
            for body in bodies.values():
                if "api_management_name" in body and body.get("resource_group_name") == value:
                    body["resource_group_name"] = f"${{var.{name}}}"

    def _take_everywhere(self, argument: str, name: str, description: str) -> None:
        """Make a variable of an argument that all resources give the same literal value."""
        having = [
            body
            for section in ("resource", "data")
            for bodies in self.document.get(section, {}).values()
            for body in bodies.values()
            if body.get(argument) and not _computed(body[argument])
        ]
        values = [body[argument] for body in having]
        if having and name not in self.found and all(value == values[0] for value in values):
            own = self._free(name, None)
            self.found[own] = Variable(own, description, values[0])
            for body in having:
                body[argument] = f"${{var.{own}}}"

    def _follow_paths(self) -> None:
        """Let the addresses of APIs in the outputs follow their paths."""
        for variable in list(self.found.values()):
            if not variable.name.endswith("api_path"):
                continue
            path = re.compile(rf"(\}})/{re.escape(str(variable.value))}(?=/|$)")
            followed = rf"\1/${{var.{variable.name}}}"

            def follow(text: str, path: re.Pattern[str] = path, new: str = followed) -> str:
                return path.sub(new, text)

            if "output" in self.document:
                self.document["output"] = _mapped(self.document["output"], follow)

    # -- Other stacks

    def _take_remote_states(self) -> None:
        """Make variables of what comes from other stacks' states."""
        names: dict[tuple[str, str], str] = {}

        def taken(text: str) -> str:
            return _REMOTE.sub(one, text)

        def one(found: re.Match[str]) -> str:
            output = found["name"] or found["quoted"]
            key = (found["state"], output)
            if key not in names:
                what = _of_other_stack(output)
                name = self._free(_slug("_".join(what)), None)
                names[key] = name
                stack = found["state"].removeprefix("cross-stack-reference-input-")
                description = f"{' of '.join(reversed(what))}, from the state of {stack}"
                self.found[name] = Variable(name, description, None, required=True, known=False)
            return f"var.{names[key]}"

        self._change(taken)
        data = self.document.get("data", {})
        data.pop("terraform_remote_state", None)

    # -- Reading and changing

    def _change(self, change: Callable[[str], str]) -> None:
        """Change each text in what the module is made of."""
        for section in ("check", "data", "locals", "output", "resource"):
            if section in self.document:
                self.document[section] = _mapped(self.document[section], change)

    def _of_type(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        section = "data" if kind.startswith("data.") else "resource"
        bodies = self.document.get(section, {}).get(kind.removeprefix("data."), {})
        for label, body in bodies.items():
            yield f"{kind}.{label}", body

    def _is_made(self, body: Mapping[str, Any], argument: str) -> bool:
        """Whether an argument refers to a resource of the module."""
        found = re.match(r"\$\{(azurerm_\w+)\.([\w-]+)\.", str(body.get(argument, "")))
        return bool(found) and found[2] in self.document.get("resource", {}).get(found[1], {})

    def _free(self, name: str, place: tuple[str, Mapping[str, Any]] | None) -> str:
        """A name that no variable has; the construct's stands before it if there are several."""
        if place is not None:
            address, body = place
            path = body.get("//", {}).get("metadata", {}).get("path", "")
            steps = path.split("/")[1:2] or [address.rpartition(".")[2]]
            name = f"{_slug(steps[0])}_{name}"
        number, found = 2, name
        while found in self.found or found in self.document.get("variable", {}):
            found = f"{name}_{number}"
            number += 1
        return found


def _of_other_stack(output: str) -> tuple[str, ...]:
    """What an output gives: of one that CDKTF made for another stack, construct and attribute."""
    made = _CROSS_STACK.fullmatch(output)
    if made is None:
        return (output,)
    kind = max((each for each in _TYPES if made["rest"].startswith(each)), key=len, default="")
    found = _ID_AND_ATTRIBUTE.fullmatch(made["rest"].removeprefix(kind))
    return (found["id"], found["attribute"]) if found else (made["rest"],)


def _slug(text: str) -> str:
    slug = re.sub(r"\W+|_+", "_", text).strip("_").lower()
    return slug if slug[:1].isalpha() else f"v_{slug}"


def _word(value: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])")


def _literal(value: object) -> bool:
    return isinstance(value, str) and value != "" and not _computed(value)


def _computed(value: object) -> bool:
    if isinstance(value, str):
        return any(read for _, read in parts(value))
    if isinstance(value, dict):
        return any(map(_computed, cast("dict[str, object]", value).values()))
    return isinstance(value, list) and any(map(_computed, cast("list[object]", value)))


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """A value with each text in it changed; what CDKTF says of itself stays."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return {
            key: each if key == "//" else _mapped(each, change) for key, each in entries.items()
        }
    if isinstance(value, list):
        return [_mapped(each, change) for each in cast("list[Any]", value)]
    return value
