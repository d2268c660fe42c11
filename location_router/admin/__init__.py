"""Administration of the router: who may change what, and the record of it."""
