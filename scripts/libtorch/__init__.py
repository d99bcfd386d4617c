"""The parts of scripts/fetch-libtorch.py. Python 3.8 and its standard library only: this runs before anything is installed."""
