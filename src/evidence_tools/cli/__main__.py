"""``python -m evidence_tools.cli``."""

from evidence_tools.cli import main

if __name__ == "__main__":
    main()
