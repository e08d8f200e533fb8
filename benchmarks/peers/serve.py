"""The driver's end of the protocol of benchmarks/protocol.ts, for drivers in Python."""

import json
import os
import sys
import time
import traceback

import numpy as np

# Libraries print to stdout; the protocol keeps the real one for itself.
_channel = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


class Unsupported(Exception):
    """Why the library cannot run a trial."""


def _send(message):
    _channel.write(json.dumps(message) + "\n")
    _channel.flush()


def parameter_shapes(layer):
    """Shapes of a layer's parameters, in the order of the file."""
    if layer["type"] == "linear":
        return (layer["outputs"], layer["inputs"]), (layer["outputs"],)
    if layer["type"] == "conv2d":
        kernel = layer["kernel"]
        return (layer["outputs"], layer["inputs"], kernel, kernel), (layer["outputs"],)
    if layer["type"] in ("lstm", "gru"):
        inputs, outputs = layer["inputs"], layer["outputs"]
        rows = (4 if layer["type"] == "lstm" else 3) * outputs
        return (rows, inputs), (rows, outputs), (rows,), (rows,)
    if layer["type"] == "transformer":
        features, hidden = layer["features"], layer["hidden"]
        attention = (3 * features, features), (3 * features,), (features, features), (features,)
        dense = (hidden, features), (hidden,), (features, hidden), (features,)
        return (*attention, *dense, *[(features,)] * 4) * layer["layers"]
    if layer["type"] == "batchNorm":
        return (layer["features"],), (layer["features"],)
    return ()


def flat_layers(layers):
    """All layers in their order, those of residual blocks in the place of these."""
    for layer in layers:
        if layer["type"] == "residual":
            yield from flat_layers(layer["layers"])
        else:
            yield layer


class Files:
    """x (samples, *inputShape), y (samples, outputs) or class indices, and one array a parameter."""

    def __init__(self, trial, folder):
        def read(name, dtype):
            return np.fromfile(os.path.join(folder, name), dtype)

        self.x = read("x", np.float32).reshape(trial["samples"], *trial["inputShape"])
        if trial["loss"] == "mse":
            self.y = read("y", np.float32).reshape(trial["samples"], -1)
        else:
            self.y = read("y", np.int32)
        weights = read("weights", np.float32)
        self.parameters = []
        taken = 0
        for layer in flat_layers(trial["layers"]):
            for shape in parameter_shapes(layer):
                size = int(np.prod(shape))
                self.parameters.append(weights[taken : taken + size].reshape(shape))
                taken += size


def serve(versions, prepare):
    """prepare(trial, files) gives an object with run(steps) -> steps done, learn(steps) and loss();
    it raises Unsupported for what the library cannot do."""
    _send({"versions": versions})
    session = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["command"] == "prepare":
                session = None
                try:
                    session = prepare(request["trial"], Files(request["trial"], request["folder"]))
                    _send({})
                except Unsupported as reason:
                    _send({"unsupported": str(reason)})
            elif request["command"] == "loss":
                _send({"loss": float(session.loss())})
            else:
                start, cpu = time.perf_counter(), time.process_time()
                if request["command"] == "run":
                    steps = session.run(request["steps"])
                else:
                    steps = request["steps"]
                    session.learn(steps)
                seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
                _send({"steps": steps, "seconds": seconds, "cpuSeconds": cpu})
        except Exception as error:
            traceback.print_exc()
            _send({"error": f"{type(error).__name__}: {error}".splitlines()[0]})
