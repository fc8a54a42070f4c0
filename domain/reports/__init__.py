"""The reports of receivables: pure figures from items, promises, disputes and claims, and their tables.

`items` is what is open; `months` rolls it forward, and `ratios` has the formulas; each other file is one
report. All end in a `sheet`: one table that is shown as text, CSV, JSON or part of a page.
"""
