"""What a team without rights in the directory asks those who have them for: as text, as a script.

What is asked for is what `AppRegistration` makes: one tenant, version-2 tokens, one app role,
assignment required, the role assigned to the gateway's identity; no secret and no permission.

Sources: Microsoft Graph v1.0 `application`, `servicePrincipal`, `appRoleAssignment`; `az rest`.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from constructs_lib._core.errors import InputError
from constructs_lib.registration.app_role import APP_ROLE_ID, ROLE

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,119}")


@dataclass(frozen=True, kw_only=True)
class DirectoryRequest:
    """What to create in the directory.

    Attributes:
        registrations: Display names of the registrations, one for each function app.
        callers: Object ids of the principals to assign the role to, by name.
        tenant_id: The tenant; if left out, the one that the script is signed in to.

    Raises:
        InputError: For a name or an id that cannot be one.
    """

    registrations: Sequence[str]
    callers: Mapping[str, str]
    tenant_id: str | None = None

    def __post_init__(self) -> None:
        for name in (*self.registrations, *self.callers):
            if not _NAME.fullmatch(name):
                raise InputError(
                    f"{name!r} cannot be the name of a registration or a caller",
                    fix="write up to 120 letters, digits, blanks, . _ and -",
                )
        if len({name.lower() for name in self.registrations}) < len(self.registrations):
            raise InputError("a registration is named twice", fix="give each a name of its own")
        if not self.registrations or not self.callers:
            raise InputError(
                "nothing to ask for", fix="name a registration and a caller, gateway=<object id>"
            )
        for name, object_id in self.callers.items():
            _check_uuid(f"the object id of {name}", object_id)
        if self.tenant_id is not None:
            _check_uuid("the tenant's id", self.tenant_id)

    def as_text(self) -> str:
        """The request for people, in Markdown."""
        tenant = f" in the tenant {self.tenant_id}" if self.tenant_id else ""
        names = "\n".join(f"- {name}" for name in self.registrations)
        callers = "\n".join(f"   - {name}: {id}" for name, id in self.callers.items())
        return f"""\
# Request to the directory team

Please create these app registrations{tenant}, all alike:

{names}

1. The app registration: accounts in this directory only, access tokens of version 2
   (`requestedAccessTokenVersion`). No redirect URI, no secret or certificate, no API permission.
2. One app role of it: value `{ROLE}`, for applications, enabled, id `{APP_ROLE_ID}`.
3. Its service principal (enterprise application) with "Assignment required" on.
4. The role, assigned to these service principals by their object id:
{callers}

Please send back the ids as a file `directory.json`. The script that `--format az` gives does all
of this, does it only once however often it runs, and prints the file:

{_indented(self._contract(lambda name: f"<{name}>"))}

What for: API Management calls each function app with a token for its registration. Nobody without
the role gets such a token, and it gives no access to anything else. The file holds no secret.

