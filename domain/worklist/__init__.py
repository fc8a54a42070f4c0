"""The worklist: what waits for a person, by when, in which order and why.

`kinds` names the kinds of work, `rules` is the file that finance may change, `deadlines` reckons in business
hours. `standing` is what an assessment notes of a customer, `ranking` puts the tasks in order from it, and
`endings` says which command ends which task.
"""
