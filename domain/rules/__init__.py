"""The rules: each file asks for effects of one kind, says what holds them, and when to look again."""
