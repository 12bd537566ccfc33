"""Every way to break what an element may hold: attributes, groups, text and children."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from constructs_lib.policy.specification import Child, ElementSpecification
from tests.policy.breaking import Breaking, Violation
from tests.policy.documents import DISPUTED, At, Path, Tag, minimal, specification_of


class BrokenElements(Breaking):
    """Breaks the specification of each element of a policy."""

    def attributes(self, path: Path, specification: ElementSpecification) -> Iterator[Violation]:
        """Unknown and missing attributes, and values that they cannot have."""
        name = specification.name

        def put(key: str, value: str) -> Callable[[Tag], At]:
            def change(tag: Tag) -> At:
                tag.attributes[key] = value
                return tag, key

            return change

        yield self.broken(
            "SFP201",
            path,
            "attributes",
            "",
            put("surplus", "x"),
            f"<{name}> has no attribute `surplus`",
        )
        for each in specification.attributes:
            about = f"`{each.name}` of <{name}>"
            values: list[tuple[str, str, str, str]] = []
            if each.values:
                values.append(("SFP203", "values", "x y", f"{about} cannot be `x y`"))
            if each.kind != "text":
                values.append(("SFP204", "kind", "many", f"{about} cannot be `many`"))
            if each.minimum is not None:
                low = f"{each.minimum - 1:.15g}"
                values.append(("SFP204", "minimum", low, f"{about} cannot be `{low}`"))
            if each.zero:
                values.append(("SFP204", "zero", "1", f"{about} cannot be `1`"))
            if each.maximum is not None:
                high = f"{each.maximum + 1:.15g}"
                values.append(("SFP204", "maximum", high, f"{about} cannot be `{high}`"))
            if not each.expression:
                told = f"{about} takes no expression"
                if each.disputed:
                    told = DISPUTED.format(about)
                values.append(("SFP205", "expression", "@(1)", told))
            for rule, what, value, message in values:
                change = put(each.name, value)
                milder = rule == "SFP205" and each.disputed
                severity = "warning" if milder else "error"
                yield self.broken(
                    rule, path, what, each.name, change, message, each.name, severity=severity
                )
            grouped = any(
                each.name in group
                for group in (*specification.exactly_one, *specification.at_least_one)
            )
            refused = each.required and not each.empty
            if each.kind == "text" and not each.values and (refused or grouped):
                yield self.broken(
                    "SFP202",
                    path,
                    "empty",
                    each.name,
                    put(each.name, ""),
                    f"{about} is empty",
                    each.name,
                    severity="error" if refused and not each.tolerated else "warning",
                )
            if each.required:

                def drop(tag: Tag, key: str = each.name) -> At:
                    del tag.attributes[key]
                    return tag, None

                message = f"<{name}> needs the attribute `{each.name}`"
                severity = "warning" if each.tolerated else "error"
                yield self.broken(
                    "SFP202", path, "required", each.name, drop, message, severity=severity
                )

    def groups(self, path: Path, specification: ElementSpecification) -> Iterator[Violation]:
        """Attributes and elements that do not go together."""
        name = specification.name
        children = [child.name for child in specification.children]

        def quoted(keys: tuple[str, ...]) -> str:
            texts = [f"<{key}>" if key in children else f"`{key}`" for key in keys]
            return " or ".join([*([", ".join(texts[:-1])] if texts[1:] else []), texts[-1]])

        def none_of(group: tuple[str, ...]) -> Callable[[Tag], At]:
            def change(tag: Tag) -> At:
                for key in group:
                    tag.attributes.pop(key, None)
                tag.children = [child for child in tag.children if child.name not in group]
                return tag, None

            return change

        def second(group: tuple[str, ...]) -> Callable[[Tag], At]:
            def change(tag: Tag) -> At:
                key = group[1]
                return (tag.child(key), None) if key in children else (tag, key)

            return change

        for what in ("exactly_one", "at_least_one"):
            for group in getattr(specification, what):
                message = f"<{name}> needs {quoted(group)}"
                yield self.broken("SFP206", path, what, f"none of {group}", none_of(group), message)
        for what in ("exactly_one", "at_most_one"):
            for group in getattr(specification, what):
                message = f"<{name}> takes only one of {quoted(group)}"
                yield self.broken(
                    "SFP206", path, what, f"all of {group}", second(group), message, *group
                )
        for group in specification.together:
            for missing in group:

                def drop(tag: Tag, missing: str = missing, group: tuple[str, ...] = group) -> At:
                    del tag.attributes[missing]
                    return tag, next(key for key in group if key != missing)

                there = next(key for key in group if key != missing)
                message = f"<{name}> takes `{there}` only together with `{missing}`"
                also = ("SFP206",)
                yield self.broken(
                    "SFP206", path, "together", missing, drop, message, *group, also=also
                )

        for first, second in specification.along:

            def alone(tag: Tag, first: str = first, second: str = second) -> At:
                tag.attributes.pop(second, None)
                return tag, first

            message = f"`{first}` of <{name}> does nothing without `{second}`"
            at = (path, "along", first, alone, message, first)
            yield self.broken("SFP206", *at, severity="warning", also=("SFP206",))

    def texts(self, path: Path, specification: ElementSpecification) -> Iterator[Violation]:
        """Text where none is allowed, or none where it is needed, or that is no plain text."""
        name = specification.name

        def write(text: str) -> Callable[[Tag], At]:
            def change(tag: Tag) -> At:
                tag.text = text
                return tag, None

            return change

        if specification.policies:
            message = "text stands between policies"
            yield self.broken("SFP305", path, "policies", "text", write("x"), message)
        elif not specification.text and not specification.anything:
            message = f"<{name}> holds text"
            yield self.broken("SFP305", path, "text", "", write("x"), message)
        if text := specification.text:
            if text.kind != "text":
                message = f"the text of <{name}> cannot be `many`"
                severity = "warning" if text.tolerated else "error"
                at = (path, "text.kind", "", write("many"), message)
                yield self.broken("SFP204", *at, severity=severity)
            if not text.expression:
                message = f"the text of <{name}> takes no expression"
                if text.tolerated:
                    message = DISPUTED.format(f"the text of <{name}>")
                yield self.broken(
                    "SFP205",
                    path,
                    "text.expression",
                    "",
                    write("@(1)"),
                    message,
                    severity="warning" if text.tolerated else "error",
                )
        if specification.text and specification.text.required:
            message = f"<{name}> is empty"
            yield self.broken("SFP305", path, "text_required", "", write(""), message)

    def children(self, path: Path, specification: ElementSpecification) -> Iterator[Violation]:
        """Unknown elements, and elements that are missing, too many or in another order."""
        name = specification.name

        def add(tag: Tag) -> At:
            tag.children.append(Tag("nonsense"))
            return tag.children[-1], None

        if specification.anything:
            return
        if specification.policies:
            message = "there is no policy <nonsense>"
            yield self.broken("SFP101", path, "policies", "", add, message)
            return
        message = f"<nonsense> cannot stand in <{name}>"
        yield self.broken("SFP301", path, "children", "", add, message)
        for child in specification.children:

            def without(tag: Tag, key: str = child.name) -> At:
                tag.children = [each for each in tag.children if each.name != key]
                return tag, None

            def often(tag: Tag, child: Child = child) -> At:
                index = tag.children.index(tag.child(child.name))
                more = [minimal(specification_of(child)) for _ in range(child.maximum or 0)]
                tag.children[index:index] = more
                return tag.children[index + len(more)], None

            if not child.expression:

                def compute(tag: Tag, key: str = child.name) -> At:
                    tag.child(key).text = "@(1)"
                    return tag.child(key), None

                message = f"the text of <{child.name}> takes no expression"
                item = child.name
                yield self.broken(
                    "SFP205", path, "child.expression", item, compute, message, child.name
                )
            if child.minimum:
                message = f"<{name}> needs an element <{child.name}>"
                yield self.broken("SFP302", path, "child.minimum", child.name, without, message)
            if child.maximum is not None:
                message = f"<{name}> takes at most {child.maximum} <{child.name}>"
                yield self.broken(
                    "SFP303", path, "child.maximum", child.name, often, message, child.name
                )
        defaults = {each.name: each.default for each in specification.attributes}
        values = {each.name: each.values for each in specification.attributes}
        for needed in specification.needed:
            for value in values[needed.attribute]:
                if value in needed.unless:
                    continue

                def explicit(
                    tag: Tag, child: str = needed.child, key: str = needed.attribute, v: str = value
                ) -> At:
                    tag.attributes[key] = v
                    tag.children = [each for each in tag.children if each.name != child]
                    return tag, None

                def implicit(tag: Tag, child: str = needed.child) -> At:
                    tag.children = [each for each in tag.children if each.name != child]
                    return tag, None

                message = f"<{name}> needs an element <{needed.child}>"
                item = f"{needed.child} {value}"
                severity = "warning" if needed.tolerated else "error"
                for change in (explicit, implicit)[: 1 + (value == defaults[needed.attribute])]:
                    at = (path, "needed", item, change, message)
                    yield self.broken("SFP302", *at, severity=severity)
        ordered = [each.name for each in specification.children if each.name != "include-fragment"]
        for early, late in pairwise(ordered):
            if specification.any_order:
                break

            def swap(tag: Tag, early: str = early, late: str = late) -> At:
                one, other = tag.child(early), tag.child(late)
                first, then = tag.children.index(one), tag.children.index(other)
                tag.children[first], tag.children[then] = other, one
                return one, None

            message = f"<{early}> stands after <{late}>"
            excluded = any({early, late} <= set(group) for group in specification.exactly_one)
            yield self.broken(
                "SFP304",
                path,
                "children",
                f"{early} {late}",
                swap,
                message,
                early,
                late,
                severity="warning",
                also=("SFP206",) if excluded else (),
            )
