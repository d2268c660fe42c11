"""The phone's network: disk first, then HTTP and WebSocket to the router, HTTP to the home center."""
