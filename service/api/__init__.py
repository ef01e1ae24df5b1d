"""The REST API: ``app.create_app`` builds it, one file a resource."""
