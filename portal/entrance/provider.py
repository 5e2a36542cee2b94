"""Signing in at a provider of OpenID Connect: where a browser is sent, and who it is that comes back.

The authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9207; RFC 9700).
Of an identity token only asymmetric signatures of the provider's published keys count. Who a name is here is not known.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import httpx2
import yaml
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from contracts.signing_in import Provider
from sharing.keys import refuse_readable

_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_SECONDS = 10.0
_LEEWAY = 60


class NotRecognised(Exception):
    """Nobody comes of it. `why` is for the record and whoever runs the portal, without anything that opens a door."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True)
class Flow:
    """One way to the provider and back: what is remembered of it meanwhile, all of it unguessable."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Place:
    """Where the declarations, the secrets and the portal itself are."""

    workspace: Path
    secrets: Path
    back: str
    """The address of the portal to which the provider sends browsers back."""


class Issuer:
    """A provider, asked over the network; its own description is read once."""

    def __init__(self, declared: Provider, place: Place) -> None:
        self._declared, self._place = declared, place
        self._described: Mapping[str, Any] | None = None

    async def address(self, flow: Flow) -> str:
        """Where a browser is sent. Raises `NotRecognised`."""
        told = await self._description()
        async with self._client() as client:
            address, _ = client.create_authorization_url(
                told["authorization_endpoint"], state=flow.state, nonce=flow.nonce, code_verifier=flow.verifier
            )
            return str(address)

    async def who(self, flow: Flow, answer: Mapping[str, str], at: datetime) -> str:
        """Who came back, by the claim that is declared. Raises `NotRecognised`."""
        told = await self._description()
        if answer.get("state") != flow.state:
            raise NotRecognised("the answer is of another way to the provider")
        if "error" in answer or not answer.get("code"):
            raise NotRecognised("the provider let nobody in")
        named = told.get("authorization_response_iss_parameter_supported")
        if (named or "iss" in answer) and answer.get("iss") != self._declared.issuer:
            raise NotRecognised("the answer is of another provider")
        try:
            async with self._client() as client:
                token = await client.fetch_token(
                    told["token_endpoint"],
                    grant_type="authorization_code",
                    code=answer["code"],
                    code_verifier=flow.verifier,
                )
                keys = KeySet.import_key_set(cast(Any, await _json(client, told["jwks_uri"])))
                claims = self._verified(str(token.get("id_token") or ""), keys, flow, at)
                if self._declared.claim not in claims and "userinfo_endpoint" in told:
                    claims = await _with_userinfo(client, told["userinfo_endpoint"], claims)
        except (httpx2.HTTPError, AuthlibBaseError, ValueError, KeyError, JoseError) as error:
            raise NotRecognised(f"the provider did not answer as one: {type(error).__name__}") from None
        return self._name(claims)

    def _verified(self, text: str, keys: KeySet, flow: Flow, at: datetime) -> Mapping[str, Any]:
        """The claims of an identity token that holds. Raises `NotRecognised`, and what the library raises."""
        claims = jwt.decode(text, keys, algorithms=_ALGORITHMS).claims
        rules = jwt.JWTClaimsRegistry(
            now=int(at.timestamp()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": self._declared.issuer},
            aud={"essential": True, "value": self._declared.client},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": flow.nonce},
        )
        rules.validate(claims)
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self._declared.client:
            raise NotRecognised("its token is for others, too")
        return claims

    def _name(self, claims: Mapping[str, Any]) -> str:
        found = claims.get(self._declared.claim)
        if not isinstance(found, str) or not found.strip():
            raise NotRecognised(f"its token has no {self._declared.claim}")
        if self._declared.claim == "email" and claims.get("email_verified") is not True:
            raise NotRecognised("nobody verified the address in its token")
        return found

    async def _description(self) -> Mapping[str, Any]:
        if self._described is None:
            address = f"{self._declared.issuer.rstrip('/')}/.well-known/openid-configuration"
            try:
                async with self._client() as client:
                    told = await _json(client, address)
                endpoints = [told["authorization_endpoint"], told["token_endpoint"], told["jwks_uri"]]
            except (httpx2.HTTPError, ValueError, KeyError) as error:
                raise NotRecognised(f"the provider does not describe itself: {type(error).__name__}") from None
            secure = self._declared.issuer.startswith("https://")
            if told.get("issuer") != self._declared.issuer or (
                secure and any(not str(one).startswith("https://") for one in endpoints)
            ):
                raise NotRecognised("the provider describes another")
            self._described = told
        return self._described

    def _client(self) -> AsyncOAuth2Client:
        declared = self._declared
        secret = _secret(self._place.secrets / f"{declared.secret}.yml") if declared.secret else None
        trusted: ssl.SSLContext | bool = True
        if declared.ca_file:
            trusted = ssl.create_default_context(cafile=str(self._place.workspace / declared.ca_file))
        return AsyncOAuth2Client(
            declared.client,
            secret,
            scope="openid email" if declared.claim == "email" else f"openid {declared.claim}",
            redirect_uri=self._place.back,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            timeout=_SECONDS,
            follow_redirects=False,
            trust_env=False,
            verify=trusted,
        )


async def _json(client: AsyncOAuth2Client, address: str) -> dict[str, Any]:
    answer = await client.request("GET", address, withhold_token=True)
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found


async def _with_userinfo(client: AsyncOAuth2Client, address: str, claims: Mapping[str, Any]) -> Mapping[str, Any]:
    """The claims with those that the provider tells of the same subject alone when asked (Core 1.0, 5.3.2)."""
    answer = await client.request("GET", address)
    answer.raise_for_status()
    more = answer.json()
    if not isinstance(more, dict) or more.get("sub") != claims["sub"]:
        raise NotRecognised("the provider told of another subject")
    return {**more, **claims}


def _secret(file: Path) -> str:
    try:
        refuse_readable(file, "client's secret")
        told = yaml.safe_load(file.read_text(encoding="utf-8"))
        return str(told["client_secret"])
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        raise NotRecognised(f"{file.name} below the secrets has no client_secret") from None
