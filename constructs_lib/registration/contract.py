"""What the directory team hands over: registrations and who has their role, as a small JSON file.

The directory team's stack writes it as an output, and `terraform output -json directory_contract`
is the file. A team's stack reads it, needs no right in the directory and looks nothing up:

    {
      "contract": 1,
      "tenant_id": "7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6",
      "registrations": {
        "orders": {
          "client_id": "c2a0f1d8-3d1a-4d52-8d0e-1f9f4a7b6c33",
          "token_version": 2,
          "audiences": [],
          "callers": {
            "gateway": {
              "client_id": "5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
              "object_id": "0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22"
            }
          }
        }
      }
    }

It holds ids only, no secret, so it can live in the team's repository.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, cast

from constructs_lib._core.azure_names import UUID
from constructs_lib._core.errors import InputError
from constructs_lib._core.files.json_text import Pointer, load_json, read_text, texts, unusable
from constructs_lib._core.secrets import secret_shape
from constructs_lib.registration.existing import ExistingRegistration
from constructs_lib.registration.principal import Principal

VERSION = 1
OUTPUT = "directory_contract"


@dataclass(frozen=True)
class DirectoryContract:
    """A contract as it was read.

    Attributes:
        path: The file.
        registrations: The registrations by name, each with the callers that have its role.
    """

    path: Path
    registrations: Mapping[str, ExistingRegistration]

    @staticmethod
    def read(path: str | Path) -> DirectoryContract:
        """Read a contract and check all of it.

        Raises:
            InputError: If there is no such file, or for the first thing that does not belong into
                a contract, with the file and the key.
        """
        path = Path(path)
        return DirectoryContract(path, _read(path))

    def registration(self, name: str) -> ExistingRegistration:
        """Return a registration.

        Raises:
            InputError: If the contract has none of this name.
        """
        found = self.registrations.get(name)
        if found is None:
            _refuse(
                self.path,
                "registrations",
                f"there is no {name!r}",
                f"write one of {', '.join(self.registrations)}, or ask the directory team for it",
            )
        return found

    def caller(self, registration: str, name: str = "gateway") -> Principal:
        """Return a principal that has a registration's role, such as the gateway's identity.

        Raises:
            InputError: If the contract does not name it.
        """
        callers = self.registration(registration).callers
        found = next((caller for caller in callers if caller.name == name), None)
        if found is None:
            _refuse(
                self.path,
                f"registrations.{registration}.callers",
                f"there is no {name!r}",
                f"write one of {', '.join(caller.name for caller in callers)}",
            )
        return found


def _read(path: Path) -> dict[str, ExistingRegistration]:
    contract = _Table(path, "", _contract(path))
    version = contract.value("contract")
    if version is True or version != VERSION:  # for Python, True is 1
        contract.refuse("contract", f"{version!r} is not known", f"this reads version {VERSION}")
    tenant_id = contract.uuid("tenant_id")
    registrations: dict[str, ExistingRegistration] = {}
    for name, table in contract.tables("registrations").items():
        callers = [
            Principal(
                name=caller,
                client_id=principal.uuid("client_id"),
                object_id=principal.uuid("object_id"),
            )
            for caller, principal in table.tables("callers", "client_id", "object_id").items()
        ]
        token_version = table.value("token_version", 2)
        if token_version is True or token_version not in (1, 2):
            table.refuse("token_version", f"{token_version!r} is not known", "write 1 or 2")
        registrations[name] = ExistingRegistration(
            client_id=table.uuid("client_id"),
            tenant_id=tenant_id,
            audiences=table.texts("audiences"),
            token_version=token_version,
            callers=tuple(callers),
        )
        table.check_keys("client_id", "token_version", "audiences", "callers")
    contract.check_keys("$schema", "contract", "tenant_id", "registrations")
    return registrations


def _contract(path: Path) -> Any:
    fix = "ask the directory team for it: terraform output -json directory_contract"
    text = read_text(path, "the contract", fix=fix)
    contract = load_json(text, str(path), "the contract is not JSON")
    for pointer, problem in itertools.chain(_secrets(contract), unusable(contract)):
        raise InputError(problem, where=f"{path}: {'.'.join(map(str, pointer))}")
    return contract


def _secrets(contract: Any) -> Iterator[tuple[Pointer, str]]:
    """Find secrets, which a file in a repository may not hold, before a message repeats them."""
    for pointer, text in texts(contract):
        shape = secret_shape(text)
        if shape:
            where = () if text in pointer else pointer
            yield where, f"this looks like {shape.meaning} (a contract holds ids only: take it out)"


class _Table:
    """An object of the JSON, which knows where it stands."""

    def __init__(self, path: Path, key: str, value: Any) -> None:
        self._path = path
        self._key = key
        if not isinstance(value, dict):
            _refuse(path, key, "not an object", "write {…}")
        self._values = cast("dict[str, Any]", value)

    def refuse(self, key: str, problem: str, fix: str) -> NoReturn:
        _refuse(self._path, f"{self._key}.{key}".lstrip("."), problem, fix)

    def value(self, key: str, default: Any = None) -> Any:
        found = self._values.get(key, default)
        if found is None:
            self.refuse(key, "missing", "ask the directory team for a whole contract")
        return found

    def uuid(self, key: str) -> str:
        found = self.value(key)
        if not isinstance(found, str) or not UUID.allows(found):
            self.refuse(key, f"{found!r} is not an id", "write a UUID")
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        found = self.value(key, [])
        if not isinstance(found, list) or not all(
            isinstance(each, str) for each in cast("list[object]", found)
        ):
            self.refuse(key, "not a list of texts", 'write ["api://…"], or leave it out')
        return tuple(cast("list[str]", found))

    def tables(self, key: str, *keys: str) -> dict[str, _Table]:
        parent = f"{self._key}.{key}".lstrip(".")
        found = _Table(self._path, parent, self.value(key))
        if not found._values:
            self.refuse(key, "empty", "name at least one")
        tables = {
            name: _Table(self._path, f"{parent}.{name}", value)
            for name, value in found._values.items()
        }
        if keys:
            for table in tables.values():
                table.check_keys(*keys)
        return tables

    def check_keys(self, *known: str) -> None:
        for key in self._values:
            if key not in known:
                self.refuse(key, "this key is not known", f"it has {', '.join(known)}")


def _refuse(path: Path, key: str, problem: str, fix: str) -> NoReturn:
    raise InputError(problem, where=f"{path}: {key}" if key else str(path), fix=fix)
