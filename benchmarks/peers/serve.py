"""The driver's end of the protocol of benchmarks/protocol.ts, for drivers in Python."""

import json
import os
import sys
import time
import traceback

import numpy as np

LOSS_SAMPLES = 1000

# Libraries print to stdout; the protocol keeps the real one for itself.
_channel = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def _send(message):
    _channel.write(json.dumps(message) + "\n")
    _channel.flush()


class Files:
    """x (samples, inputs), y (samples, outputs) or class indices, and one array a parameter."""

    def __init__(self, trial, folder):
        def read(name, dtype):
            return np.fromfile(os.path.join(folder, name), dtype)

        self.x = read("x", np.float32).reshape(trial["samples"], -1)
        if trial["loss"] == "mse":
            self.y = read("y", np.float32).reshape(trial["samples"], -1)
        else:
            self.y = read("y", np.int32)
        weights = read("weights", np.float32)
        self.parameters = []
        taken = 0
        for layer in trial["layers"]:
            if layer["type"] != "linear":
                continue
            inputs, outputs = layer["inputs"], layer["outputs"]
            for shape in ((outputs, inputs), (outputs,)):
                size = int(np.prod(shape))
                self.parameters.append(weights[taken : taken + size].reshape(shape))
                taken += size


def serve(versions, prepare):
    """prepare(trial, files) gives an object with run(steps) -> steps done, and loss()."""
    _send({"versions": versions})
    session = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["command"] == "prepare":
                session = prepare(request["trial"], Files(request["trial"], request["folder"]))
                _send({})
            elif request["command"] == "loss":
                _send({"loss": float(session.loss())})
            else:
                start = time.perf_counter()
                steps = session.run(request["steps"])
                _send({"steps": steps, "seconds": time.perf_counter() - start})
        except Exception:
            _send({"error": traceback.format_exc()})
