"""Output `syslog`: each event as one message of RFC 5424 or RFC 3164, to any syslog server."""
