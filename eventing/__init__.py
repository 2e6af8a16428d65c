"""The platform team's library: what every command and reaction of every team stands on."""
