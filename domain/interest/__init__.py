"""Interest on late payment, compensation and fees: reckoned exactly, proposed, never booked here."""
