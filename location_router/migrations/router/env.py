from location_router.registry import metadata
from location_router.runtime import alembic_env

alembic_env.run(metadata)
