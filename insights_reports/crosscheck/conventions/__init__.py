"""What a server does where its documentation is silent, inferred from its own figures."""
