"""Tests a deployed system from outside: every door that should be shut, and the one that is open.

`outputs` reads what the stack wrote, `checks` says what to ask and how to judge the answer,
`run` asks until the answer is final or the time is up, `report` shows what was seen.
"""
