"""Values that are well-formed and cannot be meant, and tokens that are lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from constructs_lib.policy import Known
from constructs_lib.policy.reference import POLICIES
from constructs_lib.policy.specification import Attribute
from tests.policy.breaking import Breaking, Violation
from tests.policy.documents import (
    READS,
    RESOLVERS,
    TOKEN,
    At,
    Path,
    Tag,
    build,
    document,
    minimal,
    paths,
    render,
)


class BrokenMeanings(Breaking):
    """Writes what is well-formed and cannot mean what it says."""

    def holding(
        self, usable: Callable[[Attribute], bool], *, plain_text: bool = False
    ) -> Iterator[tuple[Path, str | None]]:
        """The attributes that are usable, and the elements with text (no name)."""
        for path, specification in paths(self.policy):
            for attribute in specification.attributes:
                if usable(attribute):
                    yield path, attribute.name
            text = specification.text
            if text and not (plain_text and text.kind != "text"):
                yield path, None

    def saying(
        self,
        rule: str,
        path: Path,
        key: str | None,
        value: str,
        message: str,
        *,
        severity: str = "warning",
        also: tuple[str, ...] = (),
        known: Known | None = None,
    ) -> Violation:
        """The violation of a value that is well-formed but cannot mean what it says."""

        def change(tag: Tag) -> At:
            if key is None:
                tag.text = value
            else:
                tag.attributes[key] = value
            return tag, key

        return self.broken(
            rule,
            path,
            "value",
            f"{rule} {key or 'text'}",
            change,
            message,
            *([key] if key else []),
            severity=severity,
            also=also,
            known=known,
        )

    def meanings(self) -> Iterator[Violation]:
        """Values that say what cannot be meant: too late code, names of nothing, lost tokens."""
        name = self.name

        def plain(each: Attribute) -> bool:
            return each.kind == "text" and not each.values

        for path, key in self.holding(plain, plain_text=True):
            where = f"`{key}` of <{path[-1]}>" if key else f"the text of <{path[-1]}>"
            # A dimension of another name needs a value.
            also = ("SFP202",) if (path[-1], key) == ("dimension", "name") else ()
            if path[-1] != "set-body" or key:
                late = f"the expression in {where} stands after other text and is not run"
                yield self.saying("SFP207", path, key, "Bearer @(1)", late, also=also)
            entity = f"{where} spells out `&…;`, which azurerm takes for a change in every plan"
            yield self.saying("SFP408", path, key, "&quot;", entity, also=also)
        for path, key in self.holding(lambda _: True):
            message = "nothing defines the named value `missing`"
            known = Known(named_values=["present"])
            yield self.saying(
                "SFP405", path, key, "{{missing}}", message, severity="error", known=known
            )
        for path, key in self.holding(lambda each: each.name.endswith("backend-id")):
            if key:
                message = "nothing defines the backend `missing`"
                known = Known(backends=["present"])
                yield self.saying(
                    "SFP406", path, key, "missing", message, severity="error", known=known
                )
        if name == "include-fragment":
            message = "nothing defines the fragment `missing`"
            known = Known(fragments=["present"])
            yield self.saying(
                "SFP407", (name,), "fragment-id", "missing", message, severity="error", known=known
            )
        yield from self.tokens()
        if name == "xsl-transform":
            root = minimal(self.policy.element)
            root.children.append(Tag("xsl:text", {}, [], "&quot;"))
            yield self.violation(
                "SFP408",
                ((name,), "anything", ""),
                document(self.policy, root),
                (root.children[-1], None),
                "the text of <xsl:text> spells out `&…;`, which azurerm takes for a change in "
                "every plan",
                severity="warning",
            )
        if name in ("set-header", "set-query-parameter"):

            def delete(tag: Tag) -> At:
                tag.attributes["exists-action"] = "delete"
                return tag, None

            message = f"<{name}> deletes and has a <value>"
            yield self.broken(
                "SFP301", (name,), "value", "delete", delete, message, severity="warning"
            )

    def tokens(self) -> Iterator[Violation]:
        """What reads the caller's token after it is gone, and what goes on without one."""
        name = self.name
        if name == TOKEN:

            def ignore(tag: Tag) -> At:
                tag.attributes["ignore-error"] = "true"
                return tag, "ignore-error"

            message = (
                f"<{TOKEN}> goes on if there is no token: the backend then gets the caller's own "
                "Authorization header, or none"
            )
            yield self.broken(
                "SFP404", (name,), "value", "ignore-error", ignore, message, severity="warning"
            )
            return
        if name in RESOLVERS:
            return
        token = minimal(POLICIES[TOKEN].element)
        readers = [
            (path, key, not (key is None and text and not text.expression))
            for path, specification in paths(self.policy)
            for text in (specification.text,)
            for key in (
                *(each.name for each in specification.attributes if each.expression),
                *([None] if text else []),
            )
        ]
        for path, key, allowed in readers:
            root, target = build(self.policy, path, *([key] if key else []))
            if key is None:
                target.text = READS
            else:
                target.attributes[key] = READS
            whole = document(self.policy, root, before=(token,))
            number = render(whole)[1][token, None][0]
            message = (
                f"<{target.name}> reads the Authorization header after <{TOKEN}> (line {number}) "
                "has replaced it"
            )
            severity = "warning"
            also: tuple[str, ...] = ("SFP403",) if name == "validate-azure-ad-token" else ()
            also = also if allowed else (*also, "SFP205")
            elsewhere = key in ("header-name", "query-parameter-name")
            own = name == "validate-azure-ad-token" and path == (name,) and not elsewhere
            if own or key == "token-value":
                message = (
                    f"<{name}> checks the gateway's own token, not the caller's: "
                    f"<{TOKEN}> (line {number}) has replaced it"
                )
                severity = "error"
            yield self.violation(
                "SFP403",
                (path, "expression", key or "text"),
                whole,
                (target, None),
                message,
                severity=severity,
                also=also,
            )
        checker = {"validate-jwt": "header-name", "check-header": "name"}.get(name)
        if checker:
            root = minimal(self.policy.element)
            root.attributes[checker] = "authorization"
            whole = document(self.policy, root, before=(token,))
            number = render(whole)[1][token, None][0]
            yield self.violation(
                "SFP403",
                ((name,), "value", checker),
                whole,
                (root, None),
                f"<{name}> checks the gateway's own token, not the caller's: "
                f"<{TOKEN}> (line {number}) has replaced it",
            )
