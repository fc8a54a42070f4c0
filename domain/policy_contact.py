"""What a policy asks of contact law beyond the law itself."""

from domain.documents import Flag
from domain.policy_fields import Part


class Contact(Part):
    """How contact law is applied. What is law always holds, whatever stands here.

    Attributes:
        house: whether the house's own limits hold too: the rules under `policies/contact/` that are
            proposals and no law.
    """

    house: Flag = False
