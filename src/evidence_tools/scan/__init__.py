"""The strategies run over PubMed's own files, without a network: one file, one unit of work.

The way of a record: :mod:`sources` lists the files, :mod:`conditions` weakens the strategies to
what bytes can show, :mod:`prefilter` leaves out what cannot match, :mod:`reader` parses and
evaluates the rest, :mod:`engines` spread files over processes or machines, :mod:`parts` keeps what
each file brought, :mod:`standing` says which version of a record is in force, and :mod:`scanning`
does all that in order.
"""
