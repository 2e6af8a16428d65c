"""Event Hubs Capture: what lies on the hubs, as files of the documented form in a container."""
