"""Finance's desk: pages made by the server, for people who have signed in."""
