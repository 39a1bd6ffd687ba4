"""All the SQL of evaluation, a file per kind of data. Functions take a connection; the caller owns the transaction."""
