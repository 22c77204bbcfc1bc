"""Mail through a real SMTP server, and what happens where it fails."""

import secrets
from collections.abc import Generator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from fixtures.api import Project, made
from fixtures.people import People, accept_link, member
from fixtures.servers import ApiProcess, World, free_port
from promptops_server.access.people.mail import Letter, Mailer, letter_of
from promptops_server.access.types import LinkKind

_FROM = "promptops@example.com"
_LETTER = Letter("Subject", "English", "中文")
_URL = "https://prompts.example.com/link#token"


@dataclass
class Mailbox:
    """What a mail server took; `port` is where it listens."""

    port: int = 0
    logins: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])

    # The names that aiosmtpd calls.
    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append(mail)
        return "250 taken"

    async def handle_RCPT(  # noqa: N802
        self, _server: object, _session: object, envelope: Any, address: str, _options: object
    ) -> str:
        if address.startswith("refused"):
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 known"

    def log_in(
        self, _server: object, _session: object, _envelope: object, _how: str, login: Any
    ) -> AuthResult:
        """Lets one pair in."""
        self.logins.append((login.login, login.password))
        return AuthResult(success=login.password == b"p@ss word")


@pytest.fixture
def mailbox() -> Generator[Mailbox]:
    box = Mailbox(port=free_port())
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=box.port,
        authenticator=box.log_in,
        auth_require_tls=False,
    )
    controller.start()
    yield box
    controller.stop()


async def test_a_mail_says_it_in_both_languages_and_holds_the_link(mailbox: Mailbox) -> None:
    mailer = Mailer(f"smtp://me%40example.com:p%40ss%20word@127.0.0.1:{mailbox.port}", _FROM)
    letter = letter_of(LinkKind.INVITATION, "Größe 项目")
    assert await mailer.send("grace@example.com", letter, _URL)
    mail = mailbox.mails[0]
    assert (mail["From"], mail["To"]) == (_FROM, "grace@example.com")
    assert mail["Subject"] == "PromptOps: Größe 项目: invitation · 邀请"
    text = mail.get_content()
    for part in ("You are invited to the project Größe 项目", "您被邀请加入项目", _URL):
        assert part in text
    assert mailbox.logins == [(b"me@example.com", b"p@ss word")]


async def test_a_mail_that_fails_is_told_and_raises_nothing(
    mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    here = f"127.0.0.1:{mailbox.port}"
    to = "canary@example.com"
    for url, address in (
        (None, to),
        (f"smtp://127.0.0.1:{free_port()}", to),
        (f"smtp://me:wrong@{here}", to),
        (f"smtps://{here}", to),
        (f"smtp://{here}", "refused-canary@example.com"),
        (f"smtp://{here}", "canary@example.com\r\nBcc: other@example.com"),
    ):
        mailer = Mailer(url, None if url is None else _FROM)
        assert not await mailer.send(address, _LETTER, _URL), url
    assert mailbox.mails == []
    assert "mail not sent" in caplog.text
    for secret in ("canary", "wrong", "token"):
        assert secret not in caplog.text


async def test_a_password_goes_over_no_plain_line_but_loopback(mailbox: Mailbox) -> None:
    # Leads to this machine too, and is no loopback address by itself.
    for login, is_sent in (("me:p%40ss%20word@", False), ("", True)):
        mailer = Mailer(f"smtp://{login}0.0.0.0:{mailbox.port}", _FROM)
        assert await mailer.send("grace@example.com", _LETTER, _URL) == is_sent
    assert mailbox.logins == []


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("smtp://localhost", None),
        (None, _FROM),
        ("http://localhost", _FROM),
        ("smtp://", _FROM),
        ("smtp://localhost:0", _FROM),
        ("smtp://localhost:99999", _FROM),
        ("smtp://localhost/path", _FROM),
    ],
)
def test_settings_that_are_wrong_are_told_without_their_secret(
    url: str | None, sender: str | None
) -> None:
    with pytest.raises(ValueError, match="PROMPTOPS_SMTP_URL"):
        Mailer(url, sender)


async def test_an_invitation_and_a_reset_are_mailed(
    mailbox: Mailbox, project: Project, people: People, world: World
) -> None:
    environment = {
        **world.environment,
        "PROMPTOPS_PORT": str(free_port()),
        "PROMPTOPS_SMTP_URL": f"smtp://127.0.0.1:{mailbox.port}",
        "PROMPTOPS_MAIL_FROM": _FROM,
    }
    process = ApiProcess(environment, world.log.with_name("mailing.log"))
    await process.start()
    try:
        project.api.url = process.url
        owner = await member(people, project)
        email = f"u-{secrets.token_hex(6)}@example.com"
        body = {"email": email, "role": "viewer"}
        invited = await made(await owner.send("POST", "/api/v1/invitations", body))
        assert invited["mailed"] is True
        assert invited["url"] in mailbox.mails[0].get_content()
        token = invited["url"].partition("#")[2]
        fields = {"name": "Grace", "password": "correct horse battery"}
        assert (await accept_link(project.api, token, fields)).status == 200
        refused = {"email": f"refused-{email}", "role": "viewer"}
        answer = await made(await owner.send("POST", "/api/v1/invitations", refused))
        assert answer["mailed"] is False
        log = world.log.with_name("mailing.log").read_text()
        assert "mail not sent" in log
        for secret in (email, token, "horse"):
            assert secret not in log
    finally:
        await process.stop()
