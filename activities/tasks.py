"""Work for people: a call, a review, an approval. A task is a row of the ledger: nothing goes out."""

from temporalio import activity

from activities.answers import Answer, Order
from activities.books import Books
from activities.once import Mark, unmarked
from store.claims import PutOff, Unwanted


class Tasks:
    """Opens the tasks that a customer's plan wants."""

    def __init__(self, *, books: Books, mark: Mark = unmarked) -> None:
        self.books = books
        self.mark = mark

    @activity.defn(name="Open a task", no_thread_cancel_exception=True)
    def open_task(self, order: Order) -> Answer:
        """Open one task, if a fresh plan still wants it."""
        now = self.books.now()
        customer_id = order["customer_id"]
        begun = self.books.begin(customer_id, order["key"], now)
        match begun:
            case Unwanted():
                return self.books.answer("unwanted", self.books.assess(customer_id, now))
            case PutOff(until=until):
                return self.books.put_off(customer_id, order["key"], now, until=until)
        self.mark("claimed")
        assessment = self.books.confirm(begun)
        self.mark("confirmed")
        return self.books.answer("done", assessment)
