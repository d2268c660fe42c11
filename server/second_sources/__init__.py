"""Where somebody else says that the person of an incident is: tracks of their own beside hers (docs/walks.md 5)."""
