"""Processes for the tests, forked from one that has imported all they need."""

import multiprocessing

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    [
        *("pytest", "psycopg", "obstore", "obstore.store", "asyncssh"),
        *("tests.delivery.material", "tests.delivery.mail_servers"),
    ]
)
