"""What students' code and files must not do: the sandbox, links, markup, attacks."""
