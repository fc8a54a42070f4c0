"""Charges of cards: which cards there are, what a decline means, and what the card networks allow."""
