"""JUnit XML is well formed, counts itself, and says of each test what became of it."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from constructs_lib._core.junit import Case, junit

CASES = [
    Case(group="a", name="passes", seconds=1.5),
    Case(group="a", name="says something", text="a note"),
    Case(group="b", name="fails", outcome="failed", kind="SF1", message="no <b>", text="fix it"),
    Case(group="b", name="waits", outcome="skipped", message="no key"),
]


def test_a_suite_counts_its_tests():
    root = ElementTree.fromstring(junit("mine", CASES))
    for element in (root, root[0]):
        assert element.attrib == {
            "name": "mine", "tests": "4", "failures": "1", "skipped": "1", "errors": "0",
        }  # fmt: skip


def test_each_test_says_what_became_of_it():
    passes, says, fails, waits = ElementTree.fromstring(junit("mine", CASES))[0]
    assert (passes.attrib["time"], list(passes)) == ("1.500", [])
    assert (says[0].tag, says[0].text) == ("system-out", "a note")
    assert (fails[0].tag, fails[0].attrib) == ("failure", {"type": "SF1", "message": "no <b>"})
    assert fails[0].text == "fix it"
    assert (waits[0].tag, waits[0].attrib) == ("skipped", {"message": "no key"})


@given(st.text())
def test_any_text_gives_a_document_that_can_be_read(text):
    case = Case(group=text, name=text, outcome="failed", kind=text, message=text, text=text)
    assert len(ElementTree.fromstring(junit("mine", [case]))[0]) == 1
