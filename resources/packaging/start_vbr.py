"""Entry of the packed command line program."""

import multiprocessing

from vbr_core.cli.main import main

if __name__ == "__main__":
    multiprocessing.freeze_support()
    main()
