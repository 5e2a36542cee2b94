"""The ways by which a digest goes out: mail by SMTP, and JSON by HTTP to a webhook, 企业微信 or 钉钉.

Each speaks to the one address that is declared for it and follows no other; what opens it is read from its file when it
is used, and is in no error. What is said is `wording.py`'s.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import smtplib
import ssl
import urllib.parse
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx2

from contracts.alerts import Mail, Tls, Told, Way
from lake.alerts.digest import Digest
from lake.alerts.secrets import AlertRefused, Unsaid, read_values
from lake.alerts.wording import Wording

_SECONDS = 20.0
# What their documentation lets a Markdown message have.
_WECOM_BYTES, _DINGTALK_BYTES = 4096, 20_000
_LARGEST_ANSWER = 1 << 16


@dataclass(frozen=True)
class Places:
    """Where secrets and the workspace's own certificates lie."""

    secrets: Path
    workspace: Path

    def trust(self, ca_file: str | None) -> ssl.SSLContext:
        """What is trusted: the system's authorities, or the declared file's alone."""
        return ssl.create_default_context(cafile=str(self.workspace / ca_file) if ca_file else None)


def send(told: Told, mail: Mail | None, what: tuple[Digest, Wording], at: datetime, places: Places) -> None:
    """Send one digest by one way. Raises `AlertRefused`."""
    try:
        if told.way is Way.MAIL:
            assert mail is not None
            _mail(mail, _message(mail, told.person, what, at), places)
        else:
            _post(told, _BODIES[told.way](*what), at, places)
    except Exception as error:  # whatever an answer does to one way, the others are told
        raise AlertRefused(told.person, told.way, _why(error)) from None


def _message(mail: Mail, person: str, what: tuple[Digest, Wording], at: datetime) -> EmailMessage:
    one, words = what
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = mail.sender, person, words.subject(one)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = _message_id(mail, one)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence answers it
    message.set_content(words.text(one))
    return message


def _message_id(mail: Mail, one: Digest) -> str:
    """The same for the same digest, so that what is sent twice is known as one."""
    told = json.dumps(one.entry(Way.MAIL), ensure_ascii=False, sort_keys=True)
    return f"<{hashlib.sha256(told.encode()).hexdigest()[:32]}@{mail.sender.rpartition('@')[2]}>"


def _mail(mail: Mail, message: EmailMessage, places: Places) -> None:
    trust = places.trust(mail.ca_file) if mail.tls is not Tls.NONE else None
    made: smtplib.SMTP
    if mail.tls is Tls.IMPLICIT:
        made = smtplib.SMTP_SSL(mail.server, mail.port, timeout=_SECONDS, context=trust)
    else:
        made = smtplib.SMTP(mail.server, mail.port, timeout=_SECONDS)
    with made as server:
        if mail.tls is Tls.STARTTLS:
            server.starttls(context=trust)
        if mail.secret:
            values = read_values(places.secrets, mail.secret, ("user", "password"))
            server.login(values["user"], values["password"])
        server.send_message(message)


def _webhook(one: Digest, words: Wording) -> dict[str, Any]:
    return words.data(one)


def _wecom(one: Digest, words: Wording) -> dict[str, Any]:
    head = f"**{words.subject(one)}**\n"
    return {
        "msgtype": "markdown",
        "markdown": {"content": head + words.markdown(one, _WECOM_BYTES - len(head.encode()))},
    }


def _dingtalk(one: Digest, words: Wording) -> dict[str, Any]:
    title = words.subject(one)
    text = f"#### {title}\n" + words.markdown(one, _DINGTALK_BYTES - len(title.encode()) - 6)
    return {"msgtype": "markdown", "markdown": {"title": title, "text": text}}


_BODIES: Mapping[Way, Callable[[Digest, Wording], dict[str, Any]]] = {
    Way.WEBHOOK: _webhook,
    Way.WECOM: _wecom,
    Way.DINGTALK: _dingtalk,
}
_KEYS: Mapping[Way, Collection[str]] = {Way.WEBHOOK: ("token",), Way.WECOM: (), Way.DINGTALK: ("sign",)}


def _post(told: Told, body: dict[str, Any], at: datetime, places: Places) -> None:
    assert told.secret is not None
    values = read_values(places.secrets, told.secret, ("url",), _KEYS[told.way])
    address = values["url"]
    if urllib.parse.urlsplit(address).scheme not in ("https", "http"):
        raise Unsaid("the address in its secret is none of http or https")
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "zhongtai"}
    if "token" in values:
        headers["Authorization"] = f"Bearer {values['token']}"
    if "sign" in values:
        address += _signed(values["sign"], at)
    data = json.dumps(body, ensure_ascii=False).encode()
    # Nowhere else than where it was declared to go: by no proxy that an environment names, after no redirect.
    with httpx2.Client(
        verify=places.trust(told.ca_file), timeout=_SECONDS, follow_redirects=False, trust_env=False
    ) as client:
        answer = client.post(address, content=data, headers=headers)
    if not answer.is_success:
        raise Unsaid(f"it answered {answer.status_code}")
    said = answer.content[:_LARGEST_ANSWER]
    if told.way is not Way.WEBHOOK:
        _expect_taken(said)


def _signed(secret: str, at: datetime) -> str:
    """The signature that 钉钉's robots ask for: HMAC-SHA256 over the milliseconds and the secret."""
    moment = str(int(at.timestamp() * 1000))
    found = hmac.new(secret.encode(), f"{moment}\n{secret}".encode(), hashlib.sha256).digest()
    return "&" + urllib.parse.urlencode({"timestamp": moment, "sign": base64.b64encode(found).decode()})


def _expect_taken(said: bytes) -> None:
    """Both chats answer 200 whatever they think of a message: `errcode` 0 alone says that it was taken."""
    try:
        code = json.loads(said)["errcode"]
    except (ValueError, KeyError, TypeError, RecursionError):
        code = None
    if type(code) is not int:
        raise Unsaid("it did not say whether it took the message")
    if code != 0:
        raise Unsaid(f"it did not take the message: errcode {code}")


def _why(error: Exception) -> str:
    """Why, without an address or anything that a server said: both may hold what opens it."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the mail server answered {error.smtp_code}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "the mail server refused the recipient"
    if isinstance(error, ssl.SSLError) or "CERTIFICATE" in str(error).upper():
        return "its certificate is not trusted, or it speaks no TLS"
    if isinstance(error, Unsaid):
        return str(error)
    if isinstance(error, OSError | smtplib.SMTPException | httpx2.HTTPError):
        return f"it could not be reached ({type(error).__name__})"
    return f"it could not be told ({type(error).__name__})"
