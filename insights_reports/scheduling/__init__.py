"""Serving the subscriptions with Prefect: what a run may be asked for, the server of our own and
its door, deployments and what a dead run left."""
