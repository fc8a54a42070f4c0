"""Events: what the seller's own product is told of a customer, and what each of them says.

`catalogue` lists them with their fields and an example; the other modules make them, each of its own
source: facts, claims, stages, debts, promises and tasks. An event holds ids, days and amounts, and
nothing by which a person is known.
"""
