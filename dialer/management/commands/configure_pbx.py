"""Tell the product which Asterisk it drives and through which carrier: what installers and the demo run.

Only what is given is changed; the rest keeps its value. The AMI secret comes from the environment, because arguments
are read by everybody on the machine.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from dialer.models import PbxServer, Trunk

AMI_VARIABLE = "ASTERISK_AMI_SECRET"
TRUNK_VARIABLE = "TRUNK_PASSWORD"
Row = TypeVar("Row", PbxServer, Trunk)


class Command(BaseCommand):
    help = f"Make or change a PBX server and its trunk. The AMI secret is read from {AMI_VARIABLE}."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", default="main", help="the server's name here")
        parser.add_argument("--ami-host")
        parser.add_argument("--ami-port", type=port)
        parser.add_argument("--ami-user")
        parser.add_argument("--pjsip-file", help="the file included by its pjsip.conf that we write")
        parser.add_argument("--trunk", default="carrier", help="the trunk's name, a slug")
        parser.add_argument("--trunk-host", help="without it, no trunk is made or changed")
        parser.add_argument("--trunk-port", type=port)
        parser.add_argument("--trunk-user", help=f"its password is read from {TRUNK_VARIABLE}")
        parser.add_argument("--trunk-registers", action="store_true", default=None)
        parser.add_argument("--number-format", choices=Trunk.NumberFormat.values)
        parser.add_argument("--caller-id", action="append", help="may be given several times")
        parser.add_argument("--codec", action="append", help="by preference; may be given several times")
        parser.add_argument("--channels", type=int, help="calls at the same time at most")
        parser.add_argument("--calls-per-second", type=int)

    @transaction.atomic
    def handle(self, **options: Any) -> None:
        server = _saved(
            PbxServer.objects.filter(name=options["name"]).first() or PbxServer(name=options["name"]),
            {
                "ami_host": options["ami_host"],
                "ami_port": options["ami_port"],
                "ami_username": options["ami_user"],
                "ami_secret": os.environ.get(AMI_VARIABLE) or None,
                "pjsip_file": options["pjsip_file"],
            },
        )
        self.stdout.write(f"PBX {server.name}: AMI at {server.ami_host}:{server.ami_port}.")
        if options["trunk_host"]:
            trunk = self._trunk(server, options)
            self.stdout.write(f"Trunk {trunk.name}: {trunk.host}:{trunk.port}, {trunk.max_channels} channels.")

    def _trunk(self, server: PbxServer, options: dict[str, Any]) -> Trunk:
        name = options["trunk"]
        trunk = Trunk.objects.filter(name=name).first() or Trunk(name=name)
        return _saved(
            trunk,
            {
                "server": server,
                "host": options["trunk_host"],
                "port": options["trunk_port"],
                "username": options["trunk_user"],
                "password": os.environ.get(TRUNK_VARIABLE) or None,
                "registers": options["trunk_registers"],
                "number_format": options["number_format"],
                "caller_ids": options["caller_id"],
                "codecs": options["codec"],
                "max_channels": options["channels"],
                "calls_per_second": options["calls_per_second"],
            },
        )


def port(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise ArgumentTypeError(f"“{text}” is no port: give a number from 1 to 65535.")
    return int(text)


def _saved(row: Row, values: dict[str, Any]) -> Row:
    """The row with what was given, checked as a form would. Raises CommandError."""
    for field, value in values.items():
        if value is not None:
            setattr(row, field, value)
    try:
        row.full_clean()
    except ValidationError as error:
        flaws = error.message_dict
        if "ami_secret" in flaws:
            raise CommandError(f"{AMI_VARIABLE} is not set: set it to the secret in the PBX's manager.conf.") from error
        raise CommandError("; ".join(f"{field}: {' '.join(said)}" for field, said in flaws.items())) from error
    row.save()
    return row
