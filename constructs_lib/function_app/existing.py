"""A function app that a stack has already, made secure in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Generic

from cdktf import TerraformResource
from constructs import Construct
from typing_extensions import TypeVar

from constructs_lib._cdk.arguments import refuse
from constructs_lib._cdk.props.checked import checked
from constructs_lib._core.problems import Problem
from constructs_lib.function_app.easy_auth import EasyAuth, merged
from constructs_lib.function_app.every_slot import protect_every_slot
from constructs_lib.function_app.network import (
    DEPLOYMENT_TAG,
    Inbound,
    gateway_problems,
    restrictions,
)
from constructs_lib.function_app.protected import ProtectedApp
from constructs_lib.function_app.resource_kinds import is_flex_consumption, is_slot

if TYPE_CHECKING:
    from constructs_lib.function_app.resource_kinds import AppResource, SlotResource

_TLS = (None, "1.2", "1.3")


SiteResource = TypeVar("SiteResource", bound="AppResource", default="AppResource")


def _network_problems(
    *, inbound: Inbound | None = None, deployment: Inbound | None = None, **_: object
) -> Iterator[Problem]:
    yield from gateway_problems(inbound=inbound, deployment=deployment)
    if deployment:
        yield from deployment.deployment_problems()


class ProtectedFunctionApp(ProtectedApp, Generic[SiteResource]):
    """Easy Auth and hardening on a function app resource of the user's own stack.

    Args:
        scope: Where the construct lives.
        id: Its id in that scope.
        app: The L1 function app; it keeps its Terraform address.
        easy_auth: Who may call it.
        slots: Every slot of the app by name; all get the same Easy Auth.
        inbound: Who reaches the sites at all; left as it is unless given.
        deployment: Who reaches the deployment sites (SCM/Kudu), which Easy Auth does not cover;
            left as it is unless given.

    Attributes:
        resource: The L1 that was given.
        slots: The L1 slots that were given.
        id: Resource id of the app.
        hostname: Host name of the production site.
        hostnames: `hostname` and those of the slots.
        easy_auth: What protects them.

    Raises:
        InputError: If the app asks for something weaker than the floor explicitly.
    """

    @checked(_network_problems)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        app: SiteResource,
        easy_auth: EasyAuth,
        slots: Mapping[str, SlotResource] | None = None,
        inbound: Inbound | None = None,
        deployment: Inbound | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.resource: SiteResource = app
        self.slots: Mapping[str, SlotResource] = dict(slots or {})
        self.easy_auth = easy_auth
        for site in (app, *self.slots.values()):
            self._harden(site)
            easy_auth.apply_to(site)
            if inbound:
                site.site_config.ip_restriction_default_action = inbound.default_action
                site.site_config.put_ip_restriction(restrictions(inbound))
            if deployment:
                site.site_config.scm_use_main_ip_restriction = False
                site.site_config.scm_ip_restriction_default_action = deployment.default_action
                site.site_config.put_scm_ip_restriction(restrictions(deployment))
                if deployment.reason:
                    site.tags = merged(site.tags_input, {DEPLOYMENT_TAG: deployment.reason})
        self.id = app.id
        self.hostname = app.default_hostname
        self.hostnames = [
            self.hostname,
            *(slot.default_hostname for slot in self.slots.values()),
        ]
        protect_every_slot(scope, self.id, self.slots.values())

    def sites(self) -> list[TerraformResource]:
        """The resources that hold the Easy Auth of the app and of its slots."""
        return [self.resource, *self.slots.values()]

    def _harden(self, site: AppResource | SlotResource) -> None:
        """Turn the insecure defaults of azurerm round, unless the stack asks for them."""
        self._demand(site, "https_only", site.https_only_input, wanted=True)
        site.https_only = True
        self._demand(
            site,
            "webdeploy_publish_basic_authentication_enabled",
            site.webdeploy_publish_basic_authentication_enabled_input,
            wanted=False,
        )
        site.webdeploy_publish_basic_authentication_enabled = False
        if not is_flex_consumption(site):
            self._demand(
                site,
                "ftp_publish_basic_authentication_enabled",
                site.ftp_publish_basic_authentication_enabled_input,
                wanted=False,
            )
            site.ftp_publish_basic_authentication_enabled = False
        if not is_slot(site) and site.zip_deploy_file_input is not None:
            refuse(
                self,
                "app",
                f"{site.node.path} deploys with zip_deploy_file, which needs basic authentication",
                "deploy with Entra sign-in instead, for example `az functionapp deploy`",
            )
        config = site.site_config_input
        if config is None:
            return
        self._demand(
            site,
            "site_config.remote_debugging_enabled",
            config.remote_debugging_enabled,
            wanted=False,
        )
        for argument, version in (
            ("minimum_tls_version", config.minimum_tls_version),
            ("scm_minimum_tls_version", config.scm_minimum_tls_version),
        ):
            if version not in _TLS:
                self._refuse(site, f"site_config.{argument}", version, "1.2")

    def _demand(
        self, site: AppResource | SlotResource, argument: str, value: object, *, wanted: bool
    ) -> None:
        if isinstance(value, bool) and value is not wanted:
            self._refuse(site, argument, value, str(wanted))

    def _refuse(
        self, site: AppResource | SlotResource, argument: str, value: object, wanted: str
    ) -> None:
        refuse(
            self,
            "app",
            f"{site.node.path} asks for {argument} = {value}",
            f"write {wanted} or leave it out",
        )
