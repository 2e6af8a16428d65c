"""The real stack, killed, frozen and refused while work pours in; then held to account."""
