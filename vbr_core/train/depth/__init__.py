"""Training of the bundled ``starter`` depth network."""
