"""Pure: values in, a value out. No I/O, no clock, no Temporal, no SQL, nothing of ours from outside.

To be read in this order: `facts/` is what happened; `posting` makes the `book` of it, and `account_fold`
the `account`; `policy` and its parts are what finance wants; a `situation` is both at one instant; each
file of `rules/` asks there for `effects`; `decide` hears them all, and `plan` adds what people want to
know. `simulation/` plays it through time, `view` and `finance_page` show it, `commands` and `refusals`
are what a person may do. `receivables/` reads the exports of other systems, and `cash/` the lines of
banks; `reports/` has the figures that finance shows; `charges/` knows cards and their networks,
`contact_law/` and `interest/` what the law of a place says.
"""
