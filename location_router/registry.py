from location_router.store import metadata
