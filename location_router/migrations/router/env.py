from location_router.runtime import alembic_env
from location_router.tables import metadata

alembic_env.run(metadata)
