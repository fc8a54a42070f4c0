"""Incidents: notices of fraud, misuse and enforcement, and what follows from them.

To be read in this order: `kinds` are what a notice may be about; a `notice` is what a channel brings;
an `incident` is a fold over its entries; `playbooks` say what is checked and done, and how fast;
`moves` decide what comes next; `commands` are what a person may do, and `page` shows it all.
"""
