"""Every file system passes the one suite; what only one of them has is below."""

from collections.abc import Callable, Iterator
from hashlib import md5
from pathlib import Path

import pytest

from tests.fs.server import Web, serving
from tiffin.errors import ConfigError, CorruptObject, TransferError, TransferInterrupted
from tiffin.fs import _attempts, local_path
from tiffin.fs.remote import Directory, Wanted, download, infos, open_filesystem, read, upload
from tiffin.testing.filesystem import SUITE, Site
from tiffin.testing.memory import Memory


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_attempts, "FIRST_WAIT_S", 0.0005)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with serving(tmp_path / "served") as server:
        yield server


@pytest.fixture
def here(tmp_path: Path) -> Path:
    directory = tmp_path / "here"
    directory.mkdir()
    return directory


def _directory(base: Path) -> Site:
    def seed(path: str, body: bytes) -> None:
        (base / path).parent.mkdir(parents=True, exist_ok=True)
        (base / path).write_bytes(body)

    base.mkdir(exist_ok=True)
    return Site(Directory(str(base)), seed)


def _memory(_base: Path) -> Site:
    memory = Memory()
    return Site(memory, memory.files.__setitem__)


@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.__name__.lstrip("_"))
@pytest.mark.parametrize("make", [_directory, _memory])
def test_local(check: Callable[[Site, Path], None], make: Callable[[Path], Site], here: Path, tmp_path: Path) -> None:
    check(make(tmp_path / "there"), here)


@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.__name__.lstrip("_"))
def test_http(check: Callable[[Site, Path], None], web: Web, here: Path) -> None:
    check(Site(open_filesystem(web.url), web.write, lists=False), here)


@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.__name__.lstrip("_"))
def test_http_of_a_server_that_gives_no_parts(check: Callable[[Site, Path], None], web: Web, here: Path) -> None:
    web.ranges = False
    check(Site(open_filesystem(f"{web.url}/below/"), _below(web), lists=False, ranges=False), here)


def _below(web: Web) -> Callable[[str, bytes], None]:
    return lambda path, body: web.write(f"below/{path}", body)


def test_a_connection_that_breaks_is_taken_up_where_it_was(web: Web, here: Path) -> None:
    body = bytes(range(256)) * 5000
    web.write("large", body)
    web.cut["/large"] = 3
    (got,) = download(open_filesystem(web.url), [Wanted("large", str(here / "large"))])
    assert got is not None
    assert got.md5 == md5(body).hexdigest()
    assert (here / "large").read_bytes() == body
    starts = [headers.get("Range") for headers in web.headers]
    assert starts[0] is None
    assert all(starts[1:])


def test_a_body_shorter_than_announced_is_never_taken(web: Web, here: Path) -> None:
    web.write("large", b"x" * 100_000)
    web.cut["/large"] = 99
    with pytest.raises(TransferInterrupted, match="broke off"):
        download(open_filesystem(web.url), [Wanted("large", str(here / "large"))])
    assert not list(here.iterdir())


def test_a_busy_server_is_asked_again_and_a_refusal_is_not(web: Web) -> None:
    web.write("a", b"a")
    web.answers["/a"] = [503, 429]
    assert read(open_filesystem(web.url), "a") == b"a"
    web.answers["/a"] = [418]
    with pytest.raises(TransferError, match=r"/a: the server answered 418 I'm a Teapot$"):
        read(open_filesystem(web.url), "a")


def test_a_server_that_does_not_do_head(web: Web) -> None:
    web.write("a", b"12")
    web.answers["/a"] = [405]
    (found,) = infos(open_filesystem(web.url), ["a"])
    assert found is not None
    assert found.size == 2
    assert [method for method, _ in web.requests] == ["HEAD", "GET"]


def test_redirects_are_followed(web: Web) -> None:
    web.write("a", b"a")
    web.redirects["/old"] = f"{web.url}/a"
    assert read(open_filesystem(web.url), "old") == b"a"


def test_a_redirect_to_another_host_gets_no_credentials(web: Web, tmp_path: Path) -> None:
    with serving(tmp_path / "other") as other:
        other.write("a", b"a")
        web.redirects["/a"] = f"{other.url.replace('127.0.0.1', 'localhost')}/a"
        options = {"auth": "custom", "custom_auth_header": "X-Token", "password": "secret"}
        assert read(open_filesystem(web.url, options), "a") == b"a"
        assert web.headers[0]["X-Token"] == "secret"
        assert "X-Token" not in other.headers[0]


