"""Who lets people in to the desk beside its own passwords: a proxy in front, and OpenID Connect."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from monitor.config.problems import nearest, refuse
from monitor.config.strict import Strict
from monitor.config.units import in_the_clear, web_address
from monitor.domain.people import Role

_ROLES = {"none": Role.ANYONE} | {role.name.lower(): role for role in Role if role}
_TOKEN = re.compile(r"[A-Za-z0-9-]{1,64}")
_OTHERS = frozenset(("host", "cookie", "authorization", "forwarded", "x-forwarded-for", "x-forwarded-proto"))


def _role(value: Any) -> Role:
    if not isinstance(value, str) or value not in _ROLES:
        raise refuse(f"is not one of {', '.join(_ROLES)}", nearest(str(value), _ROLES))
    return _ROLES[value]


def _network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise refuse(f"{text!r} is no address and no network", "such as 127.0.0.1 or 10.1.0.0/16") from None
    if network.prefixlen < 8:
        raise refuse(f"{text!r} would believe half the world", "name the proxy's own address")
    return text


def _header(name: str) -> str:
    if name and (not _TOKEN.fullmatch(name) or name.lower() in _OTHERS):
        raise refuse(f"{name!r} is not a header for a name", "such as X-Forwarded-User")
    return name


def _issuer(url: str) -> str:
    if url and ("?" in url or "#" in url or in_the_clear(web_address(url))):
        raise refuse("must be https://, without a query", "as the provider's own metadata writes it")
    return url


RoleName = Annotated[Role, BeforeValidator(_role)]
Network = Annotated[str, AfterValidator(_network)]


class ProxySettings(Strict):
    """A proxy that has logged people in before it passes them on, and says who they are in a header."""

    header: Annotated[str, AfterValidator(_header)] = ""  # "": there is none
    addresses: tuple[Network, ...] = Field(default=(), validate_default=True)  # from where the header is believed
    role: RoleName = Role.VIEWER  # of whoever is not among `roles`; none: they stay outside
    roles: Mapping[str, RoleName] = {}  # by name

    @field_validator("addresses")
    @classmethod
    def _is_whole(cls, networks: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        header = info.data.get("header")
        if header and not networks:
            raise refuse("is missing: without it anybody could send the header", "the proxy's address")
        if networks and header == "":
            raise refuse("is set, and no header is", "name the header that holds the user, such as X-Forwarded-User")
        return networks


class OidcSettings(Strict):
    """Login by OpenID Connect. Needs the extra `oidc`, and web.public_url for the way back."""

    issuer: Annotated[str, AfterValidator(_issuer)] = ""  # "": not used
    client_id: str = Field(default="", validate_default=True)
    client_secret: SecretStr = SecretStr("")  # or "secret:NAME"; "" for a public client
    label: str = "OpenID Connect"  # on the button
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    name_claim: str = "preferred_username"  # who they are; an `email` counts only when it is verified
    role_claim: str = "groups"  # a text or a list of texts
    role: RoleName = Role.ANYONE  # of whoever has none of `roles`; none: they stay outside
    roles: Mapping[str, RoleName] = {}  # by what stands in role_claim

    @field_validator("client_id")
    @classmethod
    def _is_whole(cls, client: str, info: ValidationInfo) -> str:
        if info.data.get("issuer") and not client:
            raise refuse("is missing", "the name under which the provider knows the desk")
        return client

    @field_validator("scopes")
    @classmethod
    def _is_openid(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in scopes:
            raise refuse("lacks openid")
        return scopes
