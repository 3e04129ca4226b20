"""Tables of a result in coins, USD and seconds."""
