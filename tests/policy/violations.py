"""Every way to break every policy."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.policy.reference import POLICIES
from tests.policy.breaking import Violation
from tests.policy.broken_elements import BrokenElements
from tests.policy.broken_meanings import BrokenMeanings
from tests.policy.broken_places import BrokenPlaces
from tests.policy.documents import Tag, document, minimal, paths, render


class Breaker(BrokenElements, BrokenPlaces, BrokenMeanings):
    """Makes the violations of one policy."""

    def all(self) -> Iterator[Violation]:
        """Every violation."""
        for path, specification in paths(self.policy):
            yield from self.attributes(path, specification)
            yield from self.groups(path, specification)
            yield from self.texts(path, specification)
            yield from self.children(path, specification)
        yield from self.standing()
        yield from self.meanings()
        yield from self.particular()

    def particular(self) -> Iterator[Violation]:
        """What holds for one policy alone."""
        name = self.name
        root = minimal(self.policy.element)
        if name in ("base", "include-fragment", "cache-lookup"):
            message = f"a fragment cannot hold <{name}>"
            if name == "cache-lookup":
                message = "<cache-lookup> is not supported in a fragment"
            yield self.violation(
                "SFP106",
                ((name,), "fragment", ""),
                Tag("fragment", {}, [root]),
                (root, None),
                message,
                severity="warning" if name == "cache-lookup" else "error",
            )
        elif name == "set-header":
            for header, action, problem in (
                ("Connection", "override", "cannot be appended, overridden or deleted"),
                ("content-length", "skip", "cannot be appended, overridden or deleted"),
                ("Keep-Alive", "append", "cannot be appended, overridden or deleted"),
                ("Transfer-Encoding", "delete", "cannot be appended, overridden or deleted"),
                ("X-Forwarded-For", "delete", "keeps the address of the caller when it is deleted"),
                ("Server", "delete", "cannot be deleted from responses"),
            ):
                tag = minimal(self.policy.element)
                tag.attributes |= {"name": header, "exists-action": action}
                if action == "delete":
                    tag.children.clear()
                yield self.violation(
                    "SFP208",
                    ((name,), "header", header),
                    document(self.policy, tag, section="outbound"),
                    (tag, "name"),
                    f"the header `{header}` {problem}",
                    severity="warning",
                )
        elif name == "return-response":
            body = Tag("set-body", {"template": "liquid"}, text="{{body.a}}")
            root.children.append(body)
            yield self.violation(
                "SFP410",
                ((name,), "liquid", ""),
                document(self.policy, root),
                (body, None),
                "the template reads the body, which is empty in <return-response>",
                severity="warning",
            )
        elif name == "retry":
            wait = minimal(POLICIES["wait"].element)
            root.children.append(wait)
            yield self.violation(
                "SFP301",
                ((name,), "wait", ""),
                document(self.policy, root),
                (wait, None),
                "<wait> cannot stand in <retry>",
                severity="warning",
            )
        elif name == "ip-filter":
            for first, last in (("10.0.0.2", "10.0.0.1"), ("10.0.0.1", "2001:db8::1")):
                tag = Tag("address-range", {"from": first, "to": last})
                whole = Tag("ip-filter", {"action": "allow"}, [tag])
                yield self.violation(
                    "SFP206",
                    ((name,), "range", first),
                    document(self.policy, whole),
                    (tag, "to"),
                    f"there is no address from {first} to {last}",
                )
        elif any(child.name == "dimension" for child in self.policy.element.children):
            own = [Tag("dimension", {"name": f"n{i}", "value": "x"}) for i in range(6)]
            root.children += own
            yield self.violation(
                "SFP303",
                ((name,), "dimensions", ""),
                document(self.policy, root),
                (own[5], None),
                f"<{name}> takes at most 5 dimensions of your own by its page",
                severity="warning",
            )
            nameless = minimal(self.policy.element)
            nameless.children.append(Tag("dimension", {"name": "Team"}))
            yield self.violation(
                "SFP202",
                ((name,), "dimensions", "value"),
                document(self.policy, nameless),
                (nameless.children[-1], None),
                "the dimension `Team` needs the attribute `value`",
            )

    def unreadable(self) -> tuple[str, int, int]:
        """A file that ends within the policy, and where it is said to."""
        root = minimal(self.policy.element)
        source, places = render(document(self.policy, root))
        line, column = places[root, None]
        whole = source.splitlines()
        kept = [*whole[: line - 1], whole[line - 1][: column + len(self.name)]]
        return "\n".join(kept), line, column


VIOLATIONS = {name: list(Breaker(policy).all()) for name, policy in POLICIES.items()}
"""The violations of every policy."""
