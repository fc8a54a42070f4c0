"""Controls against fraud and misuse, and about what a vendor enforces."""

from domain.controls.control import DAILY, Control

_SEEN_IN_LOG = ("domain.incidents.signs:of_activity", "policies/activity/audit.yaml")

ROWS: tuple[Control, ...] = (
    Control(
        id="S6",
        says="Gives nothing back that others suspended, whatever is paid, and says so.",
        kind="risk",
        phase="incident",
        owner="fraud desk",
        implemented_by=("domain.facts:SuspendedElsewhere", "domain.rules.reactivation:reactivation"),
        proven_by=(
            "tests/domain/test_ends.py::test_what_others_suspended_we_neither_suspend_nor_bring_back_and_say_so",
            "tests/stories/test_ends.py::test_what_others_suspended_is_theirs_to_give_back",
        ),
    ),
    Control(
        id="S10",
        says="Names each day who never paid anything and shows a further sign of not meaning to.",
        kind="risk",
        phase="incident",
        owner="finance lead",
        implemented_by=("domain.digest.intent:suspect", "store.reporting.morning:read"),
        proven_by=(
            "tests/domain/test_digest.py::test_who_may_never_have_meant_to_pay",
            "tests/store/test_digests.py::test_who_never_paid_and_cannot_be_reached_is_named",
        ),
        within=DAILY,
        noted_in="activities.digests",
        asked_in="store.reporting.morning",
    ),
    Control(
        id="S11a",
        says="Never charges a card again that is reported lost or stolen, nor any of before a chargeback; both"
        " are looked into.",
        kind="risk",
        phase="incident",
        owner="fraud desk",
        implemented_by=(
            "domain.charges.declines:classify",
            "domain.rules.charges:charges",
            "domain.incidents.signs:of_fact",
            "store.signs:look_through",
        ),
        proven_by=(
            "tests/store/test_signs.py::test_a_reported_card_opens_an_incident_that_rests_nothing",
            "tests/store/test_signs.py::test_a_card_is_one_incident_a_day_and_while_it_is_open_one",
            "tests/store/test_signs.py::test_a_chargeback_of_which_the_cardholder_knows_nothing_opens_an_incident",
            "tests/domain/test_charges.py::test_a_decline_has_a_class",
            "tests/domain/test_charges.py::test_a_card_is_never_charged_again_after_a_hard_decline",
            "tests/domain/test_charges.py::test_after_a_chargeback_no_card_from_before_is_charged",
        ),
    ),
    Control(
        id="S11c",
        says="Knows what is open on each invoice from its entries, and takes every default up by itself.",
        kind="risk",
        phase="billing",
        owner="finance",
        implemented_by=("domain.posting:post", "domain.decide:decide", "store.sweep:due"),
        proven_by=(
            "tests/domain/test_book.py::test_the_entries_of_a_debt_sum_to_what_is_open_and_the_others_to_the_credit",
            "tests/domain/test_plan.py::test_stages",
            "tests/stories/test_one_invoice.py::test_acme_is_suspended_and_comes_back",
        ),
        within=DAILY,
        noted_in="activities.sweep",
    ),
    Control(
        id="S5",
        says="Takes a vendor's enforcement as a case of its own: chasing rests, and nothing comes back by itself.",
        kind="risk",
        phase="incident",
        owner="fraud desk",
        implemented_by=(
            "store.incidents:take",
            "workflows.risk_incident:RiskIncident",
            "domain.rules.withheld:withheld",
        ),
        proven_by=(
            "tests/store/test_incidents.py::test_an_enforcement_notice_says_who_suspended_the_service",
            "tests/stories/test_incidents.py::test_while_it_is_open_nobody_is_chased_and_nothing_comes_back",
        ),
    ),
    Control(
        id="S7",
        says="Knows one event by whatever channel it is told, and believes no message before it is confirmed.",
        kind="control",
        phase="incident",
        owner="fraud desk",
        implemented_by=(
            "domain.incidents.notice:Notice",
            "providers.incident_door:IncidentDoor",
            "providers.incident_mail:read",
            "providers.partner_center.alerts:GraphAlerts",
            "providers.partner_center.door:PartnerCenterDoor",
        ),
        proven_by=(
            "tests/domain/test_incidents.py::test_two_channels_name_one_event",
            "tests/activities/test_alerts.py::test_both_sources_tell_of_one_event",
            "tests/web/test_partner_center_door.py::test_what_is_not_signed_by_microsoft_is_refused",
            "tests/store/test_incidents.py::test_what_nobody_can_trust_touches_no_customer_until_it_is_confirmed",
            "tests/providers/test_incident_notices.py::test_an_email_is_read_and_not_believed",
            "tests/web/test_incident_door.py::test_what_is_not_from_whom_it_says_is_refused",
        ),
    ),
    Control(
        id="S8",
        says="Opens a case for every sign of abuse of the service, says which are grave, and escalates when late.",
        kind="risk",
        phase="incident",
        owner="fraud desk",
        implemented_by=(
            "domain.incidents.kinds:kind_of",
            "domain.incidents.moves:next_move",
            "store.signs:look_through",
            "workflows.risk_incident:RiskIncident",
        ),
        proven_by=(
            "tests/domain/test_incidents.py::test_what_comes_next",
            "tests/domain/test_incidents.py::test_a_grave_one_says_so_in_its_task",
            "tests/store/test_signs.py::test_usage_far_above_its_budget_opens_one_a_month",
            "tests/providers/test_incident_notices.py::test_a_type_that_nobody_knows_is_kept_as_it_was_written",
            "tests/stories/test_incidents.py::test_nobody_answers_and_each_time_the_next_one_is_told",
        ),
    ),
    Control(
        id="G1",
        says="Keeps a kind of abuse that nobody has listed yet in its own words, for a person.",
        kind="risk",
        phase="incident",
        owner="fraud desk",
        implemented_by=("domain.incidents.kinds:kind_of",),
        proven_by=(
            "tests/domain/test_incidents.py::test_a_word_that_nobody_knows_is_kept",
            "tests/domain/test_incidents.py::test_a_kind_of_notice_from_a_later_version_is_shown_and_no_crash",
            "tests/domain/test_playbooks.py::test_there_is_one_for_every_kind",
        ),
    ),
    *(
        Control(
            id=id,
            says=says,
            kind="risk",
            phase="incident",
            owner="fraud desk",
            implemented_by=(
                "policies/incidents/playbooks.yaml",
                "domain.incidents.playbooks:Playbook",
                *seen_by,
            ),
            proven_by=(
                "tests/domain/test_incidents.py::test_what_each_playbook_does_by_itself",
                "tests/domain/test_playbooks.py::test_every_playbook_can_be_brought_to_its_end",
                *seen_proven_by,
            ),
        )
        for id, says, seen_by, seen_proven_by in (
            (
                "S9a",
                "Has a playbook for unsolicited mail: contain, keep the complaints, tell of the terms, do not dun.",
                (),
                (),
            ),
            (
                "S9b",
                "Has a playbook for hacking that tells a customer who attacks from one who is attacked.",
                _SEEN_IN_LOG,
                (
                    "tests/activities/test_monitoring.py::test_a_grave_finding_opens_an_incident_once_that_rests_nothing",
                ),
            ),
            (
                "S9c",
                "Has a playbook for denial of service: contain at once, and keep the figures of the traffic.",
                (),
                (),
            ),
            (
                "S9d",
                "Looks for mining at a spike of usage, and has a playbook that ends where an approval is on file.",
                ("domain.incidents.signs:of_usage", "store.signs:look_through"),
                ("tests/store/test_signs.py::test_a_day_far_above_the_others_is_looked_at_for_mining",),
            ),
            (
                "S9e",
                "Has a playbook for malware: contain, and keep address and digest but never the sample.",
                (),
                (),
            ),
            (
                "S9f",
                "Has a playbook for pirated resale: no more seats until somebody has looked.",
                _SEEN_IN_LOG,
                (
                    "tests/domain/test_activity_log.py::test_seats_that_are_sold_on_open_an_incident_of_pirated_resale",
                ),
            ),
        )
    ),
    Control(
        id="S20",
        says="Brings each notice from received to responded, each state with its author, time and service level.",
        kind="control",
        phase="incident",
        owner="fraud desk",
        implemented_by=(
            "workflows.risk_incident:RiskIncident",
            "domain.incidents.moves:deadlines",
            "store.incidents:perform",
            "activities.alerts:Alerts",
        ),
        proven_by=(
            "tests/activities/test_alerts.py::test_alerts_become_incidents_once_and_page_by_page",
            "tests/activities/test_alerts.py::test_graph_is_told_what_people_found",
            "tests/activities/test_alerts.py::test_a_fraud_event_alone_is_resolved_and_no_other_of_its_subscription",
            "tests/domain/test_incidents.py::test_the_four_states_have_actor_time_and_note",
            "tests/domain/test_incidents.py::test_nobody_answers_for_a_week",
            "tests/stories/test_incidents.py::test_an_incident_runs_to_its_response",
        ),
    ),
    Control(
        id="S23",
        says="Does by itself what was approved beforehand when nobody answers in time, and nothing else.",
        kind="control",
        phase="incident",
        owner="fraud desk",
        implemented_by=("domain.incidents.playbooks:Playbooks", "store.incidents:do_what_is_due"),
        proven_by=(
            "tests/store/test_incidents.py::test_nobody_answers_and_orders_are_blocked_once",
            "tests/domain/test_incidents.py::test_nothing_is_done_by_itself_without_ground",
            "tests/domain/test_incidents.py::test_nobody_answers_for_a_week",
        ),
    ),
)
