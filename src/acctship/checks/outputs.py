"""The outputs of a configuration: valid, and, if they can be asked, their receivers reached."""

from __future__ import annotations

from acctship import config
from acctship.checks.finding import Finding, failed, ok, warn
from acctship.delivery.sending.asking import ask
from acctship.delivery.sending.bounded import HungError
from acctship.delivery.sending.outcomes import reason
from acctship.deployed import Deployed
from acctship.errors import AcctshipError, ConfigError, OutputError, PluginError
from acctship.secret import secrets_in

_IN_UNIT = "systemd-run --pipe --wait -p User=acctship -p LoadCredential=NAME:PATH acctship check"


def outputs(settings: config.Config) -> tuple[list[Deployed], list[Finding]]:
    """Read each table and build its output, without its secrets. Gives those that are valid, and what was found."""
    valid: list[Deployed] = []
    found: list[Finding] = []
    for name in settings.output_names:
        try:
            one = settings.output(name, reveal=False)
            one.build()
        except AcctshipError as error:
            found.append(failed(f"outputs.{name}", error))
        else:
            valid.append(one)
            by = f"by {one.found.plugin.package}"
            found.append(ok(f"outputs.{name}", f"{one.type}, {one.limits.guarantee}, {by}"))
    return valid, found


def receiver(deployed: Deployed) -> Finding:
    """Read the secrets of an output, and let it ask its receiver whether it would take events; none is sent."""
    check, where = f"outputs.{deployed.name}.receiver", f"outputs.{deployed.name}"
    for place, secret in secrets_in(deployed.config):
        if secret.only_in_unit:
            what = f"not asked: {where}.{place} is a credential, which exists only inside the unit"
            return warn(check, what, f"ask inside one: {_IN_UNIT}")
        try:
            secret.reveal()
        except ConfigError as error:
            return failed(check, ConfigError(f"{where}.{place}: {error}"))
    try:
        said = ask(deployed)
    except HungError as error:
        return failed(check, OutputError(f"{where}: the receiver is not reached: {error}"))
    except (ConfigError, PluginError) as error:
        return failed(check, type(error)(reason(error)))
    except (OutputError, OSError) as error:
        return failed(check, OutputError(f"{where}: the receiver would not take events: {reason(error)}"))
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything
        what = f"{type(error).__name__}: {reason(error)}"
        return failed(check, PluginError(f"{where}: a bug in {deployed.found.plugin.package}: {what}"))
    return ok(check, "not asked: this output has no check" if said is None else said)
