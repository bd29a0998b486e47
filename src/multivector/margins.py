"""How many missed events would turn a finding about counts.

A count of what was *found* changes with the next page that is read. Each function returns the
fewest events that, added to the list or taken from it, make the finding untrue; ``told`` puts it
into the words that the role ``{margin}`` shows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
#: What ``told`` writes, and nothing else: the role refuses any other text
TOLD = re.compile(r"(?:\w+|\d+) [\w ]+ more or fewer would turn this")


def lead(counts: Mapping[str, float], who: str) -> int:
    """Return how many events turn "``who`` has more than any other".

    ``counts``: events (or points, where an event is worth at least one) of each rival. Raises
    ``ValueError`` where ``who`` does not lead: then there is no finding to turn.
    """
    rivals = [count for name, count in counts.items() if name != who]
    if not rivals or counts[who] <= max(rivals):
        raise ValueError(f"{who!r} has no lead")
    # The nearest rival draws level when it gains, or the leader loses, the difference.
    return int(counts[who] - max(rivals))


def majority(part: int, whole: int) -> int:
    """Return how many events turn "more than half of the ``whole`` are of this ``part``".

    Raises ``ValueError`` where ``part`` is no majority of ``whole``.
    """
    if 2 * part <= whole or part > whole:
        raise ValueError(f"{part} of {whole} is no majority")
    # Events of another kind added, or events of this kind taken away, until just half is left.
    return 2 * part - whole


def told(events: int, what: str) -> str:
    """Return a margin in words: "two trips more or fewer would turn this".

    ``what`` names one event, such as "trip"; raises ``ValueError`` below one event.
    """
    if events < 1:
        raise ValueError("a finding that no event supports is none")
    number = _WORDS[events] if events < len(_WORDS) else str(events)
    return f"{number} {what}{'' if events == 1 else 's'} more or fewer would turn this"
