"""What a careful reader must find in the built case chapters, beside its source.

The expected words are computed here from the tables, not copied from the pages.
"""

from __future__ import annotations

import html
import re

import pytest

from multivector import facts, indicators, load

TRADE = load("trade").fillna({"exports_musd": 0, "imports_musd": 0})
PARTNERS = load("partners")
EU = PARTNERS.loc[PARTNERS["eu27"], "iso3"]


def turnover(year: int):
    rows = TRADE[TRADE["year"] == year].set_index("partner")
    return (rows["exports_musd"] + rows["imports_musd"]) / 1000


def herfindahl(**how):
    return indicators.concentration(load("trade"), "exports", **how)["herfindahl"]


def largest_partner():
    all_partners = turnover(2024)
    return [
        f"The largest bloc is the European Union: {all_partners[EU].sum():.1f} billion dollars, "
        "by Kazakhstan's statistics.",
        f"The largest country is China: {all_partners['CHN']:.1f} billion by Kazakhstan's "
        f"statistics, {facts.prose(facts.get('china-trade-2024-customs'))} by China's own.",
    ]


def investment():
    total = facts.value("us-deals-value-2025")
    tungsten = facts.value("us-tungsten-2025")
    most = tungsten + facts.value("us-john-deere-2025") + facts.value("us-nvidia-2025")
    return [
        "Surely investment into Kazakhstan: nothing, so the lower bound is 0.",
        f"tungsten, {tungsten:.1f} billion dollars, {tungsten / total:.0%} of the sum".replace(
            "%", " per cent"
        ),
        f"{most:.1f} billion, {most / total:.0%}, if".replace("%", " per cent"),
    ]


def concentration():
    many, one = herfindahl(), herfindahl(merge=indicators.bloc(PARTNERS, "eu27"))
    return [
        f"from {many[2021]:.3f} in 2021 to {many[2024]:.3f} in 2024, and eased to "
        f"{many[2025]:.3f} in 2025",
        f"as one partner it went from {one[2021]:.3f} to {one[2024]:.3f}, and eased to "
        f"{one[2025]:.3f}",
        f"in 2025 the index is {one[2025] / many[2025]:.1f} times as high",
    ]


def oil():
    crossed = ["oil-samara-2025", "oil-makhachkala-2025"]
    total = facts.value("oil-total-2025")
    low = 100 * (sum(map(facts.value, crossed)) + facts.value("oil-cpc-2025-premier")) / total
    # At most all that did not certainly leave another way, by Baku or to China.
    high = 100 * (total - facts.value("oil-btc-2025") - facts.value("oil-china-2025")) / total
    return [
        "nearly all that is exported goes through Russia's: in 2025 between "
        f"{low:.0f} and {high:.0f} per cent of the crude"
    ]


def corridor():
    now, then = facts.value("titr-2025") / 1000, facts.value("titr-2024") / 1000
    return [
        f"In 2025 the Middle Corridor carried {now:.2f} million tonnes",
        f"{1 - now / then:.0%} less than in 2024".replace("%", " per cent"),
    ]


def crimea():
    years = ("2016-plenary", 2017, 2018, 2019, 2020, 2021, 2022)
    ids = [f"un-crimea-rights-{year}-kaz" for year in years]
    return [
        f"it abstained: on {facts.prose(facts.get('un-68-262-kaz'))}, when "
        f"{facts.prose(facts.get('un-68-262-for'))} were for",
        "it voted against the resolutions seven times",
        "it did not vote against those on militarisation",
        f"It abstained on {facts.prose(facts.get('un-crimea-military-2018-kaz'))}",
        *(facts.prose(facts.get(i)) for i in ids),
        "how it did vote we do not know",
    ]


ANSWERS = {
    "who was the largest partner, by whose count": ("trade", largest_partner),
    "how much of the sum of Washington is investment": ("washington", investment),
    "how the concentration of exports moved": ("trade", concentration),
    "through whose territory the oil for Europe goes": ("corridors", oil),
    "what the Middle Corridor carried": ("corridors", corridor),
    "whether November 2025 was the first summit of leaders": (
        "year",
        lambda: [
            f"had met on {facts.prose(facts.get('c5-first-summit-2023'))}, in New York",
            "So November 2025 was not the first leaders' summit in the C5+1 format; it was the "
            "second.",
        ],
    ),
    "how Kazakhstan voted on Crimea": ("turbulence", crimea),
}


def prose(page: str) -> str:
    """Return the article of a built page as one line of text, as a reader sees it."""
    body = re.search(r"<article.*</article>", page, re.DOTALL)[0]
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", body, flags=re.DOTALL)
    # the card of a fact and its number in print stand outside the sentence
    body = re.sub(r'<(sup|span|a) class="mv-(?:mark|note)[^>]*>.*?</\1>', "", body, flags=re.DOTALL)
    text = html.unescape(re.sub(r"<[^>]+>", "", body))
    text = text.replace("’", "'").replace("\N{WORD JOINER}", "")
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("question", ANSWERS)
def test_a_careful_reader_finds_the_answer(book, question):
    chapter, answer = ANSWERS[question]
    text = prose((book / f"chapters/case-2025/{chapter}.html").read_text("utf-8"))
    for sentence in answer():
        assert sentence in text, f"{chapter} no longer says: {sentence}"


def test_every_case_chapter_dates_its_evidence(book):
    newest = load("sources")["published_date"].max()
    stated = facts.date_words(f"{newest:%Y-%m}")
    for path in sorted((book / "chapters/case-2025").glob("*.html")):
        assert f"The newest page read for this book is of {stated}" in prose(
            path.read_text("utf-8")
        ), path.name
