"""Several daemons on one PostgreSQL: rows decide, Procrastinate wakes (docs/scaling.md)."""
