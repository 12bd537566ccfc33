"""A synthesized stack as tests look at it: its resources, and assertions that say what differs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from inspect import isclass, signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from constructs_lib.testing.matching import Containing, differences, show
from constructs_lib.testing.mocks import read_stack

if TYPE_CHECKING:
    from cdktf import TerraformDataSource, TerraformResource, TerraformStack
    from constructs import IConstruct

    Kind = str | type[TerraformResource] | type[TerraformDataSource]


@dataclass(frozen=True)
class Block:
    """A resource or a data source of a stack.

    Attributes:
        address: Its Terraform address.
        type: Its Terraform type.
        construct_path: Path of the construct that made it, from the app down.
        values: Its arguments, as in the Terraform JSON.
    """

    address: str
    type: str
    construct_path: str
    values: Mapping[str, Any]


class Synthesized:
    """A stack's folder after synthesis.

    Args:
        folder: The folder that holds `cdk.tf.json`.

    Raises:
        InputError: There is no Terraform JSON in the folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.document = read_stack(self.folder)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All resources and data sources, in the order of the JSON."""
        return tuple(self._read())

    def _read(self) -> Iterator[Block]:
        for section, prefix in (("resource", ""), ("data", "data.")):
            for kind, blocks in self.document.get(section, {}).items():
                for name, config in blocks.items():
                    values = {key: value for key, value in config.items() if key != "//"}
                    path = config.get("//", {}).get("metadata", {}).get("path", "")
                    yield Block(f"{prefix}{kind}.{name}", f"{prefix}{kind}", path, values)

    def all(self, kind: Kind, *, within: IConstruct | None = None) -> tuple[Block, ...]:
        """Return the resources of a type; `data.…` names a data source.

        Args:
            kind: Terraform type, or class of the bindings.
            within: Only those that this construct and its children made.
        """
        name = _type_name(kind)
        top = within.node.path if within is not None else ""
        return tuple(
            block
            for block in self.blocks
            if block.type == name and (not top or f"{block.construct_path}/".startswith(f"{top}/"))
        )

    def one(self, kind: Kind, *, within: IConstruct | None = None) -> Block:
        """Return the only resource of a type; the arguments are those of `all`.

        Raises:
            AssertionError: There is none, or there are several.
        """
        found = self.all(kind, within=within)
        if len(found) != 1:
            addresses = ", ".join(block.address for block in found) or self._types(within)
            raise AssertionError(
                f"{len(found)} {_type_name(kind)} where one is needed: {addresses}"
            )
        return found[0]

    def output(self, name: str) -> Any:
        """Return the expression of an output.

        Raises:
            AssertionError: There is no such output.
        """
        outputs = self.document.get("output", {})
        if name not in outputs:
            raise AssertionError(f"no output {name}, only {', '.join(outputs) or 'none'}")
        return outputs[name]["value"]

    def assert_has(
        self,
        kind: Kind,
        expected: Mapping[str, Any],
        *,
        count: int | None = None,
        within: IConstruct | None = None,
    ) -> tuple[Block, ...]:
        """Assert that a resource of a type has these arguments, and return those that have.

        Args:
            kind: Terraform type, or class of the bindings.
            expected: Arguments under their Terraform names; see `matching.differences`.
            count: How many resources must have them; at least one if left out.
            within: Only look at those that this construct and its children made.

        Raises:
            AssertionError: Too few or too many have them; the message says what differs in each.
        """
        __tracebackhide__ = True
        _refuse_idle(kind, expected, count)
        blocks = self.all(kind, within=within)
        compared = [(list(differences(expected, block.values)), block) for block in blocks]
        matching = tuple(block for lines, block in compared if not lines)
        if len(matching) == count or (count is None and matching):
            return matching
        wanted = "at least one" if count is None else str(count)
        raise AssertionError(
            self._failure(f"{len(matching)} {_type_name(kind)} as expected, not {wanted}", compared)
            or f"no {_type_name(kind)} at all: {self._types(within)}"
        )

    def assert_all(
        self,
        kind: Kind,
        expected: Mapping[str, Any],
        *,
        within: IConstruct | None = None,
    ) -> tuple[Block, ...]:
        """Assert that every resource of a type has these arguments, and that there is one.

        The arguments and the result are those of `assert_has`.

        Raises:
            AssertionError: One has not, or there is none.
        """
        __tracebackhide__ = True
        blocks = self.all(kind, within=within)
        return self.assert_has(kind, expected, count=len(blocks) or None, within=within)

    def assert_none(self, kind: Kind, *, within: IConstruct | None = None) -> None:
        """Assert that there is no resource of a type that the provider has.

        Raises:
            AssertionError: There is one, or the type is not known: a misspelt one is never there.
        """
        __tracebackhide__ = True
        name = _type_name(kind)
        if not _arguments(name):
            raise AssertionError(f"{name} is not a type of the installed providers")
        if found := self.all(name, within=within):
            raise AssertionError(f"unwanted: {', '.join(block.address for block in found)}")

    def snapshot(self) -> dict[str, Any]:
        """Return what a snapshot should hold: the JSON without versions and machine paths."""
        document = {key: value for key, value in self.document.items() if key != "//"}
        terraform = dict(document.get("terraform", {}))
        terraform.pop("backend", None)
        return cast("dict[str, Any]", _without_metadata({**document, "terraform": terraform}))

    def _types(self, within: IConstruct | None) -> str:
        top = within.node.path if within is not None else ""
        types = {b.type for b in self.blocks if f"{b.construct_path}/".startswith(top)}
        return f"the types are {', '.join(sorted(types))}" if types else "there are no resources"

    @staticmethod
    def _failure(title: str, compared: list[tuple[list[str], Block]]) -> str:
        if not compared:
            return ""
        lines = [title]
        for found, block in sorted(compared, key=lambda pair: len(pair[0])):
            lines.append(f"  {block.address}" + ("" if found else ": as expected"))
            lines += [f"    {line}" for line in found]
        return "\n".join(lines)


def synthesize(stack: TerraformStack) -> Synthesized:
    """Synthesize the app of a stack, with its validations, and return the stack's folder.

    Make the app with a folder of its own, `App(outdir=str(tmp_path))`, or use the fixture
    `synthesize`.

    Raises:
        RuntimeError: A validation or an annotation of the app refused, as `cdktf synth` would.
    """
    from cdktf import App

    app = App.of(stack)
    app.synth()
    return Synthesized(Path(app.outdir) / "stacks" / stack.node.id)


def _type_name(kind: Kind) -> str:
    if isinstance(kind, str):
        return kind
    from cdktf import TerraformDataSource

    name = str(getattr(kind, "TF_RESOURCE_TYPE"))  # noqa: B009 - only the generated classes have it
    return f"data.{name}" if issubclass(kind, TerraformDataSource) else name


def _refuse_idle(kind: Kind, expected: Mapping[str, Any], count: int | None) -> None:
    """Refuse what could never fail: nothing expected, or the absence of what cannot be there."""
    name = _type_name(kind)
    if not expected:
        raise AssertionError(f"nothing is expected of {name}: use one(), all() or assert_none()")
    known = _arguments(name)
    for argument in {*_expected_absent(expected, known), *(expected if count == 0 else ())}:
        if argument not in known:
            reason = f"{name} has no argument {argument}" if known else f"{name} is not known"
            raise AssertionError(f"{argument} is expected to be absent, but {reason}")


def _expected_absent(expected: Any, known: Mapping[str, bool], key: str = "") -> Iterator[str]:
    if expected is None:
        yield key
    elif isinstance(expected, Mapping) and not known.get(key, False):
        for name, value in cast("Mapping[str, Any]", expected).items():
            yield from _expected_absent(value, known, name)
    elif isinstance(expected, (list, tuple)):
        for value in cast("list[Any]", expected):
            yield from _expected_absent(value, known, key)
    elif isinstance(expected, Containing):
        yield from _expected_absent(list(expected.items), known, key)


@cache
def _arguments(name: str) -> Mapping[str, bool]:
    """Return the arguments of a type, those in blocks too, and whether each is a map of free keys.

    The bindings have a class for the resource and one for each kind of block in it. There are no
    arguments if there are no bindings.
    """
    kind = name.removeprefix("data.")
    provider, _, rest = kind.partition("_")
    module_name = f"data_{kind}" if name.startswith("data.") else rest
    try:
        module = import_module(f"cdktf_cdktf_provider_{provider}.{module_name}")
    except ModuleNotFoundError:
        return {}
    classes = [value for value in vars(module).values() if isclass(value)]
    own = [value for value in classes if value.__module__ == module.__name__]
    return {
        parameter.name: "Mapping[" in str(parameter.annotation)
        for each in own
        for parameter in signature(each.__init__).parameters.values()
    }


def _without_metadata(value: Any) -> Any:
    if isinstance(value, dict):
        block = cast("dict[str, Any]", value)
        return {key: _without_metadata(inner) for key, inner in block.items() if key != "//"}
    if isinstance(value, list):
        return [_without_metadata(inner) for inner in cast("list[Any]", value)]
    return value


def pretty(value: Any) -> str:
    """Return a value as JSON with sorted keys, for comparing line by line."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, default=show) + "\n"
