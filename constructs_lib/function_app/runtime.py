"""Languages and versions that function apps run, and how each resource spells them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, get_args

from constructs_lib._cdk.arguments import is_token
from constructs_lib._core.errors import InputError
from constructs_lib._core.problems import Pattern, Problem, ValueObject

Stack = Literal[
    "python", "node", "dotnet", "dotnet-isolated", "java", "powershell", "custom", "docker"
]
Target = Literal["Linux", "Windows", "Flex Consumption"]

_LINUX_AND_WINDOWS: Mapping[str, tuple[str, ...]] = {
    "node": ("12", "14", "16", "18", "20", "22"),
    # .NET inside the host exists in these versions only, whatever the provider lets pass.
    "dotnet": ("3.1", "6.0", "8.0"),
    "dotnet-isolated": ("6.0", "7.0", "8.0", "9.0", "10.0"),
    "java": ("8", "11", "17", "21"),
    "powershell": ("7", "7.2", "7.4"),
    "custom": ("",),
}

# azurerm 4.55 `helpers/function_app_schema.go`; for Flex Consumption, which the provider does not
# check, Learn "Supported language stack versions".
VERSIONS: Mapping[Target, Mapping[str, tuple[str, ...]]] = {
    "Linux": {
        **_LINUX_AND_WINDOWS,
        "python": ("3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13"),
        "docker": ("",),
    },
    "Windows": {
        **_LINUX_AND_WINDOWS,
        "dotnet-isolated": ("4.8", *_LINUX_AND_WINDOWS["dotnet-isolated"]),
    },
    "Flex Consumption": {
        "python": ("3.10", "3.11", "3.12", "3.13"),
        "node": ("20", "22"),
        "dotnet-isolated": ("8.0", "9.0", "10.0"),
        "java": ("17", "21"),
        "powershell": ("7.4",),
        "custom": ("1.0",),
    },
}

# Where the Windows resource spells a version in a way of its own.
_WINDOWS: Mapping[tuple[str, str], str] = {
    ("java", "8"): "1.8",
    ("dotnet", "3.1"): "v3.0",
    ("dotnet-isolated", "4.8"): "v4.0",
}
_ARGUMENTS: Mapping[str, str] = {
    "python": "python_version",
    "node": "node_version",
    "dotnet": "dotnet_version",
    "dotnet-isolated": "dotnet_version",
    "java": "java_version",
    "powershell": "powershell_core_version",
}


# A container is no language and version; its image and registry are told as such.
_LANGUAGES: tuple[Stack, ...] = tuple(each for each in get_args(Stack) if each != "docker")
_Image = Annotated[
    str,
    Pattern(
        r"|[^\s:@]+(/[^\s:@]+)*:[\w.-]{1,128}",
        "write the image with its tag, such as contoso/orders:1.4",
    ),
]
_Registry = Annotated[
    str,
    Pattern(
        r"|https://[^\s/]+/?", "write the registry's address, such as https://contoso.azurecr.io"
    ),
]


@dataclass(frozen=True, kw_only=True)
class Runtime(ValueObject):
    """A language and its version, such as `python 3.12`.

    Attributes:
        stack: The language worker.
        version: As Linux spells it: `3.12`, `22`, `8.0`, `17`, `7.4`; empty for a container.
        image: Container image with its tag, such as `contoso/orders:1.4`.
        registry_url: Registry of the image, such as `https://contoso.azurecr.io`.
    """

    EXAMPLE: ClassVar = "python 3.12"

    stack: Stack
    version: str = ""
    image: _Image = ""
    registry_url: _Registry = ""

    @classmethod
    def parse(cls, text: str) -> Runtime:
        """Read the short form: `python 3.12`, `custom`.

        Raises:
            InputError: If it is no language and version.
        """
        stack, _, version = text.partition(" ")
        if stack in _LANGUAGES and bool(version) == (stack != "custom"):
            return cls(stack=stack, version=version)
        raise InputError(
            f"{text!r} is not allowed",
            fix="write a language and its version, such as python 3.12; the languages are "
            f"{', '.join(_LANGUAGES[:-1])}, or custom without a version",
        )

    @classmethod
    def of(cls, given: Runtime | str) -> Runtime:
        """Take a runtime, or its short form."""
        return cls.parse(given) if isinstance(given, str) else given

    @classmethod
    def python(cls, version: str) -> Runtime:
        """Python, on Linux."""
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
        """.NET in a worker process of its own; `4.8` on Windows is the .NET Framework."""
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
    def custom(cls) -> Runtime:
        """A custom handler."""
        return cls(stack="custom")

    @classmethod
    def docker(cls, image: str, *, registry_url: str) -> Runtime:
        """A container, on Linux, from a registry that the app's identity may pull from."""
        return cls(stack="docker", image=image, registry_url=registry_url)

    def problems(self) -> Iterator[Problem]:
        """A container needs its image and registry."""
        if self.stack == "docker":
            for argument, value, example in (
                ("image", self.image, "contoso/orders:1.4"),
                ("registry_url", self.registry_url, "https://contoso.azurecr.io"),
            ):
                if not value:
                    yield Problem(argument, "is missing", f"write it, such as {example}")


def runtime_problems(runtime: Runtime, target: Target) -> Iterator[Problem]:
    """Find what the target does not run."""
    versions = VERSIONS[target]
    if runtime.stack not in versions:
        yield Problem(
            "runtime",
            f"{runtime.stack} does not run on {target}",
            f"choose one of {', '.join(versions)}, or other hosting",
        )
    elif not is_token(runtime.version) and runtime.version not in versions[runtime.stack]:
        yield Problem(
            "runtime",
            f"{runtime.version!r} is not allowed",
            f"write one of {', '.join(versions[runtime.stack])}",
        )


def application_stack(runtime: Runtime, target: Target) -> dict[str, Any]:
    """Return the `application_stack` block of the Linux or Windows resource."""
    if runtime.stack == "custom":
        return {"use_custom_runtime": True}
    if runtime.stack == "docker":
        name, _, tag = runtime.image.rpartition(":")
        # In camel case, as jsii leaves names within a list alone.
        return {
            "docker": [{"imageName": name, "imageTag": tag, "registryUrl": runtime.registry_url}]
        }
    version = runtime.version
    if target == "Windows":
        prefix = {"node": "~", "dotnet": "v", "dotnet-isolated": "v"}.get(runtime.stack, "")
        version = _WINDOWS.get((runtime.stack, version), f"{prefix}{version}")
    stack: dict[str, Any] = {_ARGUMENTS[runtime.stack]: version}
    if runtime.stack == "dotnet-isolated":
        stack["use_dotnet_isolated_runtime"] = True
    return stack


def flex_runtime(runtime: Runtime) -> dict[str, str]:
    """Return the runtime arguments of the Flex Consumption resource."""
    return {"runtime_name": runtime.stack, "runtime_version": runtime.version or "1.0"}
