"""What outputs that reach a receiver over a network share; public, so that a plugin may use it, too."""
