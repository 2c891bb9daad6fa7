"""
A Python that has its heavy packages imported already: what it runs is a fork of one warm process, in a process of its
own with its caller's arguments, environment, folder and standard streams. Without it each of a test's workers would
import PyTorch anew.

`warm.py serve SOCKET` imports the packages, prints `ready`, and serves until its stdin ends. `warm.py run SOCKET …` is
called like Python itself, with `-m module …` or `script.py …`; it passes SIGTERM on, its own end kills the process,
and it ends as the process does.
"""

import json
import os
import runpy
import select
import shutil
import signal
import socket
import sys


def serve(path: str) -> None:
    import peft  # noqa: F401
    import transformers.models.llama.modeling_llama  # noqa: F401

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        print("ready", flush=True)
        while sys.stdin not in select.select([sys.stdin, listening], [], [])[0]:
            connection, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                _keep(connection)
            connection.close()
            _reap()
    shutil.rmtree(os.path.dirname(path))


def _reap() -> None:
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


def _keep(connection: socket.socket) -> None:
    """Starts the process, stays with it, and tells its wait status."""
    request, streams, _, _ = socket.recv_fds(connection, 2**16, 3)
    while not request.endswith(b"\n"):
        request += connection.recv(2**16)
    child = os.fork()
    if child == 0:
        connection.close()
        _become(json.loads(request), streams)
    for stream in streams:
        os.close(stream)
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
        if select.select([connection], [], [], 0.01)[0]:
            os.kill(child, signal.SIGTERM if connection.recv(1) else signal.SIGKILL)
    try:
        connection.sendall(str(ended[1]).encode())
    finally:
        os._exit(0)


def _renew_thread_pool() -> None:
    """As `renew_thread_pool` in fixtures.py, which is not imported here because its imports are not all needed."""
    import torch

    torch.set_num_threads(torch.get_num_threads())


def _become(request: dict, streams: list[int]) -> None:
    status = 1
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.closerange(3, max(streams) + 1)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        _renew_thread_pool()
        status = _run(request["arguments"], request["path"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _run(arguments: list[str], path: list[str]) -> int:
    """The exit status of `python …`."""
    is_module = arguments[0] == "-m"
    sys.argv = arguments[1:] if is_module else arguments
    sys.path[:1] = [os.getcwd() if is_module else os.path.dirname(arguments[0]), *path]
    try:
        if is_module:
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def run(path: str, arguments: list[str]) -> int:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        signal.signal(signal.SIGTERM, lambda *_: connection.send(b"T"))
        request = {
            **{"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)},
            "path": [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part],
        }
        socket.send_fds(connection, [json.dumps(request).encode() + b"\n"], [0, 1, 2])
        status = int(connection.recv(16))
    if os.WIFSIGNALED(status):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    task, place, *rest = sys.argv[1:]
    sys.exit(run(place, rest) if task == "run" else serve(place))
