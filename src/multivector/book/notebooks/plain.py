"""MyST to plain Markdown: every role a word, every directive a paragraph.

Read by lines and regular expressions, without Sphinx, so that a notebook can be made where no book
can be built. A role or directive that is not known here is an error: a reader of a notebook must
never meet ``{numref}`` in a sentence.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pybtex.database import Entry, parse_string
from pybtex.exceptions import PybtexError
from pybtex.richtext import Text

_FENCE = re.compile(r"^(\s*)(`{3,}|~{3,}|:{3,})\s*(.*)$")
_DIRECTIVE = re.compile(r"^\{([\w:+-]+)\}\s*(.*)$")
_OPTION = re.compile(r"^:([\w-]+):\s*(.*)$")
_ROLE = re.compile(r"\{([\w:+-]+)\}(`+)(.+?)\2(?!`)", re.S)
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.S)
_TITLED = re.compile(r"^(.*?)\s*<([^<>]+)>$", re.S)
_SPAN = re.compile(r"\[([^\[\]]+)\]\{([^{}`]*)\}")
_LINK = re.compile(r"(!?)\[([^\[\]]*)\]\(([^()\s]+)\)")
_TARGET = re.compile(r"^\(([\w:.-]+)\)=\s*$")


class PlainError(ValueError):
    """A piece of MyST that has no plain form; says where and what."""


@dataclass
class Prose:
    """Lines of Markdown, literal code fences included."""

    lines: list[str] = field(default_factory=list)


@dataclass
class Directive:
    """A directive with its argument, options and raw content; ``line`` counts from 1."""

    name: str
    argument: str
    options: dict[str, str]
    content: list[str]
    line: int


Block = Prose | Directive


def split(lines: list[str], first: int = 1) -> list[Block]:
    """Return prose and directives in order; raises ``PlainError`` for a fence left open."""
    blocks: list[Block] = []
    at = 0
    while at < len(lines):
        found = _FENCE.match(lines[at])
        directive = _DIRECTIVE.match(found[3]) if found else None
        if not found or (found[2][0] == ":" and not directive):
            _prose(blocks).lines.append(lines[at])
            at += 1
            continue
        end = _closing(lines, at, found[2], first)
        if directive:
            inner = [line.removeprefix(found[1]) for line in lines[at + 1 : end]]
            options, skip = _options(inner)
            blocks.append(
                Directive(directive[1], directive[2].strip(), options, inner[skip:], first + at)
            )
        else:
            _prose(blocks).lines += lines[at : end + 1]
        at = end + 1
    return blocks


def _prose(blocks: list[Block]) -> Prose:
    if not blocks or not isinstance(blocks[-1], Prose):
        blocks.append(Prose())
    return blocks[-1]  # type: ignore[return-value]


def _closing(lines: list[str], start: int, fence: str, first: int) -> int:
    """Return where a fence closes: a colon fence counts the equal ones opened inside it."""
    depth = 0
    for at in range(start + 1, len(lines)):
        bare = lines[at].strip()
        if bare and set(bare) == {fence[0]} and len(bare) >= len(fence):
            if depth == 0:
                return at
            depth -= 1
        elif fence[0] == ":" and bare.startswith(fence) and "{" in bare:
            depth += 1
    raise PlainError(f"line {first + start}: {lines[start].strip()!r} is never closed")


def _options(lines: list[str]) -> tuple[dict[str, str], int]:
    """Return the options at the head of a directive and how many lines they take."""
    options: dict[str, str] = {}
    if lines and lines[0].strip() == "---":
        end = next((i for i, line in enumerate(lines[1:], 1) if line.strip() == "---"), 0)
        for line in lines[1:end]:
            key, _, value = line.partition(":")
            options[key.strip()] = value.strip()
        return options, end + 1
    at = 0
    while at < len(lines) and (found := _OPTION.match(lines[at].strip())):
        options[found[1]] = found[2].strip()
        at += 1
    return options, at


def body(text: str) -> tuple[list[str], int]:
    """Return the lines after the front matter and the number of the first of them."""
    lines = text.splitlines()
    if lines and lines[0] == "---":
        end = next(i for i, line in enumerate(lines[1:], 1) if line == "---")
        return lines[end + 1 :], end + 2
    return lines, 1


def outside_code(lines: list[str]) -> Iterator[tuple[bool, str]]:
    """Yield (is literal code, text) of consecutive lines, joined."""
    run: list[str] = []
    fence = ""
    for line in lines:
        found = _FENCE.match(line)
        if not fence and found and found[2][0] in "`~":
            if run:
                yield False, "\n".join(run)
            run, fence = [line], found[2]
        elif fence and line.strip().startswith(fence) and set(line.strip()) == {fence[0]}:
            yield True, "\n".join([*run, line])
            run, fence = [], ""
        else:
            run.append(line)
    if run:
        yield bool(fence), "\n".join(run)


def inline(text: str, role: Callable[[str, str], str], link: Callable[[str, str], str]) -> str:
    """Return ``text`` with every role, span and internal link in plain Markdown.

    ``role(name, content)`` returns the Markdown of a role; ``link(text, target)`` of a link whose
    target has no scheme. Code spans are left as they are.
    """
    out: list[str] = []
    at = 0
    while at < len(text):
        roles, code = _ROLE.search(text, at), _CODE.search(text, at)
        # A role's backticks also look like a code span: whichever opens first wins.
        if roles and (not code or roles.start() < code.start()):
            out.append(_plain_spans(text[at : roles.start()], link))
            out.append(role(roles[1], roles[3].strip()))
            at = roles.end()
        elif code:
            out.append(_plain_spans(text[at : code.start()], link))
            out.append(code[0])
            at = code.end()
        else:
            out.append(_plain_spans(text[at:], link))
            break
    # A link whose text holds code or a role is cut by the pieces above; finish it here.
    return _LINK.sub(lambda m: _linked(m, link), "".join(out))


def _plain_spans(text: str, link: Callable[[str, str], str]) -> str:
    return _LINK.sub(lambda m: _linked(m, link), _SPAN.sub(_span, text))


def _span(found: re.Match) -> str:
    language = re.search(r"lang=[\"']?([\w-]+)", found[2])
    return f'<span lang="{language[1]}">{found[1]}</span>' if language else found[1]


def _linked(found: re.Match, link: Callable[[str, str], str]) -> str:
    if found[1] or re.match(r"[a-z][a-z+.-]*:", found[3]) or found[3].endswith(".ipynb"):
        return found[0]
    return link(found[2], found[3])


def titled(content: str) -> tuple[str | None, str]:
    """Return (text, target) of a role's content: ``text <target>`` or a bare target."""
    found = _TITLED.match(content)
    return (found[1], found[2].strip()) if found else (None, content.strip())


