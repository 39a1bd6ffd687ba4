"""All the SQL of the service. Functions take a connection; the caller owns the transaction."""
