"""What leaves the review: citations, reference files, tables and claim reviews.

Each format is one module that turns references, or rows, into text or bytes and, for references,
back. Nothing here judges: levels and wordings come from the assessment as they are.
"""
