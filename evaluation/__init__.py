"""Everything that measures the network and the reader."""
