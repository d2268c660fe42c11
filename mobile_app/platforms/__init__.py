"""Back ends of `mobile_app.ports`."""
