"""What router and server stand on: private PostGIS, transactions, jobs, sealing, problems, logs."""
