"""What tests and trials need and users do not: built records and a loopback E-utilities server."""
