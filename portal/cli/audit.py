"""`portal audit`: says what contradicts itself in the data, so that no customer finds it first."""

from __future__ import annotations

import click

from portal.cli.context import REFUSED, pass_services
from portal.usecases.audit import NAMED, Check
from portal.usecases.audit import audit as look
from portal.wiring import Services

WORDS: dict[Check, str] = {
    Check.POSTING_UNBALANCED: "movimento le cui scritture non fanno zero",
    Check.LOT_WRONG: "somma a credito il cui residuo non segue dalle scritture",
    Check.BALANCE_WRONG: "credito il cui saldo non segue dalle scritture",
    Check.ENTRY_OF_ANOTHER_WALLET: "scrittura sul credito di un altro",
    Check.PAID_WITHOUT_ONE_PAYMENT: "ordine pagato senza un pagamento, o con più d'uno",
    Check.PAYMENT_WITHOUT_PAID_ORDER: "pagamento applicato a un ordine non pagato",
    Check.UNAPPLIED_WITHOUT_CREDIT: "somma senza ordine che non è nel credito di nessuno",
    Check.CREDIT_PAYMENT_WITHOUT_PURCHASE: "ordine pagato col credito senza che il credito sia sceso",
    Check.PURCHASE_WITHOUT_PAYMENT: "credito speso che non ha pagato niente",
    Check.TOP_UP_WITHOUT_CREDIT: "ricarica pagata e mai accreditata",
    Check.REFUND_APART: "rimborso che nei movimenti manca, è di troppo o è stato fatto anche altrove",
    Check.CHARGE_NOT_SENT_BACK: "addebito di un ordine annullato, né restituito né messo a credito",
    Check.ORDER_SUMS_WRONG: "ordine le cui righe costano più del totale",
    Check.QUOTE_WRONG: "preventivo che non torna (dettagli: portal quotes verify)",
    Check.LINE_AND_TERM_APART: "riga evasa senza periodo, o periodo senza riga evasa",
    Check.TERMS_OVERLAP: "periodo che si sovrappone a un altro della stessa casella",
    Check.PAID_LINE_WITHOUT_WORK: "riga pagata che nessuno sta lavorando",
    Check.PAID_SPACE_WITHOUT_WORK: "spazio pagato che nessuno sta attivando",
    Check.ORDER_AND_LINES_APART: "ordine chiuso che tiene una casella, o aperto che non ne tiene",
    Check.MAILBOX_ORDERED_TWICE: "casella in due ordini aperti",
    Check.SPACE_PAST_ITS_TERM: "spazio aggiuntivo non pagato da giorni, né rinnovato né tolto",
    Check.MAILBOX_PAST_ITS_END: "casella da cancellare da giorni",
    Check.MAIL_TOLD_TWICE: "mail scritta due volte",
    Check.MAIL_WITHOUT_WORK: "mail da inviare che nessuno sta inviando",
    Check.ROW_BEYOND_ITS_LEASE: "lavoro cominciato e non finito in tempo",
    Check.CHARGE_UNANNOUNCED: "addebito automatico senza un avviso partito in tempo",
    Check.CHARGE_ABOVE_ANNOUNCEMENT: "addebito automatico di più di quanto annunciato",
    Check.CHARGE_WITHOUT_MANDATE: "addebito automatico che nessuna autorizzazione copriva",
    Check.CHARGE_AFTER_EXPIRY: "addebito automatico iniziato dopo la scadenza",
    Check.CYCLE_AND_ORDER_APART: "rinnovo automatico concluso senza ordine pagato, o il contrario",
    Check.CYCLE_PAST_ITS_EXPIRY: "rinnovo automatico ancora aperto dopo la scadenza",
    Check.SWITCH_APART: "casella che si rinnova con un metodo che non è il suo, o da spenta",
    Check.ATTEMPT_UNDECIDED: "pagamento di cui da un giorno non si sa l'esito",
}


@click.command()
@pass_services
def audit(services: Services) -> None:
    """Controlla che dati e denaro tornino; esce con 1 e dice che cosa non torna."""
    wrong = 0
    with services.reading() as session:
        for finding in look(session, today=services.today(), now=services.now()):
            click.echo(f"{WORDS[finding.check]}: {finding.what}", err=True)
            wrong += 1
    if wrong:
        click.echo(f"Non torna: {wrong} (al più {NAMED} per controllo).", err=True)
        raise SystemExit(REFUSED)
    click.echo(f"Tutto torna: {len(Check)} controlli.")
