"""ONVIF devices: the port (`port`), the client behind it (`zeep_client`), which streams (`profiles`), which addresses
(`where`), and looking for devices on a subnet (`discovery`)."""
