from location_router.runtime import alembic_env
from server.db import load_tables, metadata

load_tables()
alembic_env.run(metadata)
