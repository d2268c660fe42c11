"""Other people's programs that send to the router: vendors' apps, buttons' back-ends, SMS gateways, agencies."""
