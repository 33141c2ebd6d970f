"""`make run`: the product's processes on this machine, production-like, until Ctrl-C.

With DATABASE_URL, REDIS_URL and ASTERISK_HOST unset it brings its own servers.
"""

from __future__ import annotations

import sys

from deploy import places
from deploy.problems import DeployError
from deploy.stack import Stack


def main() -> int:
    """Run until told to stop; 1 with one sentence when it cannot start."""
    try:
        with Stack(places.var_folder(), echo=sys.stdout, say=lambda line: print(line, flush=True)) as stack:
            stack.prepare(demo=False)
            stack.start_processes()
            print(f"Fairdial is ready at {stack.url} (log: {stack.supervisor.log}). Ctrl-C ends it.", flush=True)
            if stack.first_log_in:
                name, password = stack.first_log_in
                print(f"Log in as {name} with the password {password}: it is shown this once; change it.", flush=True)
            stack.supervisor.run()
    except DeployError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
