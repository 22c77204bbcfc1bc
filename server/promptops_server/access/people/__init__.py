"""People: how they sign in, by password or by link, and who belongs to what."""
