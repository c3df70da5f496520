"""How the lab says what is wrong: in one line, short, without a secret; and who says it for every public call."""
