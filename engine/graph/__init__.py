"""The cascade as a graph: who pushed whom, who owes whom, and what could be known before."""
