"""Changes of the database schema, run by Alembic without any file outside the package."""
