"""Puts the tables of a benchmark into the page that explains them."""

from pathlib import Path


def put_into(document: Path, target: str, tables: str) -> None:
    """Replaces what stands between the marks of this make target."""
    begin, end = f"<!-- figures: make {target} -->\n", "<!-- end of figures -->\n"
    before, rest = document.read_text(encoding="utf-8").split(begin)
    after = rest.split(end, 1)[1]
    document.write_text(f"{before}{begin}\n{tables}\n{end}{after}", encoding="utf-8")
