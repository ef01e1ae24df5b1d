"""What is kept so that others can check what the service says: items, their retention, the daily manifest."""
