from location_router.bus import metadata
from location_router.runtime import alembic_env

alembic_env.run(metadata)
