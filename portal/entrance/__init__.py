"""The way in: signing in at the portal or at a provider, invitations, passwords, and the page of one's own."""
