"""The phone's own widgets; `base.kv` holds their looks."""
