"""An Event Hubs compatible AMQP 1.0 broker for a laptop: durable, small, standard library only."""
