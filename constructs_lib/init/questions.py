"""The questions of `secured-functions init`, each with its flag; asked if nothing else says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from constructs_lib._core.errors import InputError
from constructs_lib.init.facts import Facts, Kind
from constructs_lib.init.library import installed, requirement
from constructs_lib.init.project import STARTS, Answers

_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_NEW, _GATEWAY, _APP, _REGISTRATION = STARTS
YES_OR_NO = "yes|no"
"""The pattern of a question whose flag takes no value: `--mcp` and `--no-mcp`."""
_NAME = r"[a-z][a-z0-9-]{0,28}[a-z0-9]"

Given = Mapping[str, str]


@dataclass(frozen=True)
class When:
    """When a question matters.

    Attributes:
        words: What follows on "matters only".
        holds: Whether it does, by the answers so far.
    """

    words: str
    holds: Callable[[Given], bool]


@dataclass(frozen=True)
class Question:
    """A question.

    Attributes:
        flag: The option that answers it.
        text: What is asked, and the option's help: a few words, as they are asked again after a
            wrong answer.
        pattern: What an answer looks like.
        expects: The same in words.
        fact: Where the answer comes from if it is found out or has a default.
        asked: When it matters; an answer is refused where it does not.
        offered: Whether a found answer is still offered to a person for a change.
        choices: What each answer means, where only these are possible; said once.
    """

    flag: str
    text: str
    pattern: str
    expects: str
    fact: Callable[[Facts], str | None] = lambda _: None
    asked: When = When("", lambda _: True)
    offered: bool = False
    choices: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def help(self) -> str:
        """What the option means."""
        choices = "; ".join(f"{name}: {meaning}" for name, meaning in self.choices.items())
        return f"{self.text} ({choices})" if choices else self.text

    @property
    def key(self) -> str:
        """Name among the answers."""
        return self.flag.lstrip("-").replace("-", "_")


def _gateway_is_there(given: Given) -> bool:
    return "gateway_name" in given or given["start"] in (_GATEWAY, _APP)


def _registration_is_there(given: Given) -> bool:
    return "client_id" in given or given["start"] == _REGISTRATION


def _identity_is_asked(given: Given) -> bool:
    own = given["start"] == _REGISTRATION and "gateway_name" in given
    named = any(key.startswith("gateway_identity") for key in given)
    return own or (named and _gateway_is_there(given))


def _callers_are_registered(given: Given) -> bool:
    return "callers_client_id" in given or given["start"] == _REGISTRATION


_FREE = r"[^\n\"\\]{1,100}"
_NEW_APP = When("for a new function app", lambda given: given["start"] != _APP)
_APP_THERE = When(f"with --start {_APP}", lambda given: given["start"] == _APP)
_NEW_GATEWAY = When("for a new gateway", lambda given: not _gateway_is_there(given))
_GATEWAY_THERE = When("for a gateway that is there (--gateway-name)", _gateway_is_there)
_IDENTITY = When("for a gateway that is there (--gateway-name)", _identity_is_asked)
_REGISTRATION_THERE = When("for a registration that is there (--client-id)", _registration_is_there)
_TENANT = When(
    "for a registration that is there (--client-id, --callers-client-id)",
    lambda given: _registration_is_there(given) or "callers_client_id" in given,
)
_USERS = When(
    "for an MCP server (--mcp) whose callers' registration is new",
    lambda given: given["mcp"] == "yes" and not _callers_are_registered(given),
)
_CALLERS_THERE = When(
    "for an MCP server (--mcp)",
    lambda given: given["mcp"] == "yes" and _callers_are_registered(given),
)


def _is_mcp(facts: Facts) -> str | None:
    """What is published already, else what alone the functions have; None if they have both."""
    kinds = {facts.published[0]} if facts.published else facts.triggers
    return None if len(kinds) > 1 else "yes" if "mcp" in kinds else "no"


QUESTIONS = (
    Question(
        "--start",
        "what you start from",
        "|".join(STARTS),
        ", ".join(STARTS),
        lambda _: _NEW,
        offered=True,
        choices={**STARTS},
    ),
    Question(
        "--mcp",
        "publish tools of MCP, for users who sign in at Entra, and no HTTP API",
        YES_OR_NO,
        "yes or no",
        _is_mcp,
    ),
    Question(
        "--name",
        "name of the project, the API and what is made",
        _NAME,
        "2 to 30 lower-case letters, digits and hyphens",
        lambda facts: facts.name,
        offered=True,
    ),
    Question(
        "--environment",
        "name of the first environment",
        r"[a-z][a-z0-9-]{0,40}",
        "lower-case letters, digits and hyphens",
        lambda facts: facts.environment or ("dev" if facts.entry is None else None),
    ),
    Question("--location", "Azure region", r"[a-z0-9]+", "a region such as westeurope",
             lambda _: "westeurope", _NEW_APP, offered=True),
    Question("--publisher-name", "publisher name shown by API Management", _FREE, "a name",
             lambda facts: facts.author, _NEW_GATEWAY),
    Question("--publisher-email", "e-mail address of the publisher", r"[^\s\"\\]{1,100}",
             "an e-mail address", lambda facts: facts.email, _NEW_GATEWAY),
    Question("--gateway-name", "name of the API Management service that is there",
             r"[0-9a-zA-Z-]{1,50}", "up to 50 letters, digits and hyphens",
             asked=_GATEWAY_THERE),
    Question("--gateway-resource-group", "its resource group", r"[-\w.()]{1,90}",
             "the name of a resource group", asked=_GATEWAY_THERE),
    Question("--gateway-identity-id", "resource id of the user-assigned identity it calls with",
             r"/subscriptions/[^\s\"\\]+", "/subscriptions/…", asked=_IDENTITY),
    Question("--gateway-identity-client-id", "client id of that identity", _UUID, "a UUID",
             asked=_IDENTITY),
    Question("--gateway-identity-principal-id", "object id of that identity", _UUID, "a UUID",
             asked=_IDENTITY),
    Question("--function-app-id", "resource id of the function app that is there",
             r"/subscriptions/[^\s/\"\\]+/resourceGroups/[^\s/\"\\]+/providers/Microsoft\.Web/sites/[\w-]+",
             "/subscriptions/…/resourceGroups/…/providers/Microsoft.Web/sites/…",
             asked=_APP_THERE),
    Question("--client-id", "client id of the app registration that is there", _UUID, "a UUID",
             asked=_REGISTRATION_THERE),
    Question("--tenant-id", "its tenant", _UUID, "a UUID", lambda facts: facts.tenant_id,
             asked=_TENANT),
    Question("--users", "object id of the group or user that may sign in to the MCP server", _UUID,
             "an object id of Entra, a UUID", lambda facts: facts.user_id(), _USERS, offered=True),
    Question("--callers-client-id",
             "client id of the registration that users get tokens for, in the same tenant", _UUID,
             "a UUID", asked=_CALLERS_THERE),
    Question("--publish-from", "address or network that you publish code from (empty: none yet)",
             r"([0-9.]{7,15}(/\d{1,2})?|[0-9a-fA-F:.]{2,39}(/\d{1,3})?)?",
             "an address such as 203.0.113.7, a network such as 203.0.113.0/24, or nothing",
             lambda _: "", _NEW_APP, offered=True),
    Question("--engine", "engine: cdktf (CDK for Terraform) or cdktn (CDK Terrain)", "cdktf|cdktn",
             "cdktf or cdktn", lambda facts: facts.engine),
    Question("--azurerm", "major version of the azurerm provider: 4 or 5", "(4|5)?", "4 or 5",
             lambda _: ""),
    Question(
        "--ci", "pipeline: github, azure or none", "github|azure|none", "github, azure or none",
        lambda facts: facts.ci,
    ),
)  # fmt: skip


def answer(
    given: Given,
    facts: Facts,
    ask: Callable[[str], str] | None = None,
    say: Callable[[str], None] = print,
) -> Answers:
    """Answer every question that matters: from the flags, from what was found out, or by asking.

    Args:
        given: What the flags say, by key; further keys are those of `Answers`.
        facts: What was found out.
        ask: Puts a question to a person; None if there is none.
        say: Tells the person what the choices mean, and what an answer must look like.

    Raises:
        InputError: An answer is not of its form, or, with nobody to ask, those that are missing.
    """
    known = dict(given)
    missing: dict[str, str] = {}
    for question in QUESTIONS:
        key = question.key
        if key in known:
            _check(question, known[key])
            if not question.asked.holds(known):
                raise InputError(
                    f"matters only {question.asked.words}",
                    where=question.flag,
                    fix="leave it out",
                )
            continue
        if not question.asked.holds(known):
            continue
        found = question.fact(facts)
        unfit = ""
        if found is not None and not re.fullmatch(question.pattern, found):
            unfit, found = f" ({found!r} was found, which is not {question.expects})", None
        sure = found is not None and not question.offered
        if found is None and key in _DEFAULTS:
            found = _DEFAULTS[key].format(**known)
        if ask is not None and not sure:
            known[key] = _put(question, found, ask, say)
        elif found is not None:
            known[key] = found
        else:
            missing[question.flag] = question.text + unfit
    if missing:
        raise InputError(
            "cannot be found out: " + "; ".join(missing.values()),
            where="init",
            fix="give " + " ".join(missing),
        )
    _check_published("mcp" if known["mcp"] == "yes" else "http", facts)
    return _answers(known, facts)


_PUBLISHED: Mapping[Kind, tuple[str, str, str]] = {
    "http": ("an HTTP API", "apis", "HTTP function"),
    "mcp": ("an MCP server", "mcp_servers", "tool, resource or prompt of MCP"),
}


def _check_published(kind: Kind, facts: Facts) -> None:
    """Refuse what stands beside what a project publishes, and what its functions do not have."""
    what, section, functions = _PUBLISHED[kind]
    if facts.published and facts.published[0] != kind:
        there, where = facts.published
        raise InputError(
            f"the project publishes {_PUBLISHED[there][0]} already",
            where=where,
            fix=f"write {what} into it yourself, below {section}, or name another folder",
        )
    if facts.triggers and kind not in facts.triggers:
        raise InputError(
            f"there is no {functions}, which is what {what} publishes",
            where=facts.functions_project,
            fix="leave --no-mcp out"
            if kind == "http"
            else "leave --mcp out; the guide of MCP servers shows how operations become tools",
        )


# For those that can be changed later, offered to a person. In an app that is there, `dev`
# may be a stack already.
_DEFAULTS = {
    "environment": "{name}-dev",
    "ci": "github",
    "mcp": "no",
    "publisher_name": "Contoso",
    "publisher_email": "api@contoso.example",
}


def _check(question: Question, text: str) -> None:
    if not re.fullmatch(question.pattern, text):
        raise InputError(
            f"{text!r} is not an answer", where=question.flag, fix=f"write {question.expects}"
        )


def _put(
    question: Question,
    found: str | None,
    ask: Callable[[str], str],
    say: Callable[[str], None],
) -> str:
    for name, meaning in question.choices.items():
        say(f"  {name:<22} {meaning}")
    while True:
        text = ask(f"{question.text}{f' [{found}]' if found else ''}: ").strip() or (found or "")
        try:
            _check(question, text)
        except InputError as error:
            say(str(error))
        else:
            return text


def _answers(known: Given, facts: Facts) -> Answers:
    beside = ("mcp", "gateway_identity")
    fields = {key: value for key, value in known.items() if not key.startswith(beside)}
    identity = [
        known.get(f"gateway_identity_{part}") for part in ("id", "client_id", "principal_id")
    ]
    state = (fields.pop("state_resource_group", None), fields.pop("state_storage_account", None))
    if any(state) and not all(state):
        raise InputError(
            "half of the state's place is missing",
            where="init",
            fix="give --state-resource-group and --state-storage-account",
        )
    fields["library"] = requirement(fields["library"]) if "library" in fields else installed()
    if address := fields.get("publish_from"):
        fields["publish_from"] = address if "/" in address else f"{address}/{_host_bits(address)}"
    fields.setdefault("subscription_id", facts.subscription_id or "")
    fields.setdefault("functions_project", facts.functions_project or "")
    return Answers(
        mcp=known["mcp"] == "yes",
        **{key: value for key, value in fields.items() if value},  # pyright: ignore[reportArgumentType] - the patterns of start and ci are their types
        gateway_identity=tuple(identity) if all(identity) else None,  # pyright: ignore[reportArgumentType] - three texts
        state=state if all(state) else None,  # pyright: ignore[reportArgumentType] - two texts
    )


def _host_bits(address: str) -> int:
    return 128 if ":" in address else 32
