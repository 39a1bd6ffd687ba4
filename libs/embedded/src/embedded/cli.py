"""`congvu`: one command for the city on this machine."""

import os
import sys

import typer
from typer._click.exceptions import NoArgsIsHelpError, UsageError  # typer carries its own click

from embedded.commands import accounts, demo, importing, mending, reading, running, watching
from embedded.errors import CityError
from runtime.config import ConfigError
from runtime.errors import ServiceError

app = typer.Typer(
    name="congvu",
    help="Live, explainable scores of a city's administration. The city is in CONGVU_HOME (default: .congvu).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (running, demo, reading, watching, accounts, importing, mending):
    group.register(app)


def main() -> None:
    """Runs the command line; every failure is one sentence on standard error, and exit code 1, of a wrong call 2."""
    try:
        code = app(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except NoArgsIsHelpError as error:
        sys.stderr.write(f"{error.ctx.get_help() if error.ctx else error}\n")
        sys.exit(2)
    except UsageError as error:
        _refuse(error)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except (CityError, ServiceError, ConfigError) as error:
        _fail(error, str(error))
    except BrokenPipeError:
        # Nobody reads any more; the interpreter must not try to flush at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _fail(error, f"{where}{error.strerror or error}; check the path and its permissions.")
    except Exception as error:  # noqa: BLE001 - the last door before a traceback
        what = f"{type(error).__name__}: {error}"
        _fail(error, f"This should not happen ({what}); run it again with CONGVU_DEBUG=1 and report what it shows.")


def _refuse(error: UsageError) -> None:
    path = error.ctx.command_path if error.ctx else "congvu"
    sentence = " ".join(error.format_message().split()).removesuffix(".")
    sys.stderr.write(f"{sentence}; see `{path} --help`.\n")
    sys.exit(2)


def _fail(error: Exception, sentence: str) -> None:
    if os.environ.get("CONGVU_DEBUG") == "1":
        raise error
    sys.stderr.write(" ".join(sentence.split()) + "\n")
    sys.exit(1)


if __name__ == "__main__":
    main()
