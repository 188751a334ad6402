"""The literature stream: from PubMed to the screening queue.

Nothing here changes a level of support: what is fetched goes into the store and the queue; only a
person's decision goes into ``evidence/``.
"""
