"""Which azurerm a stack is for, and the least version of it that what is in the stack needs."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import cdktf
from cdktf import TerraformStack
from constructs import IConstruct

from constructs_lib._cdk.per_stack import once_per_stack
from constructs_lib._core.errors import InputError
from constructs_lib._core.provider_facts import AZURERM, BINDINGS, AzurermVersion, azurerm_range


class StackAzurerm:
    """The azurerm of one stack.

    Args:
        stack: The stack.

    Attributes:
        subscription_id: Where it works: empty for that of the sign-in, None if it is not told.
    """

    subscription_id: str | None = None

    def __init__(self, stack: TerraformStack) -> None:
        self._stack = stack
        self._version: AzurermVersion | None = None
        self._needs: list[str] = []
        self._asks = False

    @property
    def version(self) -> AzurermVersion:
        """Its major version: the one chosen, or else that of the installed bindings."""
        if self._version is None:
            self._version = installed_azurerm()
        return self._version

    def choose(self, version: AzurermVersion | None) -> None:
        """Settle the version and write its range into the stack.

        Raises:
            InputError: Something in the stack was made for another version.
        """
        if version is not None:
            if version not in AZURERM:
                raise InputError(
                    f"{version!r} is not allowed",
                    where=f"{self._stack.node.path}: azurerm",
                    fix=f"write {' or '.join(map(repr, AZURERM))}",
                )
            if self._version not in (None, version):
                raise InputError(
                    f"constructs in this stack were made for azurerm {self._version}",
                    where=f"{self._stack.node.path}: azurerm",
                    fix="call add_providers before they are made",
                )
            self._version = version
        self._asks = True
        self._write_range()

    def need(self, least: str) -> None:
        """Have the stack ask for this version of azurerm or a newer one, if it asks for a range."""
        self._needs.append(least)
        if self._asks:
            self._write_range()

    def _write_range(self) -> None:
        self._stack.add_override(
            "terraform.required_providers.azurerm",
            {
                "source": "hashicorp/azurerm",
                "version": azurerm_range(self.version, *self._needs),
            },
        )


def azurerm_of(construct: IConstruct) -> StackAzurerm:
    """Return the azurerm of the stack that a construct is in."""
    return once_per_stack(construct, StackAzurerm)


def installed_azurerm() -> AzurermVersion:
    """Return the major version of azurerm that the installed bindings are made from."""
    framework = "cdktf-cdktf" if cdktf.__name__ == "cdktf" else cdktf.__name__
    package = f"{framework}-provider-azurerm"
    known = BINDINGS[package]
    try:
        major = int(version(package).partition(".")[0])
    except PackageNotFoundError:  # bindings that were copied rather than installed
        major = min(known)
    return known[max((each for each in known if each <= major), default=min(known))]
