"""The report and the audit in a browser, on the person's own machine.

A page that is checked lives in memory while its answer is made, and nowhere after: what the
answer's buttons need is carried in the answer itself and posted again.
"""

__all__: list[str] = []
