"""How a run treated the accounts, and who paid."""
