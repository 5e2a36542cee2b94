"""Who looks: persons who sign in, their sessions, and what they may see and do by the roles that are declared."""
