"""Services that speak, imitated on this machine from their documented protocols: for tests, benches and rehearsals."""
