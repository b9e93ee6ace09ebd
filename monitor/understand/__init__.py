"""Documents to signals: what happens, to whom, where, how sure, from when, and the words that say so."""
