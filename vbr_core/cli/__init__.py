"""The command ``vbr``: arguments -> settings -> pipeline; nothing else."""
