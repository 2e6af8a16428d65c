"""The released versions of the contracts, and the gate that every change of one passes."""
