"""What massage therapy does and does not do for pain, tied to the claims that clinics make."""

__version__ = "0.1.0"
