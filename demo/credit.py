"""The customers of the demo who order: one prepays, and one uses up its limit."""

from datetime import date

from demo.sample import SAMPLE, START_ON, SampleCustomer, read_sample

CREDIT = SAMPLE.with_name("demo-credit.yaml")


def ordering(start_on: date = START_ON) -> list[SampleCustomer]:
    """Read these customers, their days counted from `start_on`."""
    return read_sample(CREDIT.read_text(encoding="utf-8"), start_on, name=CREDIT.name)
