"""What is remembered: SQLAlchemy Core over SQLite or PostgreSQL, one file per noun."""
