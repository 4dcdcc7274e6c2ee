"""Training: data, losses, loops. Nothing of it is needed to run the program."""
