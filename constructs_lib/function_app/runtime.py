"""Languages and versions that function apps run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Stack = Literal[
    "python", "node", "dotnet", "dotnet-isolated", "java", "powershell", "custom", "docker"
]


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """A language and its version. Use the factories.

    Attributes:
        stack: The language worker.
        version: As Linux spells it: `3.12`, `22`, `8.0`, `17`, `7.4`; empty for custom and docker.
        image: Docker image with its tag, such as `contoso/orders:1.4`.
        registry_url: Registry of the image, such as `https://contoso.azurecr.io`.
    """

    stack: Stack
    version: str = ""
    image: str | None = None
    registry_url: str | None = None

    @classmethod
    def python(cls, version: str) -> Runtime:
        """Python, Linux only."""
        return cls(stack="python", version=version)

    @classmethod
    def node(cls, version: str) -> Runtime:
        """Node.js."""
        return cls(stack="node", version=version)

    @classmethod
    def dotnet(cls, version: str) -> Runtime:
        """.NET inside the host's process; not on Flex Consumption."""
        return cls(stack="dotnet", version=version)

    @classmethod
    def dotnet_isolated(cls, version: str) -> Runtime:
        """.NET in a worker process of its own."""
        return cls(stack="dotnet-isolated", version=version)

    @classmethod
    def java(cls, version: str) -> Runtime:
        """Java."""
        return cls(stack="java", version=version)

    @classmethod
    def powershell(cls, version: str) -> Runtime:
        """PowerShell."""
        return cls(stack="powershell", version=version)

    @classmethod
    def custom(cls, version: str = "") -> Runtime:
        """A custom handler; Flex Consumption wants a version, `1.0`."""
        return cls(stack="custom", version=version)

    @classmethod
    def docker(cls, image: str, *, registry_url: str) -> Runtime:
        """A container of a registry that the app's identity may pull from; Linux only."""
        return cls(stack="docker", image=image, registry_url=registry_url)
