"""Who may ask: personal access tokens, what they may do, and how often a wrong one may be tried."""
