"""The phrases customers use, in English, German, French, Spanish and Portuguese, as ``replies`` compares them.

Words are without accents, apostrophes or capitals, umlauts as plain vowels. A phrase is met when its words come in
this order, close together. A new one is a line here and a line in the test.
"""

from collections.abc import Mapping

from forestall.domain.vocabulary import Reply


def _set(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


PHRASES: Mapping[Reply, tuple[str, ...]] = {
    Reply.STOP: (
        "stop texting", "stop messaging", "stop sending", "stop contacting", "stop writing", "stop bothering",
        "stop spamming", "stop calling", "stop these", "stop the messages", "stop the texts", "no more texts",
        "no more messages", "no more sms", "dont text", "do not text", "dont message", "do not message",
        "dont contact", "do not contact", "dont write", "do not write", "opt out", "opt me out", "unsubscribe",
        "remove me", "remove my number", "take me off", "leave me alone", "delete my number",
        "keine sms mehr", "keine nachrichten mehr", "keine nachricht mehr", "nicht mehr schreiben",
        "nicht mehr kontaktieren", "horen sie auf", "hort auf", "nummer loschen", "lassen sie mich in ruhe",
        "plus de sms", "plus de messages", "arretez", "ne mecrivez plus", "ne plus me contacter", "desabonner",
        "desinscrire", "laissez moi tranquille",
        "no mas mensajes", "no mas sms", "no me escriban", "no me envien", "no me manden", "dejen de escribir",
        "dejen de enviar", "dejen de mandar", "darme de baja", "dar de baja",
        "parem de enviar", "parem de mandar", "pare de enviar", "pare de mandar", "nao enviem mais", "nao envie mais",
        "nao mandem mais", "nao quero mais mensagens", "mais nenhuma mensagem", "cancelar subscricao",
    ),
    Reply.CALL_ME: (
        "call me", "please call", "give me a call", "phone me", "ring me", "speak to someone", "talk to someone",
        "speak to a person", "talk to a person",
        "rufen sie an", "rufen sie mich", "ruf mich an", "bitte anrufen", "anruf bitte",
        "appelez moi", "rappelez moi", "me rappeler", "mappeler",
        "llameme", "llamenme", "me llamen", "por favor llamar",
        "liguem me", "ligue me", "me liguem", "podem ligar", "por favor ligar",
    ),
    Reply.WILL_BE_THERE: (
        "im home", "im at home", "i am home", "i am at home", "ill be home", "ill be at home", "ill be there",
        "ill be in", "i will be home", "i will be at home", "i will be there", "i will be in", "well be home",
        "well be there", "we will be home", "we will be there", "we are home", "were home", "be home all day",
        "home all day", "at home", "someone will be", "somebody will be", "someone is there", "somebody is there",
        "someone is home", "somebody is home", "my wife is home", "my husband is home", "im in all day", "im here",
        "i am here", "were here", "we are here",
        "bin da", "bin zuhause", "bin zu hause", "bin daheim", "zu hause", "zuhause", "wir sind da", "jemand ist da",
        "jemand da", "jemand zuhause",
        "je serai la", "je serai present", "je suis la", "suis a la maison", "a la maison", "chez moi",
        "nous serons la", "quelqun sera la", "quelqun sera present", "jy serai",
        "estare en casa", "estoy en casa", "en casa", "habra alguien", "estare alli", "estare ahi", "alguien estara",
        "estarei em casa", "estou em casa", "em casa", "estara alguem", "vai estar alguem", "estarei la",
        "alguem estara",
    ),
    Reply.SAFE_PLACE: (
        "safe place", "leave it with", "leave with", "leave it at", "leave it in", "leave it by", "leave it on",
        "leave it outside", "leave outside", "leave parcel", "leave package", "leave it there", "with my neighbour",
        "with neighbour", "neighbour", "neighbor", "next door", "behind the", "in the garage", "in the shed",
        "in the porch", "on the porch", "by the door", "at the door", "front door", "back door", "doorstep",
        "with the concierge", "concierge", "reception", "parcel box", "mailbox",
        "nachbar", "nachbarn", "nachbarin", "vor die tur", "vor der tur", "ablegen", "abstellen", "hinlegen",
        "ablageort", "in die garage", "in der garage", "sicheren ort", "sicherer ort",
        "chez le voisin", "chez la voisine", "voisin", "voisine", "laissez le", "laisser le colis", "devant la porte",
        "endroit sur", "lieu sur", "gardien", "dans le garage",
        "vecino", "vecina", "dejelo", "dejarlo", "dejenlo", "lugar seguro", "sitio seguro", "porteria", "portero",
        "en la puerta", "en el garaje",
        "vizinho", "vizinha", "local seguro", "deixe no", "deixe na", "deixem no", "deixem na", "deixar no",
        "deixar na", "deixar com", "a porta", "na garagem", "porteiro", "portaria",
    ),
    Reply.ANOTHER_DAY: (
        "another day", "different day", "other day", "another time", "some other time", "tomorrow", "next week",
        "not today", "reschedule", "rebook", "come back on", "postpone",
        "anderer tag", "anderen tag", "an einem anderen", "morgen", "ubermorgen", "nachste woche", "nicht heute",
        "heute nicht", "verschieben",
        "un autre jour", "autre jour", "demain", "la semaine prochaine", "semaine prochaine", "pas aujourdhui",
        "reporter",
        "otro dia", "manana", "proxima semana", "la semana que viene", "hoy no", "no hoy", "reprogramar",
        "outro dia", "amanha", "na proxima semana", "semana que vem", "hoje nao", "nao hoje", "reagendar",
    ),
    Reply.LATE_IS_FINE: (
        "late is fine", "late is ok", "fine if late", "later is fine", "later is ok", "later today is fine",
        "no problem", "no worries", "no rush", "not a problem", "that works", "works for me", "i can wait",
        "ill wait", "take your time", "doesnt matter", "does not matter",
        "kein problem", "macht nichts", "passt schon", "spater ist ok", "spater ist in ordnung", "ich warte",
        "pas de probleme", "pas grave", "pas de souci", "plus tard cest bon", "jattends",
        "no hay problema", "sin problema", "no importa", "no pasa nada", "mas tarde esta bien", "puedo esperar",
        "sem problema", "nao ha problema", "nao faz mal", "mais tarde esta bem", "posso esperar",
    ),
}  # fmt: skip
"""By what they mean. "Not" within three words before a phrase that has none itself undoes it (``UNLESS_DENIED``)."""

UNLESS_DENIED = _set(
    "not no dont wont isnt arent cant cannot never nobody noone didnt doesnt without",
    "nicht kein keine keinen nie niemand",
    "pas ne ni jamais personne plus",
    "no nunca nadie sin",
    "nao nunca ninguem sem nem",
)

AGREED = _set(
    "ok okay okey yes yep yeah ya sure fine great good perfect alright agreed correct k",
    "ja jawohl klar gut passt einverstanden gerne ordnung",
    "oui daccord entendu parfait bien",
    "si vale claro perfecto bueno acuerdo",
    "sim certo combinado bem perfeito",
)

FILLERS = _set(
    "please pls plz thanks thank thx you hi hello hey dear just now it this the option number nr choice reply and so",
    "very much in cheers sorry to me",
    "bitte danke hallo nummer option die das ist dann",
    "svp merci bonjour numero tout est de",
    "por favor gracias hola opcion buenos buenas dias",
    "obrigado obrigada ola opcao tudo",
)
"""What may stand around a keyword, a digit or an "ok" without changing it."""

NUMBERS: Mapping[str, str] = {
    **{str(digit): str(digit) for digit in range(10)},
    **dict.fromkeys(("one", "eins", "un", "uno", "um"), "1"),
    **dict.fromkeys(("two", "zwei", "deux", "dos", "dois"), "2"),
    **dict.fromkeys(("three", "drei", "trois", "tres"), "3"),
    **dict.fromkeys(("four", "vier", "quatre", "cuatro", "quatro"), "4"),
    **dict.fromkeys(("five", "funf", "cinq", "cinco"), "5"),
    **dict.fromkeys(("six", "sechs", "seis"), "6"),
}

STOP_SENTENCES = frozenset(
    {"stop", "stopp", "stopall", "stop all", "unsubscribe", "optout", "opt out", "arret", "abmelden", "baja", "sair"}
)
"""Words that alone, or as a sentence of their own, mean: no more messages."""

START_WORDS = frozenset({"start", "unstop"})
"""The networks' words for more messages again, which count when nothing else is said."""

START_OR_AGREED = frozenset({"yes"})
"""One of them that answers many a question as well."""

KEYWORDS = STOP_SENTENCES | {"cancel", "end", "quit", "revoke", "arreter", "parar", "alto", "fin", "desabonner"}
"""With the opt-out keywords of the SMS networks, which count when nothing else is said."""
