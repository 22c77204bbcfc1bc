"""Mail to people, in English and Chinese at once, where the operator has set a server.

What is mailed is also answered or printed, so a mail that fails never fails the request.
"""

import ipaddress
import logging
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib

from promptops_server.access.types import LinkKind

_TIMEOUT_S = 10
_PORTS = {"smtp": 587, "smtps": 465}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, but for the link in it."""

    subject: str
    english: str
    chinese: str


def letter_of(kind: LinkKind, project_name: str | None) -> Letter:
    """What the mail with a link of this kind says."""
    if kind == LinkKind.PASSWORD_RESET:
        return Letter(
            "PromptOps: set a new password · 设置新密码",
            "An administrator made this link for you to set a new password. It works once, within"
            " 24 hours, and ends all your sessions:",
            "管理员为您生成了此链接，用于设置新密码。链接仅可使用一次，24 小时内有效，"
            "使用后您的所有会话都会结束：",
        )
    if project_name is None:
        return Letter(
            "PromptOps: your account · 您的账号",
            "An account was made for you. This link sets its password; it works once, within seven"
            " days:",
            "已为您创建账号。请用此链接设置密码；链接仅可使用一次，七天内有效：",
        )
    return Letter(
        f"PromptOps: {project_name}: invitation · 邀请",
        f"You are invited to the project {project_name}. This link works once, within seven days:",
        f"您被邀请加入项目 {project_name}。链接仅可使用一次，七天内有效：",
    )


class Mailer:
    """Sends mail through the operator's server, where there is one."""

    def __init__(self, url: str | None, sender: str | None) -> None:
        """Takes `smtp://` (STARTTLS) or `smtps://user:password@host:port`, and the From address.

        Raises ValueError with a sentence where one is there without the other, or the URL is none.
        """
        self._parts = None if url is None else _parts_of(url)
        if (self._parts is None) != (sender is None):
            raise ValueError("Set PROMPTOPS_SMTP_URL and PROMPTOPS_MAIL_FROM together.")
        self._sender = sender or ""

    async def send(self, to: str, letter: Letter, url: str) -> bool:
        """Whether the server took the mail; a failure is logged by its kind alone."""
        if self._parts is None:
            return False
        parts = self._parts
        message = EmailMessage()
        is_encrypted = parts.scheme == "smtps"
        try:
            message["From"] = self._sender
            message["To"] = to
            message["Subject"] = letter.subject
            message.set_content(f"{letter.english}\n\n{letter.chinese}\n\n{url}\n")
            await aiosmtplib.send(
                message,
                hostname=parts.hostname,
                port=parts.port or _PORTS[parts.scheme],
                username=None if parts.username is None else unquote(parts.username),
                password=None if parts.password is None else unquote(parts.password),
                use_tls=is_encrypted,
                start_tls=None if is_encrypted else _needs_starttls(parts),
                timeout=_TIMEOUT_S,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            _log.warning("mail not sent: %s", type(error).__name__)
            return False
        return True


def _parts_of(url: str) -> SplitResult:
    parts = urlsplit(url)
    try:
        is_right = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(
            "PROMPTOPS_SMTP_URL is smtp://user:password@host:port or smtps://user:password@host."
        )
    return parts


def _needs_starttls(parts: SplitResult) -> bool | None:
    """True where a password would go over the line in clear; None: where the server offers it."""
    host = parts.hostname or ""
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
    return True if parts.username is not None and not is_here else None
