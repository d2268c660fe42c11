"""One screen per file, with its looks in the .kv beside it."""
