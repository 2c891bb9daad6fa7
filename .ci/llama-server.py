#!/usr/bin/env python3
"""llama.cpp's own server from PyPI's xllamacpp, with the options of `llama-server` that `agora up` sets."""

import argparse
import signal

import xllamacpp

options = argparse.ArgumentParser()
for name in ("--model", "--alias", "--host"):
    options.add_argument(name, required=True)
for name in ("--port", "--parallel", "--ctx-size"):
    options.add_argument(name, type=int, required=True)
options.add_argument("--lora", action="append", default=[])
given = options.parse_args()

settings = xllamacpp.CommonParams()
settings.model.path = given.model
settings.model_alias = {given.alias}
settings.hostnames = [given.host]
settings.port = given.port
settings.n_parallel = given.parallel
settings.n_ctx = given.ctx_size
settings.cpuparams.n_threads = 1


def adapter(path):
    info = xllamacpp.CommonAdapterLoraInfo()
    info.path, info.scale = path, 1.0
    return info


settings.lora_adapters = [adapter(path) for path in given.lora]
server = xllamacpp.Server(settings)
print("listening on", server.listening_address, flush=True)
signal.sigwait({signal.SIGINT, signal.SIGTERM})
