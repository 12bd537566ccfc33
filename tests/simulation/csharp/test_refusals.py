"""What API Management would not save is refused, and it is said where."""

import pytest

from constructs_lib.simulation.csharp import ExpressionRefused, compile_expression

REFUSALS = {
    "@(1 +)": (1, None, ""),
    '@("a".Foo())': (1, 7, "'string' does not contain a definition for 'Foo'"),
    "@(nothing)": (1, 3, "The name 'nothing' does not exist in the current context"),
    "@{\n  return new XmlDocument();\n}": (2, 14, "Usage of type 'System.Xml.XmlDocument' is not"),
    '@(DateTime.ParseExact("", "", null))': (1, 12, "Usage of member 'ParseExact' of type"),
    "@(context.Request.Foo)": (1, 19, "'IRequest' does not contain a definition for 'Foo'"),
    '@{\n  int n = context.Variables["n"];\n  return n; }': (2, 11, "Cannot implicitly convert"),
    '@("a".Substring())': (1, 7, "No overload for method 'Substring' takes 0 arguments"),
    "@{ if (true) { return 1; } }": (1, None, "not all code paths return a value"),
    "@(1 switch { _ => 2 })": (1, 3, "need a newer language version than C# 7"),
    '@(context.Variables["a"] + 1)': (1, 3, "Operator '+' cannot be applied"),
    "@((string)1)": (1, 3, "Cannot convert type 'int' to 'string'"),
}


@pytest.mark.parametrize("text", REFUSALS)
def test_what_cannot_be_saved_is_refused_at_its_place(text):
    line, column, message = REFUSALS[text]
    with pytest.raises(ExpressionRefused) as refused:
        compile_expression(text)
    assert message in refused.value.message
    assert refused.value.line == line
    assert column in (None, refused.value.column)


def test_the_place_is_counted_from_that_of_the_expression():
    with pytest.raises(ExpressionRefused) as first:
        compile_expression("@(nothing)", line=4, column=9)
    with pytest.raises(ExpressionRefused) as second:
        compile_expression("@{\n return nothing; }", line=4, column=9)
    assert (first.value.line, first.value.column) == (4, 11)
    assert (second.value.line, second.value.column) == (5, 9)
