"""The pages of the sign-in link, in English and Simplified Chinese, without any script."""

from html import escape

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>PromptOps</title>
<style>
:root {{ color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; }}
main {{ max-width: 24rem; padding: 24px; }}
h1 {{ font-size: 20px; margin: 0 0 16px; }}
p {{ margin: 0 0 8px; }}
button {{ font: inherit; margin-top: 8px; padding: 8px 16px; cursor: pointer; }}
</style>
</head>
<body>
<main>
<h1>PromptOps</h1>
{content}
</main>
</body>
</html>
"""


def _paragraphs(english: str, chinese: str) -> str:
    return f'<p>{escape(english)}</p>\n<p lang="zh-Hans">{escape(chinese)}</p>'


def sign_in_page(token: str) -> str:
    """The page behind a link: its button signs in, opening it does not."""
    text = _paragraphs(
        "This link signs you in as the administrator, once. Only the button uses it.",
        "此链接以管理员身份登录，仅可使用一次。按下按钮才会使用。",
    )
    return _PAGE.format(
        content=f'{text}\n<form method="post" action="/sign-in?token={escape(token)}">\n'
        '<button type="submit">Sign in · <span lang="zh-Hans">登录</span></button>\n</form>'
    )


def spent_page() -> str:
    """The page for a link that was used, is over an hour old, or was never made."""
    return _PAGE.format(
        content=_paragraphs(
            "This link is not valid: it was used, is over an hour old, or a newer one was made. "
            "A new one: promptops-server users link",
            "此链接无效：已被使用、已超过一小时，或已生成更新的链接。"
            "生成新链接：promptops-server users link",
        )
    )


def refused_page(sentence: str) -> str:
    """The page where nobody can sign in, with the operator's two ways out."""
    return _PAGE.format(
        content=_paragraphs(
            sentence,
            "此地址使用明文 HTTP，无法登录：请在前面放置 TLS 代理，并把 PROMPTOPS_PUBLIC_URL "
            "设为其 https 地址；或设置 PROMPTOPS_INSECURE_HTTP=1。",
        )
    )


def elsewhere_page(origin: str) -> str:
    """The page for a button that was pressed at another address than the public one."""
    return _PAGE.format(
        content=_paragraphs(
            f"Open the link at {origin}: that is this installation's address "
            "(PROMPTOPS_PUBLIC_URL).",
            f"请在 {origin} 打开此链接：这是本系统的地址（PROMPTOPS_PUBLIC_URL）。",
        )
    )
