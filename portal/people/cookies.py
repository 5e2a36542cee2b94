"""The cookies of the portal: names, and the attributes that keep them from scripts and other sites.

Over TLS a name begins with `__Host-`, by which browsers see to it that this host alone set it, for all of itself
(RFC 6265bis, 4.1.3.2). What a cookie means is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

SESSION, FLOW = "zt", "zt-flow"


@dataclass(frozen=True)
class Cookies:
    """The cookies of a portal at an address."""

    base: str

    @property
    def secure(self) -> bool:
        """Whether the portal is reached by TLS."""
        return self.base.startswith("https://")

    def name(self, cookie: str) -> str:
        """What a cookie is called."""
        return f"__Host-{cookie}" if self.secure else cookie

    def read(self, request: Request, cookie: str) -> str:
        """What a browser sent; "" for nothing."""
        return request.cookies.get(self.name(cookie), "")[:200]

    def set(self, answer: Response, cookie: str, secret: str) -> None:
        """Have the browser keep a secret until it is closed."""
        # Lax: whoever comes back from where they signed in comes from another site.
        answer.set_cookie(self.name(cookie), secret, path="/", secure=self.secure, httponly=True, samesite="lax")

    def forget(self, answer: Response, cookie: str) -> None:
        """Have the browser forget it."""
        answer.delete_cookie(self.name(cookie), path="/", secure=self.secure, httponly=True, samesite="lax")
