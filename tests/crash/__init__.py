"""Commands that are killed, power that fails, two processes at once: nothing is lost, and the command can be repeated."""
