"""Play facts through a policy, without a database, a server or a wait."""
