"""The rules of renewing certified mailboxes, as pure functions and values; this page is their glossary.

One word for one thing, at every depth: tables, use cases, forms and templates call it by this identifier.
Nothing here reads a clock, a database or a setting; `today` and `now` are arguments. Source: domain.md 14.

Italian                              identifier
------------------------------------ ------------------------------------------------------------
casella (PEC)                        mailbox
indirizzo PEC                        address
tipologia (Standard, Pro, Premium)   plan
spazio casella / spazio archivio     mailbox space / archive space, `*_gb`, `*_mb` (1 GB = 1024 MB)
spazio aggiuntivo                    extra space: `extra_mailbox_gb`, `extra_archive_gb`
archivio (di sicurezza)              archive
tipologia con il suo spazio          package
cambio in attesa                     scheduled change: a smaller package waiting for its term
titolare / intestatario              holder
PEC di altri titolari                other holders' mailboxes
account                              account
credenziali                          credentials
rinnovo                              renewal
rinnovo automatico                   auto_renewal
di una scadenza                      cycle: announced, ordered, charged in a try
frequenza di rinnovo, durata         term, `term_years`, `years`
scadenza                             expiry, `expires_on`: last day of the term, to its end in Rome
giorni dopo la scadenza              grace, `grace_days`: it can still be renewed
in attivazione / attiva /            `pending_activation` / `active` /
sospesa (scaduta) / cancellata       `suspended` / `cancelled`
disdetta                             termination, `cancelled_on`: its first day
avviso di scadenza                   expiry notice
tappa (di una scadenza)              milestone: a day counted from the expiry on which something is told
codice di verifica (di un'e-mail)    mail code
recesso                              withdrawal, `withdrawable_until`: the last day for it
ordine / numero d'ordine             order / order number
causale                              payment reference: the order number and nothing else
in attesa di pagamento / pagato /    `awaiting_payment` / `paid` /
evaso / annullato / scaduto          `fulfilled` / `cancelled` / `expired`
accreditato / rimborsato / recesso   `credited` / `refunded` / `withdrawn`
registrazione del pagamento          payment registration, `registered_at`
documento d'identità                 document: scanned, cleaned, kept in the vault; `withdrawn` by its sender
attività (chi ha fatto che cosa)     history; one deed of it is an event, done from an origin
tentativo di pagamento               attempt: one try to pay an order at a gateway
metodo di pagamento registrato       stored method
mandato / consenso                   mandate / consent: to charge a stored method later
addebito                             charge
bonifico                             `bank_transfer`
bollettino / precompilato            `postal_slip` / `prefilled_slip`
carta di credito                     `card`
credito (residuo)                    credit: a wallet an account or a mailbox
somma a credito (per intero)         lot: one amount put in, and what is left of it
movimento / scrittura                posting / entry of the ledger: entries of a posting sum to 0
credito avanzato                     `leftover`: of late, double or wrong money; it lapses
ricarica                             top-up, `top_up`
servizio aggiuntivo (a metà periodo) space purchase: more GB until the expiry, `extra_space`
fine dello spazio pagato              `extra_paid_until`; renewed from credit, or a space end
imponibile / IVA / totale            net / VAT / gross: `net_cents`, `vat_cents`, `gross_cents`
da pagare                            due: `due_cents`, the net under split payment, else the gross
aliquota                             VAT rate, per cent
scissione dei pagamenti              split payment
rateo                                pro-rata charge
preventivo                           quote
listino                              price list
promozione                           promotion: a cheaper price with a true end
servizio una tantum                  extra: paid once, by the piece
convenzione                          convention; who pays: `payer`, the member or the body
ente, ordine (della convenzione)     body
iscritto / sua convenzione           member / membership
kit firma digitale                   signature kit, the first of the extras
condizioni generali / clausole       contract text: `general_terms` / `onerous_clauses` /
vessatorie / informativa privacy     `privacy`; accetto: acceptance
codice fiscale / partita IVA         `tax_code` / `vat_number`
ragione sociale                      `business_name`
persona fisica / libero              `individual` / `freelancer` /
professionista / ditta individuale   `sole_trader`
azienda / ente / PA                  `company` / `nonprofit` / `public_body`
CAP / comune / provincia / stato     `postal_code` / `city` / `province` / `country`
email di riferimento                 `contact_email`
dati fatturazione                    `billing`, BillingProfile
identificativo fattura               `einvoice_route`: `sdi_code` / `einvoice_pec` / none
codice destinatario / univoco        `sdi_code`, 7 characters / 6 of a public office
ufficio
CIG / CUP / riferimento impegno      `cig` / `cup` / `po_reference`
cambio titolare                      change of holder
"""
