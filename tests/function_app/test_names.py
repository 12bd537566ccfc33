"""Names and rules that are made from what a user gives are always ones that Azure takes."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from constructs_lib import Inbound, Source
from constructs_lib.function_app.arguments import host_id
from constructs_lib.function_app.function_app import derived_name
from constructs_lib.function_app.host_storage import account_name, container_name
from constructs_lib.function_app.network import restrictions

APP_NAMES = st.from_regex(r"[0-9A-Za-z][0-9A-Za-z-]{0,58}[0-9A-Za-z]", fullmatch=True)
ADDRESSES = st.ip_addresses().map(lambda address: f"{address}/{address.max_prefixlen}")


@given(APP_NAMES)
def test_a_storage_account_gets_a_valid_name(app):
    assert re.fullmatch(r"st[a-z0-9]{8,22}", account_name(app))


@given(APP_NAMES, APP_NAMES)
def test_two_apps_do_not_share_an_account(one, other):
    assert (account_name(one) == account_name(other)) is (one == other)


@given(APP_NAMES)
def test_a_container_gets_a_valid_name(app):
    name = container_name(app)
    assert re.fullmatch(r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", name)


@given(st.lists(APP_NAMES, unique=True))
def test_plans_have_names_of_their_own_that_fit(apps):
    names = [derived_name("plan", app) for app in apps]
    assert len(set(names)) == len(apps)
    assert all(len(name) <= 60 and not name.endswith("-") for name in names)


@given(st.lists(APP_NAMES, unique=True))
def test_no_two_hosts_have_one_id(sites):
    ids = [host_id(site) or site[:32] for site in sites]
    assert len(set(ids)) == len(ids)
    for id in filter(None, map(host_id, sites)):
        assert re.fullmatch(r"(?!.*--)[a-z0-9][a-z0-9-]{0,30}[a-z0-9]", id)


@given(st.lists(ADDRESSES, max_size=40, unique=True))
def test_every_address_becomes_a_rule_of_its_own_in_order(addresses):
    inbound = Inbound.default_deny(*(Source.addresses(each, name=each) for each in addresses))
    assert not list(inbound.problems())
    rules = restrictions(inbound)
    assert [rule["ipAddress"] for rule in rules] == addresses
    priorities = [rule["priority"] for rule in rules]
    assert priorities == sorted(set(priorities))
    assert all(rule["action"] == "Allow" for rule in rules)
