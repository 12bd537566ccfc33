"""`secured-functions init`: a ready project, or what an existing CDKTF project lacks."""

from __future__ import annotations

import argparse
import secrets
import sys
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from constructs_lib.cli._help import Commands, Help

if TYPE_CHECKING:
    from constructs_lib.init.additions import Additions
    from constructs_lib.init.project import Answers

_MORE = """\
In an empty folder it writes the app (main.py, cdktf.json), the settings of a first environment
(environments/dev.yaml), a first function (functions/), tests, a pipeline, a README, and a Makefile
that installs all of it at its first use.

In a project of CDKTF or CDK Terrain it adds the files that are not there. Changes of files that are
there are shown, and made only with consent: a yes on the terminal, or --force. All is written or
nothing.

It finds out what it can, from git, the machine and the project, and asks for the rest. A sign-in
to Azure is not needed until the first deploy."""
_HELP = Help(
    purpose="Write a project that is ready to synthesize, or add to one what it lacks.",
    more=_MORE,
    examples=[
        "secured-functions init orders",
        "secured-functions init orders --yes --functions-project ../orders-functions",
        "secured-functions init orders --start existing-gateway   # asks for its name",
        "secured-functions init weather --mcp   # tools for MCP clients",
    ],
    then=[
        "cd orders && make synth test   # without Azure",
        "make deploy                    # signed in (az login)",
        "make publish request           # the code, and the first answer",
    ],
    done="the project is complete",
    found="changes are shown and not made, or something is left to do",
)


def register(commands: Commands) -> None:
    """Add the command's parser to `commands`."""
    from constructs_lib.init.questions import QUESTIONS, YES_OR_NO

    parser = _HELP.command(commands, "init")
    parser.add_argument(
        "folder",
        nargs="?",
        default=".",
        type=Path,
        metavar="FOLDER",
        help="where to write; it need not be there yet (default: this folder)",
    )
    parser.add_argument(
        "--yes", action="store_true", help="ask nothing: take what is found out or usual"
    )
    parser.add_argument(
        "--force", action="store_true", help="make the changes of files that are there as well"
    )
    answers = parser.add_argument_group("answers, asked for if left out and not found out")
    for question in QUESTIONS:
        if question.pattern == YES_OR_NO:
            yes_or_no = argparse.BooleanOptionalAction
            answers.add_argument(question.flag, action=yes_or_no, help=question.help)
        else:
            answers.add_argument(question.flag, metavar="VALUE", help=question.help)
    further = parser.add_argument_group("further answers, never asked for")
    further.add_argument(
        "--functions-project",
        metavar="FOLDER",
        help="Functions project whose routes or tools are published, from the current folder",
    )
    further.add_argument("--subscription-id", metavar="VALUE", help="subscription to deploy to")
    further.add_argument(
        "--state-resource-group", metavar="VALUE", help="resource group of the state's storage"
    )
    further.add_argument(
        "--state-storage-account", metavar="VALUE", help="storage account of the state"
    )
    further.add_argument(
        "--library",
        metavar="WHAT",
        help="version, wheel or folder of secured-functions to install (what runs here)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write what is missing, and return the exit code."""
    from constructs_lib._core.errors import InputError
    from constructs_lib._core.files.writing import write_all
    from constructs_lib._lazy_bindings import ahead
    from constructs_lib.init.additions import additions
    from constructs_lib.init.facts import find_facts
    from constructs_lib.init.questions import answer

    ahead.only_when_used()
    folder: Path = options.folder
    if folder.exists() and not folder.is_dir():
        raise InputError("is not a folder", where=str(folder))
    somebody = sys.stdin.isatty() and not options.yes
    beside = ("folder", "yes", "force", "run", "functions_project")
    words = {True: "yes", False: "no"}
    given = {
        key: words.get(value, str(value))
        for key, value in vars(options).items()
        if key not in beside and value is not None
    }
    given["suffix"] = secrets.token_hex(2)
    try:
        facts = find_facts(folder, options.functions_project)
        answers = answer(given, facts, input if somebody else None)
        todo = additions(folder, answers, facts)
        agreed: dict[str, str] = {}
        for name, text in todo.changed.items():
            before, after = todo.before[name].splitlines(), text.splitlines()
            print(*unified_diff(before, after, name, name, lineterm=""), sep="\n")
            if options.force or (somebody and input(f"change {name}? [y/N] ").lower() == "y"):
                agreed[name] = text
    except (EOFError, KeyboardInterrupt):
        raise InputError("nothing was written: it was broken off", where="init") from None
    write_all(folder, {**todo.new, **agreed})
    _say(todo, agreed)
    if len(facts.triggers) > 1:
        this, other = ("tools", "--no-mcp") if answers.mcp else ("routes", "--mcp")
        print(
            f"Of {answers.functions_project} the {this} are published: init {other} in another "
            "folder publishes the others"
        )
    complete = not todo.notes and len(agreed) == len(todo.changed)
    if complete and "secured_stacks.py" in todo.new:
        print(_next(folder, answers, todo))
    return int(not complete)


def _say(todo: Additions, agreed: dict[str, str]) -> None:
    for name in todo.new:
        print(f"new        {name}")
    for name in todo.changed:
        print(f"{'changed' if name in agreed else 'not changed'}  {name}")
    for note in todo.notes:
        print(f"left to do: {note}")
    if not todo.new and not todo.changed and not todo.notes:
        print("nothing is missing")
    elif len(agreed) < len(todo.changed):
        print("To make the changes that are shown above as well: --force")


def _next(folder: Path, answers: Answers, todo: Additions) -> str:
    """What to do with a new project, up to the first request that is answered."""
    makefile = next((name for name in ("Makefile", "secured-functions.mk") if name in todo.new), "")
    if not makefile:
        return f"Next: install what was added, then {answers.engine} synth"
    place = "" if folder == Path() else f"cd {folder} && "
    make = "make" if makefile == "Makefile" else f"make -f {makefile}"
    lines = [
        "",
        "Try it here, without Azure:",
        f"  {place}{make} synth test",
    ]
    first = f"  {make} request   # GET through the gateway"
    if answers.mcp:
        first = f"  {make} connect   # the server's address, for Visual Studio Code"
    if answers.start == "existing-function-app":
        return "\n".join([*lines, "Then, signed in (az login):", f"  {make} plan"])
    wait = "30 to 60 minutes, as a new gateway takes them"
    lines += [
        "Then, signed in (az login), from nothing to the first answer:",
        f"  {make} deploy    # {'some minutes' if answers.gateway_name else wait}",
        f"  {make} publish   # the code in {answers.functions_project or 'functions'}",
        first,
    ]
    if not answers.publish_from:
        settings = f"environments/{answers.environment}.yaml"
        lines.append(f"Before deploy, write the address that you publish from into {settings}.")
    return "\n".join(lines)
