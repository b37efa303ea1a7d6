"""What a driver writes about an attempt that failed, as one of a few meanings, by rules: English and German.

The note is for people to read. Nothing of it goes further than this one word, and what the rules don't know for sure is
OTHER, which says nothing. Two meanings in one note are not sure either.
"""

from collections.abc import Mapping
from functools import cache

from forestall.domain.vocabulary import DriverWord
from forestall.intake.phrases import Phrasebook
from forestall.intake.replywords import UNLESS_DENIED

_PHRASES: Mapping[DriverWord, tuple[str, ...]] = {
    DriverWord.RECIPIENT_UNAVAILABLE: (
        "nobody home", "nobody at home", "nobody was home", "nobody there", "nobody answered",
        "nobody opened", "noone home", "no one home", "no one at home", "no one there",
        "no one answered", "no one opened", "no answer", "no response", "not home", "not at home", "customer absent",
        "niemand da", "niemand zuhause", "niemand zu hause", "niemand daheim", "keiner da", "keiner zuhause",
        "keiner zu hause", "nicht zuhause", "nicht zu hause", "nicht daheim", "niemand angetroffen",
        "nicht angetroffen", "niemand geoffnet", "niemand offnet", "offnet niemand", "macht niemand auf",
        "kunde abwesend",
    ),
    DriverWord.CANNOT_LOCATE: (
        "cannot find address", "cant find address", "couldnt find address", "could not find address",
        "cannot find house", "cant find house", "couldnt find house", "could not find house", "cannot find street",
        "cant find street", "address not found", "house not found", "no such address", "no such house",
        "no such number", "no such street", "no house number",
        "adresse nicht gefunden", "adresse nicht zu finden", "finde adresse nicht", "haus nicht gefunden",
        "hausnummer nicht gefunden", "strasse nicht gefunden", "hausnummer fehlt", "keine hausnummer",
    ),
    DriverWord.NO_ACCESS: (
        "no access", "no entry", "cannot get in", "cant get in", "couldnt get in", "could not get in", "gate locked",
        "gate closed", "gate shut", "gate was locked", "gate was closed", "locked gate", "no door code",
        "no gate code", "need door code", "need gate code",
        "kein zugang", "kein zutritt", "keine zufahrt", "tor ist zu", "tor war zu", "tor geschlossen",
        "tor verschlossen", "tor abgeschlossen", "komme nicht rein", "nicht reingekommen", "kein turcode",
        "schranke geschlossen",
    ),
    DriverWord.REFUSED: (
        "refused", "refuses", "doesnt want it", "didnt want it", "did not want it", "wont accept", "will not accept",
        "not accepted", "never ordered", "did not order", "didnt order",
        "annahme verweigert", "verweigert annahme", "verweigert die annahme", "will es nicht", "will paket nicht",
        "nimmt es nicht an", "nicht bestellt",
    ),
    DriverWord.CONSIGNEE_CLOSED: (
        "shop closed", "shop is closed", "store closed", "store is closed", "office closed", "office is closed",
        "business closed", "company closed", "reception closed", "warehouse closed",
        "laden geschlossen", "geschaft geschlossen", "buro geschlossen", "firma geschlossen", "laden ist zu",
        "geschaft ist zu", "buro ist zu", "firma ist zu", "betriebsferien", "ruhetag",
    ),
    DriverWord.BREAKDOWN: (
        "van broke down", "van has broken down", "truck broke down", "vehicle broke down", "broken down", "breakdown",
        "flat tyre", "flat tire", "puncture", "engine trouble", "engine failure", "van wont start", "battery dead",
        "dead battery",
        "panne", "reifenpanne", "reifen platt", "platter reifen", "motorschaden", "motor defekt", "springt nicht an",
        "fahrzeug defekt", "auto defekt", "batterie leer",
    ),
}  # fmt: skip
"""A new phrase is a line here and a line in the test. "Not" before a phrase that has none itself undoes it."""

_DENIALS = UNLESS_DENIED | {"keiner"}


def read_note(note: str) -> DriverWord:
    """The one thing that a note says; OTHER for none, or for more."""
    book = _book()
    said = {meaning for words in book.sentences(note) for meaning in book.meanings(words)}
    return next(iter(said)) if len(said) == 1 else DriverWord.OTHER


@cache
def _book() -> Phrasebook[DriverWord]:
    return Phrasebook(_PHRASES, _DENIALS)
