"""Azure Schema Registry and an App Service identity on a laptop, for the unmodified SDKs."""
