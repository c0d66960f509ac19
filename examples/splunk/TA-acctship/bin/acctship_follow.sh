#!/bin/sh
# A Splunk forwarder runs this and indexes what it prints: one event a line, as the kernel's records come.
#
# ACCTSHIP       program; default: acctship in PATH, then /opt/acctship/bin/acctship
# ACCTSHIP_FILE  accounting file; default: the configuration's, or this system's own
# ACCTSHIP_STATE file that remembers what was printed; default: beside those of modular inputs
set -eu

: "${SPLUNK_HOME:=/opt/splunkforwarder}"
state=${ACCTSHIP_STATE:-${SPLUNK_DB:-$SPLUNK_HOME/var/lib/splunk}/modinputs/acctship/state.json}

# The forwarder puts its own libraries before the system's; acctship needs the system's.
unset LD_LIBRARY_PATH LD_PRELOAD OPENSSL_CONF SSL_CERT_FILE PYTHONPATH PYTHONHOME PYTHONSTARTUP 2>/dev/null || :

program=${ACCTSHIP:-$(command -v acctship || echo /opt/acctship/bin/acctship)}
if [ ! -x "$program" ]; then
    echo "acctship_follow.sh: $program: no such program: install acctship, or set ACCTSHIP" >&2
    exit 1
fi

umask 077
mkdir -p "$(dirname "$state")"
set -- decode --follow --state "$state"
[ -z "${ACCTSHIP_FILE:-}" ] || set -- "$@" --file "$ACCTSHIP_FILE"
exec "$program" "$@" </dev/null