def target(line: str) -> str | None:
    """Return the label of a ``(label)=`` line, or ``None``."""
    found = _TARGET.match(line)
    return found[1] if found else None


def escape(text: str) -> str:
    """Return ``text`` safe in a notebook's Markdown, where two dollars make a formula."""
    return re.sub(r"(?<!\\)\$", r"\\$", text)


def formatted(plain: str, spec: str) -> str:
    """Return a computed value's ``text/plain`` under a format, as ``glue:text`` shows it.

    Without a format a text loses its quotes. Raises ``ValueError`` where it does not fit.
    """
    try:
        value = literal_eval(plain)
    except (SyntaxError, ValueError):
        value = plain
    if not spec or spec.endswith("s"):
        return format(str(value), spec)
    if spec[-1] in "bcdoxX":
        return format(int(value), spec)
    return format(float(value), spec)


# --- bibliography -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Work:
    """One entry of a bibliography: family names, year ("n.d." where unknown), title, address."""

    key: str
    names: tuple[str, ...]
    year: str
    title: str
    where: str
    url: str

    @property
    def who(self) -> str:
        """Return the names as a citation shows them."""
        if len(self.names) > 2:
            return f"{self.names[0]} *et al.*"
        return " and ".join(self.names)

    def entry(self) -> str:
        """Return the work as one line of a list."""
        parts = [f"{', '.join(self.names)} ({self.year})", f"*{self.title}*", self.where, self.url]
        return ". ".join(part.rstrip(".") for part in parts if part) + "."


def bibliography(text: str) -> dict[str, Work]:
    """Return the works in BibTeX ``text`` by key; raises ``PlainError`` for what is no BibTeX."""
    try:
        entries = parse_string(text, "bibtex").entries
    except PybtexError as error:
        raise PlainError(f"the bibliography: {error}") from error
    return {key: _work(key, entry) for key, entry in entries.items()}


def _work(key: str, entry: Entry) -> Work:
    fields = {name.lower(): _words(value) for name, value in entry.fields.items()}
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    doi = entry.fields.get("doi")
    return Work(
        key=key,
        names=tuple(
            _words(" ".join([*person.prelast_names, *person.last_names])) for person in people
        ),
        year=fields.get("year", "n.d."),
        title=fields.get("title", ""),
        where=fields.get("journal") or fields.get("publisher") or "",
        url=f"https://doi.org/{doi}" if doi else entry.fields.get("url", ""),
    )


def _words(value: str) -> str:
    """Return a BibTeX value as plain words: accents, dashes and quotes as they are printed."""
    return " ".join(Text.from_latex(value).render_as("text").split())
