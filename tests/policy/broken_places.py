"""Every way to put a policy where it cannot stand: section, scope, gateway, what is beside it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.policy.breaking import Breaking, Violation
from tests.policy.documents import RESOLVERS, SCOPES, SECTIONS, SKUS, Tag, document, minimal


class BrokenPlaces(Breaking):
    """Puts a policy where it cannot stand, too often, or without what it needs beside it."""

    def standing(self) -> Iterator[Violation]:
        """Where the policy stands, how often, and on which gateway."""
        policy, name = self.policy, self.name
        for section in SECTIONS:
            if section in policy.sections:
                continue
            root = minimal(policy.element)
            disputed = section in policy.disputed
            message = f"<{name}> cannot stand in <{section}>"
            if disputed:
                message += " by its page, though Microsoft's toolkit puts it there"
            elif name in RESOLVERS:
                message = f"<{name}> belongs to a GraphQL resolver, not to <{section}>"
            yield self.violation(
                "SFP102",
                ((name,), "disputed" if disputed else "sections", section),
                document(policy, root, section=section),
                (root, None),
                message,
                severity="warning" if disputed else "error",
                also=("SFP402",) if section == "backend" else (),
            )
        for scope in SCOPES:
            if name not in RESOLVERS and scope not in policy.scopes:
                root = minimal(policy.element)
                yield self.violation(
                    "SFP103",
                    ((name,), "scopes", scope),
                    document(policy, root),
                    (root, None),
                    f"<{name}> cannot be used at {scope} scope",
                    scope=scope,
                    also=("SFP103",) if policy.partner else (),
                )
        for gateway, sku in SKUS.items():
            if gateway not in policy.gateways:
                root = minimal(policy.element)
                yield self.violation(
                    "SFP104",
                    ((name,), "gateways", gateway),
                    document(policy, root),
                    (root, None),
                    f"<{name}> does not run on the {gateway} gateway",
                    severity="warning" if gateway == "v2" else "error",
                    sku=sku,
                )
        if policy.once:
            roots = [minimal(policy.element) for _ in range(2)]
            yield self.violation(
                "SFP105",
                ((name,), "once", ""),
                document(policy, *roots),
                (roots[1], None),
                f"<{name}> stands twice, but may once in a {policy.once}",
                also=("SFP401",) if policy.sections[0] == "backend" else (),
            )
        if name not in RESOLVERS:
            root = minimal(policy.element)
            root.name += "x"
            yield self.violation(
                "SFP101",
                ((name,), "name", ""),
                document(policy, root),
                (root, None),
                f"there is no policy <{name}x>",
                fix=f"did you mean <{name}>?",
                also=("SFP402",) if name in ("base", "forward-request") else (),
            )
        if policy.partner:
            root = minimal(policy.element)
            whole = document(policy, root)
            partner, where = policy.partner
            whole.child(where).children.pop()
            yield self.violation(
                "SFP409",
                ((name,), "partner", ""),
                whole,
                (root, None),
                f"<{name}> does nothing without <{partner}>, which is not in <{where}>",
                severity="warning",
            )
        if "backend" in policy.sections:
            root = minimal(policy.element)
            whole = document(policy, root, section="backend")
            whole.child("backend").children.insert(0, Tag("base"))
            yield self.violation(
                "SFP401",
                ((name,), "backend", ""),
                whole,
                (root, None),
                "<backend> holds more than one policy",
            )
        if name not in RESOLVERS | {"base", "forward-request"} and policy.scopes != ("global",):
            root = minimal(policy.element)
            whole = document(policy, root)
            whole.child(policy.sections[0]).children = [root]
            yield self.violation(
                "SFP402",
                ((name,), "base", ""),
                whole,
                (root, None),
                f"<{policy.sections[0]}> has no <base />: what wider scopes say is dropped here",
                severity="warning",
            )
