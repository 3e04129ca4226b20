"""What the user wants: settings, worlds, accounts and rulebooks, up to plain arrays."""