Rights: Application Administrator or Cloud Application Administrator; for a service principal
`Application.ReadWrite.OwnedBy` and `AppRoleAssignment.ReadWrite.All`.
"""

    def as_script(self) -> str:
        """The request as a script for bash and the Azure CLI, which prints the contract."""
        lines = [_HEAD.format(role=ROLE, role_id=APP_ROLE_ID)]
        if self.tenant_id:
            lines.append(
                f'[ "$tenant_id" = {shlex.quote(self.tenant_id)} ] ||\n'
                f'  fail "signed in to the tenant $tenant_id, not {self.tenant_id}"\n'
            )
        variables: dict[str, str] = {"tenant_id": "$tenant_id"}
        for number, (name, object_id) in enumerate(self.callers.items(), 1):
            variables[f"client id of {name}"] = f"$caller_{number}"
            lines.append(f"caller_{number}=$(client_id_of {object_id})  # {name}")
        for number, name in enumerate(self.registrations, 1):
            variables[f"client id of the registration {name}"] = f"$registration_{number}"
            lines += [
                f"\n# {name}",
                f"registration_{number}=$(registration {shlex.quote(name)} "
                f"{shlex.quote(json.dumps(_application(name)))})",
                f'principal=$(service_principal "$registration_{number}")',
                *(f'assign "$principal" {object_id}' for object_id in self.callers.values()),
            ]
        contract = self._contract(variables.__getitem__)
        return "\n".join([*lines, f"\ncat <<CONTRACT\n{contract}\nCONTRACT\n"])

    def _contract(self, value: Callable[[str], str]) -> str:
        """The contract, with what is not known yet as `value` says."""
        callers = {
            name: {"client_id": value(f"client id of {name}"), "object_id": object_id}
            for name, object_id in self.callers.items()
        }
        return json.dumps(
            {
                "contract": 1,
                "tenant_id": self.tenant_id or value("tenant_id"),
                "registrations": {
                    name: {
                        "client_id": value(f"client id of the registration {name}"),
                        "token_version": 2,
                        "audiences": [],
                        "callers": callers,
                    }
                    for name in self.registrations
                },
            },
            indent=2,
        )


def _application(name: str) -> dict[str, Any]:
    return {
        "displayName": name,
        "signInAudience": "AzureADMyOrg",
        "api": {"requestedAccessTokenVersion": 2},
        "appRoles": [
            {
                "id": APP_ROLE_ID,
                "allowedMemberTypes": ["Application"],
                "displayName": ROLE,
                "description": "Call the functions",
                "value": ROLE,
                "isEnabled": True,
            }
        ],
    }


def _check_uuid(what: str, value: str) -> None:
    try:
        known = str(UUID(value)) == value.lower()
    except ValueError:
        known = False
    if not known:
        raise InputError(f"{value!r} is not {what}", fix="write a UUID")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


# Entra copies a new object to all of its servers in the background, so what follows may not find it
# at once.
_HEAD = """\
#!/usr/bin/env bash
# Creates app registrations that stand for function apps, and assigns their role to those who may
# call them. What is there already is left as it is. Prints directory.json, which holds no secret.
# Needs the Azure CLI, signed in with `az login --allow-no-subscriptions`.
set -euo pipefail

graph=https://graph.microsoft.com/v1.0
role={role}
role_id={role_id}

fail() {{
  echo "$1" >&2
  exit 1
}}

patiently() {{
  local attempt
  for attempt in 1 2 3 4 5; do
    "$@" && return
    sleep $((attempt * 3))
  done
  fail "gave up: $*"
}}

client_id_of() {{
  az ad sp show --id "$1" --query appId --output tsv || fail "no service principal $1"
}}

registration() {{
  local found kept
  found=$(az ad app list --filter "displayName eq '$1'" --query '[].appId' --output tsv) ||
    exit
  case $(printf %s "$found" | grep -c .) in
    0)
      az rest --method POST --uri "$graph/applications" --body "$2" --query appId --output tsv
      ;;
    1)
      kept=$(az ad app show --id "$found" --output tsv --query \\
        "api.requestedAccessTokenVersion == \\`2\\` && contains(appRoles[].id, '$role_id')") || exit
      [ "$kept" = true ] ||
        fail "$1 ($found) is there, but not with version-2 tokens and the role $role ($role_id)"
      printf '%s\\n' "$found"
      ;;
    *) fail "several registrations are named $1" ;;
  esac
}}

service_principal() {{
  local found
  found=$(az ad sp list --filter "appId eq '$1'" --query '[].id' --output tsv) || exit
  if [ -z "$found" ]; then
    found=$(patiently az rest --method POST --uri "$graph/servicePrincipals" \\
      --body "{{\\"appId\\": \\"$1\\"}}" --query id --output tsv) || exit
  fi
  patiently az rest --method PATCH --uri "$graph/servicePrincipals/$found" \\
    --body '{{"appRoleAssignmentRequired": true}}' >&2
  printf '%s\\n' "$found"
}}

assign() {{
  local found body
  found=$(az rest --method GET --uri "$graph/servicePrincipals/$1/appRoleAssignedTo" \\
    --query "value[?principalId=='$2' && appRoleId=='$role_id'].id" --output tsv) || exit
  body=$(printf '{{"principalId": "%s", "resourceId": "%s", "appRoleId": "%s"}}' \\
    "$2" "$1" "$role_id")
  [ -n "$found" ] || patiently az rest --method POST \\
    --uri "$graph/servicePrincipals/$1/appRoleAssignedTo" --body "$body" >&2
}}

tenant_id=$(az account show --query tenantId --output tsv)
"""
