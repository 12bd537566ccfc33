"""Languages and versions that function apps run, and how each resource spells them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, get_args

from constructs_lib._cdk.arguments import is_token
from constructs_lib._core.errors import InputError
from constructs_lib._core.problems import Pattern, Problem, ValueObject
from constructs_lib._core.provider_facts import RuntimeTarget, Stack, find_runtime, runtimes

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
        version: As Linux spells it: `3.12`, `22`, `8.0`, `17`, `7.4`; empty for a container. A
            version newer than all that are known is taken, with a warning.
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


def runtime_problems(runtime: Runtime, target: RuntimeTarget) -> Iterator[Problem]:
    """Find what the target does not run."""
    stacks = dict.fromkeys(each.stack for each in runtimes(target))
    if runtime.stack not in stacks:
        yield Problem(
            "runtime",
            f"{runtime.stack} does not run on {target}",
            f"choose one of {', '.join(stacks)}, or other hosting",
        )
    elif not is_token(runtime.version):
        try:
            find_runtime(target, runtime.stack, runtime.version)
        except InputError as error:
            yield Problem("runtime", error.problem, error.fix or "")


def application_stack(runtime: Runtime, target: RuntimeTarget) -> dict[str, Any]:
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
