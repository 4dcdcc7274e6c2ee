"""Training of the ``starter`` depth network: ``python -m vbr_core.train.depth --help``."""
