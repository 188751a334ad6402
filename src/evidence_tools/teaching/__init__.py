"""For a class: slides, a handout, a glossary, a worked example, and an exercise with its key."""
