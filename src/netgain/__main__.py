"""`python -m netgain`: the command line."""

from netgain.cli.main import main

if __name__ == "__main__":
    main()
