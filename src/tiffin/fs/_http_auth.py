"""Who we are, said to a web server: basic, digest, or a header of the server's own."""

import re
import secrets
from collections.abc import Mapping
from hashlib import md5, sha256
from typing import NamedTuple
from urllib.parse import urlsplit

from urllib3.util import make_headers

from tiffin.errors import ConfigError

__all__ = ["Digest", "Login", "header_of"]


class Login(NamedTuple):
    """User name and password."""

    user: str
    password: str


def header_of(login: Login | None, options: Mapping[str, object]) -> dict[str, str]:
    """The header that goes with every request.  Raises ConfigError if it cannot be made."""
    kind = options.get("auth")
    if kind == "custom":
        name, value = options.get("custom_auth_header"), options.get("password")
        if not (name and value):
            raise ConfigError(
                "HTTP authentication 'custom' needs both 'custom_auth_header' and 'password'",
                hint="set them with `tiffin remote modify --local NAME OPTION VALUE`",
            )
        return {str(name): str(value)}
    if kind == "digest" or login is None:
        return {}
    return dict(make_headers(basic_auth=f"{login.user}:{login.password}"))


class Digest:
    """RFC 7616 with qop=auth: the password never travels.  Thread-compatible: a lost update costs one more request."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._challenge: dict[str, str] = {}
        self._count = 0

    def learn(self, headers: Mapping[str, str]) -> bool:
        """Take the server's challenge; False if this is no new one, so that trying again is of no use."""
        text = headers.get("WWW-Authenticate", "")
        if not text.lower().startswith("digest"):
            return False
        challenge = {name.lower(): quoted or bare for name, quoted, bare in _FIELD.findall(text)}
        stale = challenge.get("stale", "").lower() == "true"
        fresh = not self._challenge or stale
        self._challenge = challenge
        return fresh

    def header(self, method: str, url: str) -> dict[str, str]:
        """The answer to the challenge for one request; nothing before there is one."""
        if not self._challenge:
            return {}
        parts = urlsplit(url)
        uri = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        realm, nonce = self._challenge.get("realm", ""), self._challenge.get("nonce", "")
        algorithm = self._challenge.get("algorithm", "MD5")
        self._count += 1
        count, client = f"{self._count:08x}", secrets.token_hex(8)
        secret = _hash(algorithm, f"{self._login.user}:{realm}:{self._login.password}")
        asked = _hash(algorithm, f"{method}:{uri}")
        proof = _hash(algorithm, f"{secret}:{nonce}:{count}:{client}:auth:{asked}")
        fields = {"username": self._login.user, "realm": realm, "nonce": nonce, "uri": uri, "response": proof}
        if "opaque" in self._challenge:
            fields["opaque"] = self._challenge["opaque"]
        quoted = ", ".join(f'{name}="{value}"' for name, value in fields.items())
        return {"Authorization": f'Digest {quoted}, algorithm={algorithm}, qop=auth, nc={count}, cnonce="{client}"'}


_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


def _hash(algorithm: str, text: str) -> str:
    if algorithm.upper().startswith("SHA-256"):
        return sha256(text.encode()).hexdigest()
    return md5(text.encode(), usedforsecurity=False).hexdigest()
