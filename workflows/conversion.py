"""How what travels between workflows, activities and people is written down.

JSON is read by pydantic. A failure that we mean is a sentence, and the sentence is all that is shown:
the Temporal UI prints a failure's Python trace below its message, in the form in which finance sends an
update. It says nothing about a refusal; of a bug it is kept.
"""

import temporalio.api.failure.v1
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverter,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
    PayloadConverter,
)
from temporalio.exceptions import ApplicationError

# Temporal makes a converter for every workflow; each would build the validators of every answer anew.
_JSON = PydanticJSONPlainPayloadConverter()


class OneForAll(CompositePayloadConverter):
    """As `temporalio.contrib.pydantic`, but all converters of the process share their validators."""

    def __init__(self) -> None:
        super().__init__(
            *(
                _JSON if isinstance(each, JSONPlainPayloadConverter) else each
                for each in DefaultPayloadConverter.default_encoding_payload_converters
            )
        )


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


DATA_CONVERTER = DataConverter(payload_converter_class=OneForAll, failure_converter_class=SentencesAlone)
"""The one that every client, player and replayer uses."""
