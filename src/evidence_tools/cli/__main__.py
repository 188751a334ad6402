"""``python -m evidence_tools.cli``."""

from evidence_tools.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    main()
