"""A customer's whole life: look at the account, do what is wanted, wait for news or the next step.

The workflow calculates nothing. Every look is a local activity whose answer, the view, is in
history, so a changed rule never breaks a replay. News interrupts any waiting, also while effects
run. A run is one episode: it continues as new when a case opens or closes.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.answers import Answer, Looked, Order
    from domain.channels import ONBOARDING, QUEUED
    from domain.commands import COMMANDS
    from domain.finance_page import details
    from domain.view import View, WantedEffect
    from workflows.attributes import at_start, changed, pair
    from workflows.onboarding_verification import OnboardingVerification
    from workflows.patience import AFTER_TIMEOUT, EFFECT, LOCAL
    from workflows.subscription_suspension import SubscriptionSuspension
    from workflows.updates import Updates

BY_CREDIT = {"provision": "Provision", "book": "Book"}
"""The activities of the kinds of effects that came with orders and credit."""

BY_CHILD = frozenset({"onboard", "onboarding_news", "restrict", "suspend", "reactivate", "terminate"})
"""The kinds of effects that a workflow of their own performs, which is told of them."""

WRONG_INPUT = 'Start it with one JSON object that names a customer, like {"customer_id": "ACME"}.'


@workflow.defn
class CustomerLifecycle(Updates):
    """Input: {"customer_id": "..."}. The workflow's id is customer/<id>."""

    @workflow.init
    def __init__(self, given: Any = None) -> None:
        self.given = given
        customer_id = given.get("customer_id") if isinstance(given, dict) else None
        self.customer_id = customer_id if isinstance(customer_id, str) else ""
        self.news = False
        self.view: View | None = None
        self.fresh: View | None = None
        self.case_open: bool | None = None
        self.running: dict[str, asyncio.Task[None]] = {}
        self.answers: dict[tuple[str, str], tuple[int, datetime | None]] = {}
        self.bug: BaseException | None = None
        self.timer: asyncio.Task[None] | None = None
        self.timer_at: datetime | None = None
        self.attributes = at_start()

    @workflow.run
    async def run(self, given: Any = None) -> str:
        if not self.customer_id:
            raise ApplicationError(WRONG_INPUT, non_retryable=True)
        if workflow.info().workflow_id != f"customer/{self.customer_id}":
            return await self._start_the_right_one()
        while True:
            self.news = False
            answered, self.fresh = self.fresh, None
            view = answered or await self._look()
            if view is None:
                await workflow.wait_condition(lambda: self.news)
                continue
            if answered is None:
                self._tell_again(view)
            wanted = self._wanted(view)
            self._show(view, settled=not wanted and not (answered and self.running))
            if self.case_open is None:
                self.case_open = view["case_open"]
            episode_over = view["case_open"] != self.case_open
            if episode_over or workflow.info().is_continue_as_new_suggested():
                if not self.running:
                    await workflow.wait_condition(workflow.all_handlers_finished)
                    workflow.continue_as_new(given)
            else:
                self._begin(wanted)
            await self._wait(view)

    @workflow.signal(name="News", description="Facts about this customer have changed: look again.")
    def on_news(self) -> None:
        self.news = True

    @workflow.query(name="View", description="What the workflow knows, as JSON.")
    def show_view(self) -> View | None:
        return self.view

    async def _look(self) -> View | None:
        """Look at the account; None where nothing can be decided yet, and the page says why."""
        now = workflow.now()
        put_off = [
            [key, about, news, until.isoformat()]
            for (key, about), (news, until) in self.answers.items()
            if until is not None and until > now
        ]
        order = {"customer_id": self.customer_id, "now": now.isoformat(), "put_off": put_off}
        looked: Looked = await workflow.execute_local_activity(
            "Look at the account", order, result_type=Looked, **LOCAL
        )
        if looked["view"] is None:
            if "waits" not in looked:
                raise ApplicationError(looked["unknown"], non_retryable=True)
            workflow.set_current_details(f"# Waiting\n\n{looked['waits']}")
        return looked["view"]

    async def _start_the_right_one(self) -> str:
        order = {"customer_id": self.customer_id}
        summary = f"customer/{self.customer_id}"
        found: dict[str, str] = await workflow.execute_activity(
            "Start the right one", order, summary=summary, **EFFECT
        )
        if "unknown" in found:
            raise ApplicationError(found["unknown"], non_retryable=True)
        return found["words"]

    def _show(self, view: View, *, settled: bool) -> None:
        """Show the view. The page is free; attributes cost an action, so they wait for what goes on now."""
        self.view = view
        workflow.set_current_details(
            details(view, COMMANDS, namespace=workflow.info().namespace, put_off=self._put_off(view))
        )
        new = changed(view["attributes"], self.attributes)
        if new and settled:
            workflow.upsert_search_attributes([pair(attribute) for attribute in new])
            self.attributes = view["attributes"]

    def _wanted(self, view: View) -> list[WantedEffect]:
        """The effects to begin now: those that neither run nor have been answered.

        An answer is forgotten with the wish: what is wanted again later, without news, is a new wish.
        """
        effects = _wished(view)
        wishes = {(effect["key"], effect["about"]) for effect in effects}
        self.answers = {wish: answer for wish, answer in self.answers.items() if wish in wishes}
        return [e for e in effects if e["key"] not in self.running and not self._answered(e, view)]

    def _tell_again(self, view: View) -> None:
        """Forget what another workflow was told and has not done when we look again: it may be lost.

        Whoever is told twice looks twice; whoever is gone is begun anew.
        """
        told = [e for e in _wished(view) if e["kind"] in BY_CHILD and self._answered(e, view)]
        if told and workflow.patched("told again"):
            for effect in told:
                del self.answers[effect["key"], effect["about"]]

    def _begin(self, wanted: list[WantedEffect]) -> None:
        for effect in wanted:
            self.running[effect["key"]] = asyncio.create_task(self._perform(effect))

    def _answered(self, effect: WantedEffect, view: View) -> bool:
        """An effect already answered at this news is not performed again before its instant.

        The same step for other debts is another effect, and may fall due without any news.
        """
        news, until = self.answers.get((effect["key"], effect["about"]), (-1, None))
        return news == view["news"] and (until is None or until > workflow.now())

    def _put_off(self, view: View) -> dict[str, datetime]:
        """The effects that wait for an instant before they are tried again."""
        found = {}
        for each in view["effects"]:
            _, until = self.answers.get((each["key"], each["about"]), (-1, None))
            if until is not None and until > workflow.now():
                found[each["key"]] = until
        return found

    async def _perform(self, effect: WantedEffect) -> None:
        """Perform one effect; an unexpected error is raised in the loop, where it is seen."""
        this = effect["key"], effect["about"]
        news = self.view["news"] if self.view else 0
        try:
            answer = await self._act(effect)
            until = None if answer["until"] is None else datetime.fromisoformat(answer["until"])
            self.answers[this] = (answer["news"] if answer["news"] is not None else news, until)
            self.fresh = _newest(self.view, self.fresh, answer["view"])
        except ActivityError:
            self.answers[this] = (news, workflow.now() + AFTER_TIMEOUT)
        except Exception as error:  # noqa: BLE001  # raised again in the loop
            self.bug = error
        finally:
            del self.running[effect["key"]]

    async def _act(self, effect: WantedEffect) -> Answer:
        match effect["kind"]:
            case "onboard":
                return await self._start_child(OnboardingVerification.run, "onboarding", effect)
            case "onboarding_news":
                return await self._tell_child(OnboardingVerification.run, "onboarding", effect)
            case "suspend" | "restrict":
                return await self._start_child(SubscriptionSuspension.run, "suspension", effect)
            case "reactivate" | "terminate":
                return await self._tell_child(SubscriptionSuspension.run, "suspension", effect)
        order: Order = {"customer_id": self.customer_id, "key": effect["key"]}
        queue = workflow.info().task_queue
        if effect["channel"] in QUEUED:
            queue = f"{queue}-{effect['channel']}"
        name = {"notice": "Send", "charge": "Charge"}.get(effect["kind"], "Open a task")
        if effect["kind"] in BY_CREDIT and workflow.patched("provisioning"):
            name, queue = BY_CREDIT[effect["kind"]], f"{workflow.info().task_queue}-service"
        answer: Answer = await workflow.execute_activity(
            name, order, task_queue=queue, summary=effect["says"], result_type=Answer, **EFFECT
        )
        return answer

    async def _start_child(self, child: Any, kind: str, effect: WantedEffect) -> Answer:
        """Start a child that outlives us; one that runs already counts as started."""
        child_id = f"{kind}/{self.customer_id}"
        try:
            await workflow.start_child_workflow(
                child,
                {"customer_id": self.customer_id},
                id=child_id,
                parent_close_policy=ParentClosePolicy.ABANDON,
                static_summary=effect["says"],
            )
        except WorkflowAlreadyStartedError:
            # It may end at this very moment: then its outcome is news, and the plan wants it anew.
            with suppress(ApplicationError):
                await workflow.get_external_workflow_handle(child_id).signal("News")
        return Answer(answer="done", until=None, news=None, view=None)

    async def _tell_child(self, child: Any, kind: str, effect: WantedEffect) -> Answer:
        """Tell a child to look again; where it is gone, a new one finishes its work."""
        try:
            await workflow.get_external_workflow_handle(f"{kind}/{self.customer_id}").signal("News")
        except ApplicationError:
            return await self._start_child(child, kind, effect)
        return Answer(answer="done", until=None, news=None, view=None)

    async def _wait(self, view: View) -> None:
        if self.running:
            await workflow.wait_condition(lambda: self.news or bool(self.fresh) or not self.running)
        else:
            await self._sleep(view)
        if self.bug is not None:
            raise self.bug
        if self.news:
            self.fresh = None

    async def _sleep(self, view: View) -> None:
        """Wait for news or the next instant. One timer, kept while its instant is unchanged."""
        if self.fresh is not None:
            return
        deferred = [until for _, until in self.answers.values() if until and until > workflow.now()]
        planned = [datetime.fromisoformat(view["wake_at"])] if view["wake_at"] else []
        wake_at = min(planned + deferred, default=None)
        if wake_at != self.timer_at:
            if self.timer is not None:
                self.timer.cancel()
            self.timer_at, self.timer = wake_at, None
            if wake_at is not None:
                summary = view["wake_says"] if wake_at in planned else "try again what was put off"
                wait = max(wake_at - workflow.now(), timedelta(0))
                self.timer = asyncio.create_task(workflow.sleep(wait, summary=summary))
        timer = self.timer
        await workflow.wait_condition(lambda: self.news or (timer is not None and timer.done()))
        if timer is not None and timer.done():
            self.timer = self.timer_at = None


def _newest(*views: View | None) -> View | None:
    """The newest view: answers do not always come in the order in which the ledger gave them.

    A child that was started answers without one: what it does arrives as news.
    """
    known = [view for view in views if view is not None]
    return max(reversed(known), key=lambda view: view.get("revision", 0), default=None)


def _wished(view: View) -> list[WantedEffect]:
    """What a view wants of us: its effects, and that a verification hears of the news."""
    return [*view["effects"], *_news_of_verification(view)]


def _news_of_verification(view: View) -> list[WantedEffect]:
    """While a new customer is verified, every news is for that workflow too; its start counts as told."""
    if view["stage"] != "onboarding" or any(effect["kind"] == "onboard" for effect in view["effects"]):
        return []
    key = f"{ONBOARDING}/{ONBOARDING}"
    says = "tell the verification to look again"
    return [WantedEffect(key=key, about="", kind="onboarding_news", channel=ONBOARDING, says=says)]
