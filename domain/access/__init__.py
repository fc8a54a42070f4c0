"""Who may administer a customer's services, until when, and what has to hold before that."""
