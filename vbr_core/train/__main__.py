"""``torchrun --nproc-per-node N -m vbr_core.train RUN.toml -o FOLDER``: ``vbr train`` on several GPUs."""

from vbr_core.cli.main import main

if __name__ == "__main__":
    import sys

    main(["train", *sys.argv[1:]])
