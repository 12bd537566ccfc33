"""For the tests of those who use the library: assertions, mocks for `terraform test`, fixtures.

Nothing here imports a construct or a provider; the fixtures are in `testing.pytest_plugin`.
"""

from constructs_lib.testing.access import analysis_of, assert_only_callable_through, who_can_call
from constructs_lib.testing.fixtures import ApplyMocked, JsonSnapshot, Synthesize
from constructs_lib.testing.matching import Containing, Satisfying
from constructs_lib.testing.mocks import mock_values, write_terraform_test
from constructs_lib.testing.simulate import SimulatedChain, simulate
from constructs_lib.testing.synthesized import Block, Synthesized, synthesize
from constructs_lib.testing.terraform import MockedApply, mocked_apply

__all__ = [
    "ApplyMocked",
    "Block",
    "Containing",
    "JsonSnapshot",
    "MockedApply",
    "Satisfying",
    "SimulatedChain",
    "Synthesize",
    "Synthesized",
    "analysis_of",
    "assert_only_callable_through",
    "mock_values",
    "mocked_apply",
    "simulate",
    "synthesize",
    "who_can_call",
    "write_terraform_test",
]
