"""How failures are written down: what we refuse is a sentence, and the sentence is all that is shown.

The Temporal UI prints a failure's Python trace below its message, in the form in which finance sends
an update. It says nothing about a refusal; of a bug it is kept.
"""

import temporalio.api.failure.v1
from temporalio.converter import DefaultFailureConverter, PayloadConverter
from temporalio.exceptions import ApplicationError


class SentencesAlone(DefaultFailureConverter):
    """Leaves the trace out of what is not to be tried again: our own refusals."""

    def to_failure(
        self,
        exception: BaseException,
        payload_converter: PayloadConverter,
        failure: temporalio.api.failure.v1.Failure,
    ) -> None:
        """Write an exception into `failure`."""
        super().to_failure(exception, payload_converter, failure)
        if isinstance(exception, ApplicationError) and exception.non_retryable:
            failure.stack_trace = ""
