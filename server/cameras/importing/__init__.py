"""National CCTV data into the registry: reading → columns → words → judging → applying."""
