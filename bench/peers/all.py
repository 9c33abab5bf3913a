#!/usr/bin/env python3
"""tidemark and all its peers at the same job on the same file, by turns."""
import chdb_peer
import duckdb_peer
import flink_peer
import mawk_peer
import miller_peer
import polars_peer
import race

if __name__ == "__main__":
    race.main([peer for module in (duckdb_peer, polars_peer, chdb_peer, mawk_peer, miller_peer, flink_peer)
               for peer in module.PEERS], __doc__)
