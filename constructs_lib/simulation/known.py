"""Values of Terraform as the simulation needs them: text, not references.

What Azure gives only on apply (ids, host names, keys) gets a stand-in: the same reference always
the same one, so that links which agree in the configuration agree here too. Anything else that is
not known stays so, unless the user gives it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from constructs_lib.access.chain import Chain as Links
from constructs_lib.access.terraform.body import LATER
from constructs_lib.access.terraform.values import (
    Opaque,
    Reference,
    Term,
    Value,
    text_of,
)

_NAMESPACE = UUID("6f1c5a52-6c36-4a5e-9a39-7d5a3c1f7f10")
TENANT = str(uuid5(_NAMESPACE, "tenant"))
"""The tenant of a configuration that does not name one."""

_IDS = frozenset({"client_id", "object_id", "principal_id", "application_id", "app_role_id"})
_KEYS = frozenset({"primary_key", "secondary_key"})
_NO_NAMES = frozenset(part.text for part in LATER.parts if isinstance(part, Opaque))
"""What stands in a plan for any value that Terraform does not know yet."""


class NotKnownError(Exception):
    """A value is needed that the configuration does not tell.

    Args:
        what: What it is.
        name: What to give it by.
    """

    def __init__(self, what: str, name: str) -> None:
        self.name = name
        fix = f'give it with values={{"{name}": …}}, or --value {name}=…'
        if name in _NO_NAMES:
            fix = "give cdktf.out or, after the apply, the output of `terraform show -json`"
        super().__init__(f"{what} is not known here: {fix}")


class KnownValues:
    """What values come to.

    Args:
        links: The configuration's links.
        given: Values that the user gives, by reference (`azurerm_x.y.attribute`, `var.name`) or by
            the display name of a named value.

    Attributes:
        tenant: The tenant that the stacks are in: the one that a provider names, or else an app.

    Raises:
        NotKnownError: If the provider's tenant is not known.
    """

    def __init__(self, links: Links, given: Mapping[str, str] | None = None) -> None:
        self._links = links
        self.given = dict(given or {})
        self.tenant = TENANT
        self.tenant = self._named_tenant()

    def text(self, value: Value, what: str, default: str | None = None) -> str:
        """A value as text.

        Args:
            value: It.
            what: What it is, for the message.
            default: What an absent one comes to; empty, if not given.

        Raises:
            NotKnownError: If it is not known.
        """
        if isinstance(value, Term):
            return "".join(
                part if isinstance(part, str) else self._part(part, what) for part in value.parts
            )
        if value is None:
            return default or ""
        return text_of(value)

    def boolean(self, value: Value, what: str) -> bool:
        """A value that is true or false.

        Raises:
            NotKnownError: If it is not known.
        """
        return value if isinstance(value, bool) else self.text(value, what).lower() == "true"

    def pieces(self, value: Value) -> list[str | NotKnownError]:
        """A value's parts: those that are known as text, each other with what to say of it."""
        found: list[str | NotKnownError] = []
        if not isinstance(value, Term):
            return [text_of(value)]
        for part in value.parts:
            try:
                found.append(part if isinstance(part, str) else self._part(part, "a value"))
            except NotKnownError as error:
                found.append(error)
        return found

    def _part(self, part: Reference | Opaque, what: str) -> str:
        name = text_of(Term((part,)))
        name = name[2:-1] if name.startswith("${") and name.endswith("}") else name
        if name in self.given:
            return self.given[name]
        stand_in = self._stand_in(part, name) if isinstance(part, Reference) else None
        if stand_in is None:
            told = name if name in _NO_NAMES else f"({name})"
            raise NotKnownError(what if name in what else f"{what} {told}", name)
        return stand_in

    def _stand_in(self, reference: Reference, name: str) -> str | None:
        """What Azure would give for it; None where that is not to be guessed."""
        if reference.address.startswith("var.") or not reference.path:
            return None
        last = reference.path[-1]
        if last == "tenant_id":
            return self.tenant
        if last in _IDS:
            return identifier(reference.stack, name)
        if last in _KEYS:
            return identifier(reference.stack, name).replace("-", "")
        if last == "id":
            return f"/subscriptions/{identifier('subscription')}/{reference.address}"
        if last in ("default_hostname", "default_host_name"):
            return host_of_app(self._label(reference))
        if last in ("gateway_url", "gateway_regional_url"):
            return f"https://{self._label(reference)}.azure-api.net"
        return None

    def _named_tenant(self) -> str:
        configuration = self._links.configuration
        for stack in sorted({stack for stack, _ in configuration.modules}):
            for value in configuration.tenants(stack, aliased=False):
                return self.text(value, "the tenant").lower()
        for app in self._links.apps.values():
            endpoint = app.directory.value("tenant_auth_endpoint") if app.directory else None
            if isinstance(endpoint, str):
                named = urlsplit(endpoint).path.strip("/").partition("/")[0].lower()
                if re.fullmatch(r"[0-9a-f-]{36}", named):
                    return named
        return TENANT

    def _label(self, reference: Reference) -> str:
        app = self._links.apps.get((reference.stack, reference.address))
        if app is not None and "${" not in app.name:
            return app.name
        resource = self._links.configuration.resource(reference.stack, reference.address)
        name: Value = None
        if resource is not None:
            name = self._links.configuration.attribute(resource, "name")
        return name if isinstance(name, str) else reference.address.rpartition(".")[2]


def host_of_app(name: str) -> str:
    """The host of a function app, or of a slot (`APP/SLOT`)."""
    return re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-") + ".azurewebsites.net"


def identifier(*names: str) -> str:
    """An id that is always the same for the same names."""
    return str(uuid5(_NAMESPACE, "/".join(names)))
