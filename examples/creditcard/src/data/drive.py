"""Fetch a public file from Google Drive by its share link.

Drive answers a small file at once.  For a big one it first sends a page that says it could not look for viruses,
with a form to confirm; the file comes from where the form points to, with the values hidden in it.
"""

__all__ = ["DownloadFailed", "download", "file_id"]

import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener

DRIVE = "https://drive.google.com"
PLACEHOLDER = "FILE_ID"
SHARE = 'share it with "Anyone with the link" on Drive and copy the link from there'

Open = Callable[[str], HTTPResponse]


class DownloadFailed(Exception):
    """The file could not be fetched; the message says what was asked, what was found and what to do."""


def file_id(link: str) -> str:
    """The id in a link such as https://drive.google.com/file/d/ID/view?usp=sharing or .../open?id=ID.

    Raises DownloadFailed when there is none.
    """
    parts = urlsplit(link)
    in_path = re.search(r"/d/([\w-]+)", parts.path)
    found = in_path[1] if in_path else parse_qs(parts.query).get("id", [""])[0]
    if found == PLACEHOLDER:
        raise DownloadFailed(f"{link} in params.yaml is a placeholder; put your own file there and {SHARE}")
    if not re.fullmatch(r"[\w-]+", found):
        raise DownloadFailed(f"no file id in {link}; {SHARE}")
    return found


def download(link: str, target: Path, *, base_url: str = DRIVE, timeout_s: float = 60.0) -> int:
    """Write the shared file to `target`, whole or not at all; return its size in bytes.

    base_url: where Drive is; tests put a server of their own there.  Raises DownloadFailed.
    """
    identity = file_id(link)
    opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def open_url(url: str) -> HTTPResponse:
        # The address of the confirmed file comes out of a page, and urllib would open file:///etc/passwd as well.
        if urlsplit(url).scheme not in {"http", "https"}:
            raise DownloadFailed(f"{link} leads to {url}, which is no address on the web")
        request = Request(url, headers={"User-Agent": "Mozilla/5.0"})  # noqa: S310 - the scheme is checked above
        response: HTTPResponse = opener.open(request, timeout=timeout_s)
        return response

    try:
        with _open_file(f"{base_url}/uc?{urlencode({'export': 'download', 'id': identity})}", link, open_url) as file:
            return _save(file, target, link)
    except HTTPError as error:
        raise DownloadFailed(_explain(error.code, link)) from error
    except (URLError, TimeoutError, ConnectionError) as error:
        raise DownloadFailed(f"cannot reach {base_url} for {link}: {error}") from error


def _open_file(url: str, link: str, open_url: Open) -> HTTPResponse:
    """The response that carries the file, after the page to confirm if there is one."""
    response = open_url(url)
    if not _is_page(response):
        return response
    page = _read_page(response, link)
    if not page.action:
        raise DownloadFailed(f"{link} gave a page instead of a file ({page.title or 'without a title'}); {SHARE}")
    response = open_url(f"{urljoin(url, page.action)}?{urlencode(page.hidden)}")
    if not _is_page(response):
        return response
    # After the confirmation only a refusal is left, most often: too many people fetched this file today.
    page = _read_page(response, link)
    raise DownloadFailed(f"Drive refused to hand out {link} ({page.title or 'without a reason'}); try again tomorrow")


class _Page(HTMLParser):
    """The title of a page, and the target and hidden values of the form to confirm, if the page has one."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.action = ""
        self.hidden: dict[str, str] = {}
        self._in_title = False
        self._in_form = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._in_title = tag == "title"
        if tag == "form" and values.get("id") == "download-form":
            self._in_form = True
            self.action = values.get("action") or ""
        if tag == "input" and self._in_form and values.get("type") == "hidden":
            self.hidden[values.get("name") or ""] = values.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False
        if tag == "form":
            self._in_form = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data.strip()


def _is_page(response: HTTPResponse) -> bool:
    return response.headers.get_content_type() == "text/html"


def _read_page(response: HTTPResponse, link: str) -> _Page:
    with response:
        if urlsplit(response.url).hostname == "accounts.google.com":
            raise DownloadFailed(f"Drive asks for a login, so {link} is not public; {SHARE}")
        page = _Page()
        page.feed(response.read(1_000_000).decode(errors="replace"))
    return page


def _save(file: HTTPResponse, target: Path, link: str) -> int:
    """Write beside `target` first and rename when all of it is there."""
    part = target.with_name(f"{target.name}.part")
    expected = file.headers.get("Content-Length")
    try:
        with part.open("wb") as out:
            shutil.copyfileobj(file, out, 1 << 20)
            size = out.tell()
        if expected is not None and size != int(expected):
            raise DownloadFailed(f"{link} broke off after {size} of {expected} bytes; run the stage again")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return size


def _explain(code: int, link: str) -> str:
    if code == 404:
        return f"Drive knows no file at {link}; copy its link anew from Drive"
    if code in {401, 403}:
        return f"{link} is not public; {SHARE}"
    return f"Drive answered {code} for {link}; try again later"
