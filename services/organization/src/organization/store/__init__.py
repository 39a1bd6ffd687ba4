"""All the SQL of the service; every function takes a connection."""
