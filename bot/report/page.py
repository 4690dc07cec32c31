"""The frame of every page that we write: style and script inside, so that it opens offline."""

from collections.abc import Iterable
from html import escape
from importlib.resources import files


def document(title: str, sections: Iterable[str]) -> str:
    """A whole page."""
    folder = files("bot.report")
    style = (folder / "page.css").read_text(encoding="utf-8")
    script = (folder / "page.js").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(sections)
        + f"\n</main>\n<script>\n{script}</script>\n</body>\n</html>\n"
    )


def card(title: str, lead: str, content: str | None, *, long: bool = False) -> str:
    """One section: a title, what it shows, and that; long: it may be cut between sheets."""
    kind = "card long" if long else "card"
    body = content if content else '<p class="soft">Nothing to show.</p>'
    return (
        f'<section class="{kind}"><h2>{escape(title)}</h2><p class="lead">{escape(lead)}</p>'
        f"{body}</section>"
    )
