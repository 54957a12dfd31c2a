"""The words for what can be wrong with a file; each says what to do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from portal.domain.customers import FieldCode
from portal.usecases.imports.problems import Problem, Reason

LONGEST_FOUND = 60

_SAVE_AS = "salvalo dal foglio di calcolo come «CSV UTF-8»"
_AS_NUMBER = " (il foglio di calcolo l'ha preso per un numero: dai alla colonna il formato testo)"
_NUMBER = re.compile(r"[0-9]+|[0-9]+[.,][0-9]+E\+[0-9]+")
_CHECK = "«{found}»: l'ultimo carattere di controllo non torna, controlla di averlo copiato bene"

SENTENCES: Mapping[str, str] = {
    Reason.EMPTY_FILE: "il file è vuoto: manca la riga con i nomi delle colonne",
    Reason.NOT_UTF8: f"il testo dopo «{{after}}» non è in UTF-8: {_SAVE_AS}",
    Reason.UTF16: f"il file è in UTF-16 («testo Unicode»): {_SAVE_AS}",
    Reason.SPREADSHEET: f"questo è un foglio di calcolo, non un CSV: {_SAVE_AS}",
    Reason.TAB_SEPARATED: "le colonne sono separate da tabulazioni: servono virgole o punti e virgola",
    Reason.LINE_TOO_LONG: "la riga supera {limit} caratteri: forse nel file mancano gli a capo",
    Reason.OPEN_QUOTES: (
        'qui si apre una virgoletta (") che non si chiude al suo posto: da questa riga in poi il file non si'
        " può leggere"
    ),
    Reason.MISSING_COLUMN: "manca questa colonna, che è obbligatoria",
    Reason.UNKNOWN_COLUMN: "colonna sconosciuta{near}",
    Reason.DUPLICATE_COLUMN: "la colonna compare {count} volte",
    Reason.NAMELESS_COLUMN: "la colonna numero {position} non ha nome",
    Reason.BROKEN_QUOTES: (
        "virgolette fuori posto: dopo un testo tra virgolette viene il separatore, e una virgoletta dentro il"
        ' testo si scrive due volte ("")'
    ),
    Reason.FIELD_TOO_LONG: "un valore supera {limit} caratteri",
    Reason.TOO_FEW_VALUES: "ha {found} valori per {expected} colonne",
    Reason.TOO_MANY_VALUES: (
        "ha {found} valori per {expected} colonne: un testo che contiene il separatore va tra virgolette"
    ),
    Reason.REQUIRED: "manca, ed è obbligatorio",
    Reason.NOT_PRINTABLE: "contiene caratteri di controllo, che non si vedono: riscrivi il valore",
    Reason.NOT_A_CHOICE: "«{found}» non è ammesso: scegli tra {choices}",
    Reason.NOT_A_DAY: "«{found}» non è una data: serve anno-mese-giorno, per esempio 2027-03-31",
    Reason.ITALIAN_DAY: "«{found}»: scrivi la data come anno-mese-giorno, cioè {hint}",
    Reason.SERIAL_DAY: (
        "«{found}» è una data nel formato interno del foglio di calcolo: dai alla colonna il formato"
        " anno-mese-giorno, per esempio 2027-03-31"
    ),
    Reason.DAY_OUT_OF_RANGE: "{found} è fuori dai limiti: dal {first} al {last}",
    Reason.NOT_A_WHOLE_NUMBER: "«{found}» non è un numero intero: solo cifre, senza punti né unità",
    Reason.NUMBER_TOO_LARGE: "{found} è troppo: il massimo per questa riga è {limit}",
    Reason.REPEATED_ADDRESS: "{found} c'è già alla riga {other_line}",
    Reason.ADDRESS_OF_ACCOUNT: "gli indirizzi @{domain} sono degli account, non delle caselle",
    Reason.NOT_AN_ACCOUNT: "«{found}» non è un account: serve un nome completo, per esempio 123456@{domain}",
    Reason.ACCOUNT_MISSING: "c'è l'e-mail di un account, ma la colonna account è vuota",
    Reason.ACCOUNT_EMAIL_DIFFERS: "alla riga {other_line} l'e-mail dello stesso account {account} è {other}",
    Reason.ACCOUNT_EMAIL_MISSING: "l'account {account} è nuovo: una delle sue righe deve darne l'e-mail",
    Reason.NOT_IN_PLAN: "la tipologia {plan} non ha un archivio: qui va 0",
    Reason.NOT_WITH_DOMAIN: (
        "una PEC su dominio si rinnova con il suo dominio: qui non può avere né rinnovo automatico né"
        " convenzione"
    ),
    Reason.NOT_A_CODE: "«{found}» non è un codice: fino a 32 lettere, cifre, punti, trattini o barre",
    Reason.PASSWORD_TOO_LONG: "supera {limit} caratteri",
    Reason.NOT_ARGON2ID: "comincia come un hash, ma non è un hash argon2id completo ($argon2id$v=19$…)",
    Reason.HASH_TOO_COSTLY: "hash troppo pesante: al massimo m={kib} e t={rounds}",
    Reason.BEHIND_RENEWAL: (
        "la casella è stata rinnovata qui fino al {renewed_to}: una data precedente toglierebbe un periodo"
        " pagato, aggiorna il registro"
    ),
    Reason.FILE_TOO_LARGE: "il file supera {limit} MB: chiedi alla banca un periodo più breve",
    Reason.NOT_XML: "l'XML è rotto o incompleto: scaricalo di nuovo dalla banca",
    Reason.HAS_DOCTYPE: "il file contiene una DTD, che in un estratto conto non ha posto: non lo apro",
    Reason.NOT_CAMT: "questo XML non è un estratto conto camt.053",
    Reason.FOREIGN_ACCOUNT: "il conto «{found}» non è tra quelli delle impostazioni",
    Reason.MOVEMENT_UNREADABLE: "movimento illeggibile: manca o è sbagliato {part}",
    Reason.NOT_AN_AMOUNT: "«{found}» non è un importo in euro: per esempio 5,00 oppure 5.00",
    Reason.AMOUNT_TOO_LARGE: "{found} è troppo: controlla la virgola",
    Reason.NOT_TERMS: "«{found}» non è un elenco di anni: per esempio 1-5 oppure 1,2 (al massimo {limit})",
    Reason.ENDS_BEFORE_START: "viene prima di valid_from ({first})",
    Reason.OVERLAPS_LINE: "in quei giorni vale anche la riga {other_line}: scrivi quando finisce la prima",
    Reason.OVERLAPS_STORED: (
        "in quei giorni vale già un prezzo in listino ({first} – {last}): per chiuderlo ripetilo nel file con"
        " il suo valid_to"
    ),
    Reason.ALREADY_IN_FORCE: (
        "il prezzo in vigore dal {since} non si cambia: si può solo dire quando finisce (valid_to, da oggi in"
        " poi) e aggiungere una riga nuova"
    ),
    Reason.NOT_A_TERM: "«{found}» non è una durata: serve un numero di anni da 1 a {limit}",
    Reason.FREE_FOR_MEMBER: "se paga l'iscritto (payer member) il prezzo non può essere zero",
    Reason.BODY_TOO_LONG: "è troppo lungo: al massimo {limit} caratteri",
    Reason.CONVENTION_OVERLAPS: (
        "in quei giorni la convenzione {code} vale già ({first} – {last}): per chiuderla ripetila nel file"
        " con il suo valid_to"
    ),
    Reason.CONVENTION_IN_FORCE: (
        "la convenzione {code} in vigore dal {since} non si cambia: si può solo dire quando finisce"
        " (valid_to, da oggi in poi), correggere il nome dell'ente e aggiungere una riga nuova"
    ),
    Reason.NO_TEXTS: "qui non c'è nessun file .txt",
    Reason.NOT_A_TEXT_NAME: (
        "il nome del file dev'essere tipo.versione.lingua.txt, per esempio privacy.2026-1.it.txt (tipi:"
        " {choices}; versione: lettere, cifre e trattini)"
    ),
    Reason.TEXT_TOO_LONG: "supera {limit} KB",
    Reason.TEXT_NOT_UTF8: "non è in UTF-8: salvalo come testo UTF-8",
    Reason.NOT_A_HEADER: (
        "«{found}» non è un'intestazione: prima del testo, e prima di una riga vuota, servono {choices}"
    ),
    Reason.REPEATED_HEADER: "c'è già alla riga {other_line}",
    Reason.EMPTY_TEXT: "il testo è vuoto",
    Reason.TEXT_CHANGED: (
        "la versione {version} è già registrata con altre parole o un altro giorno, e non si cambia: dai al"
        " file una versione nuova"
    ),
    Reason.BEFORE_TODAY: (
        "{found} è già passato, e in quei giorni valeva la versione {version}: scrivi da oggi in poi"
    ),
    Reason.REPEATED_CODE: "{found} c'è già alla riga {other_line}",
    Reason.PROMOTION_BEGUN: (
        "la promozione {code} è in corso dal {first} al {last}: si può solo farla finire prima, da oggi in"
        " poi, mai prolungarla né cambiarla"
    ),
    Reason.PROMOTION_ENDED: (
        "la promozione {code} è finita il {last} e non si ripropone: un'offerta nuova ha un codice nuovo"
    ),
    Reason.PROMOTION_OVERLAPS: (
        "in quei giorni uno di questi piani è già nella promozione {code} ({first} – {last})"
    ),
    Reason.WORDS_TOO_LONG: "supera {limit} caratteri",
    FieldCode.TOO_LONG: "è troppo lungo",
    FieldCode.CHARACTERS: "«{found}» contiene caratteri che qui non possono stare",
    FieldCode.FORMAT: "«{found}» non è scritto nel modo giusto",
    FieldCode.CHECK_CHARACTER: _CHECK,
    FieldCode.PROVISIONAL: (
        "«{found}» è un codice fiscale provvisorio o di una ditta: a una persona ne serve uno di 16 caratteri"
    ),
    FieldCode.UNKNOWN: "«{found}» non esiste",
    FieldCode.SAME_AS_MAILBOX: "è la casella stessa: gli avvisi devono andare a un altro indirizzo",
}
"""By reason."""

_EMAIL = "«{found}» non è un indirizzo completo, per esempio nome@esempio.it"

OF_COLUMN: Mapping[tuple[str, str], str] = {
    ("address", FieldCode.FORMAT): _EMAIL,
    ("account_email", FieldCode.FORMAT): _EMAIL,
    ("contact_email", FieldCode.FORMAT): _EMAIL,
    ("tax_code", FieldCode.FORMAT): (
        "«{found}» non è un codice fiscale: 16 caratteri per una persona, 11 cifre per gli altri{as_number}"
    ),
    ("vat_number", FieldCode.FORMAT): "«{found}» non è una partita IVA: servono 11 cifre{as_number}",
    ("postal_code", FieldCode.FORMAT): "«{found}»: in Italia il CAP ha 5 cifre, per esempio 00184{as_number}",
    ("phone", FieldCode.FORMAT): "«{found}» non è un telefono: da 6 a 15 cifre, per esempio +39 055 123456",
    ("province", FieldCode.UNKNOWN): "«{found}» non è la sigla di una provincia, per esempio AR",
    ("country", FieldCode.UNKNOWN): "«{found}» non è la sigla di uno stato (due lettere ISO), per esempio IT",
}
"""By column and reason, where the general sentence would not help."""


def sentence(problem: Problem) -> str:
    """Return «riga 12, expires_on: …», safe to print on a terminal."""
    template = OF_COLUMN.get((problem.column, problem.reason)) or SENTENCES[problem.reason]
    place = [f"riga {problem.line}"] if problem.line else []
    place += [_shown(problem.column)] if problem.column else []
    values = {name: _shown(value) for name, value in problem.values.items()}
    words = template.format_map(values | _hints(problem.values))
    return f"{', '.join(place)}: {words}" if place else words


def _hints(values: Mapping[str, object]) -> dict[str, str]:
    """Return what a sentence adds for some values."""
    near, last = values.get("near"), values.get("last")
    return {
        "as_number": _AS_NUMBER if _NUMBER.fullmatch(str(values.get("found", ""))) else "",
        "near": f": forse {near}?" if near else "",
        "last": _shown(last) if last else "senza fine",
    }


def _shown(value: object) -> str:
    """Return a value on one line, without anything a terminal would obey."""
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    visible = "".join(letter if letter.isprintable() else "�" for letter in text)
    return visible if len(visible) <= LONGEST_FOUND else f"{visible[: LONGEST_FOUND - 1]}…"