def test_a_query_belongs_to_the_file(web: Web) -> None:
    web.write("a?x=1", b"q")
    assert read(open_filesystem(f"{web.url}/a?x=1"), "") == b"q"


@pytest.mark.parametrize(
    "options", [{"auth": "basic", "user": "me", "password": "pw"}, {"user": "me", "password": "pw"}]
)
def test_basic_authentication(web: Web, options: dict[str, str]) -> None:
    web.write("a", b"a")
    web.allows = lambda header: None if header == "Basic bWU6cHc=" else "Basic"
    assert read(open_filesystem(web.url, options), "a") == b"a"
    assert read(open_filesystem(web.url.replace("//", "//me:pw@")), "a") == b"a"
    with pytest.raises(TransferError, match="the server answered 401") as refused:
        read(open_filesystem(web.url), "a")
    assert "remote modify --local" in (refused.value.hint or "")


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_digest_authentication(web: Web, here: Path, algorithm: str) -> None:
    challenge = f'Digest realm="r, s", qop="auth", algorithm={algorithm}, nonce="abc", opaque="xyz"'
    seen = []

    def allows(header: str) -> str | None:
        seen.append(header)
        return None if 'username="me"' in header and 'nonce="abc"' in header and "nc=0000" in header else challenge

    web.allows = allows
    web.write("a", b"a")
    fs = open_filesystem(web.url, {"auth": "digest", "user": "me", "password": "pw", "method": "PUT"})
    assert read(fs, "a") == b"a"
    (here / "up").write_bytes(b"up")
    upload(fs, [(str(here / "up"), "up")])
    assert read(fs, "up") == b"up"
    assert [bool(header) for header in seen] == [False, True, True, True]
    web.allows = lambda _header: challenge
    with pytest.raises(TransferError, match="401"):
        read(fs, "a")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"auth": "basic", "user": "me"}, "'basic' at http://x needs both 'user' and 'password'"),
        ({"auth": "custom", "password": "p"}, "needs both 'custom_auth_header' and 'password'"),
        ({"auth": "basic", "user": "me", "ask_password": True}, "the password for http://x is not set"),
    ],
)
def test_half_a_login(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as refused:
        open_filesystem("http://x", options)
    assert "remote modify --local" in (refused.value.hint or "")


def test_nobody_answers(web: Web) -> None:
    url = web.url
    web.server_close()
    with pytest.raises(TransferInterrupted, match=r"^http://127.0.0.1:\d+/a: .*[Rr]efused"):
        read(open_filesystem(url), "a")


def test_a_proxy_of_the_environment(web: Web) -> None:
    web.write("a", b"a")
    web.redirects["http://elsewhere.example/a"] = f"{web.url}/a"
    environment = {"http_proxy": web.url, "NO_PROXY": "127.0.0.1,intern.example"}
    fs = open_filesystem("http://elsewhere.example", environment=environment)
    web.write("http:/elsewhere.example/a", b"by proxy")
    web.redirects.clear()
    assert read(fs, "a") == b"by proxy"
    assert read(open_filesystem(web.url, environment=environment), "a") == b"a"


def test_a_scheme_nobody_knows() -> None:
    with pytest.raises(ConfigError, match=r"no support for s3:// \(s3://bucket\)") as refused:
        open_filesystem("s3://bucket")
    assert refused.value.hint == "so far: directories, http://, https://"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("a/b", "a/b"),
        ("file:///a%20b", "/a b"),
        ("file://localhost/a", "/a"),
        ("http://x/a", None),
        ("file://x/a", None),
    ],
)
def test_the_local_path_of_a_url(url: str, path: str | None) -> None:
    assert local_path(url) == path


def test_a_wrong_object_names_its_address(web: Web, here: Path) -> None:
    web.write("a", b"evil")
    with pytest.raises(CorruptObject, match=f"^{web.url}/a does not match its id; it was not copied$"):
        download(open_filesystem(web.url), [Wanted("a", str(here / "a"), "0" * 32)])
