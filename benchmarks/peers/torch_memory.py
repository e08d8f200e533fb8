"""Operations bound by memory against PyTorch's, one thread, asked for in turn.

    python3 benchmarks/peers/torch_memory.py build/bench/memory_bench [results.json]

The other programs of native/bench lie beside memory_bench.

64 MiB an array; optimizers over 4 Mi parameters. CPU time of single calls, the medians of ROUNDS of
them after a warm-up. PyTorch writes into memory that it is given where it
can, which is not so for batch normalisation and the gradients.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import time

import torch

ROUNDS = 9
LENGTH = 1 << 24
PARAMETERS = 1 << 22


def tensors():
    return [torch.rand(LENGTH) * 4 - 2 for _ in range(2)] + [torch.empty(LENGTH)]


def elementwise():
    x, y, out = tensors()
    return {
        "relu": lambda: torch.clamp_min(x, 0, out=out),
        "sigmoid": lambda: torch.sigmoid(x, out=out),
        "tanh": lambda: torch.tanh(x, out=out),
        "exp": lambda: torch.exp(x, out=out),
        "add": lambda: torch.add(x, y, out=out),
        "sum": lambda: torch.sum(x),
    }


def memory():
    x, y, out = tensors()
    images = [t.view(-1, 64, 32, 32) for t in (x, y, out)]
    ones, zeros = torch.ones(64), torch.zeros(64)
    saved = torch.zeros(64), torch.ones(64)

    def batch_norm():
        torch.native_batch_norm(images[0], ones, zeros, None, None, True, 0.1, 1e-5)

    def batch_norm_gradient():
        torch.ops.aten.native_batch_norm_backward(
            images[1], images[0], ones, None, None, *saved, True, 1e-5, [True] * 3
        )

    cut = LENGTH // 1000 * 1000
    rows = [t[:cut].view(-1, 1000) for t in (x, out)]
    tens = [t[: LENGTH // 10 * 10].view(-1, 10) for t in (x, out)]
    return {
        "batchNorm 32x32": batch_norm,
        "batchNormGradient 32x32": batch_norm_gradient,
        "softmax 1000": lambda: torch.softmax(rows[0], 1, out=rows[1]),
        "softmax 10": lambda: torch.softmax(tens[0], 1, out=tens[1]),
        "logSoftmax 10": lambda: torch.log_softmax(tens[0], 1, out=tens[1]),
    }


def optimizer():
    def step(optimizer, **options):
        parameter = torch.nn.Parameter(torch.full((PARAMETERS,), 0.5))
        parameter.grad = torch.full((PARAMETERS,), 0.01)
        return optimizer([parameter], lr=1e-3, **options).step

    return {
        "sgd, momentum": step(torch.optim.SGD, momentum=0.9),
        "adam": step(torch.optim.Adam),
        "adam, amsgrad": step(torch.optim.Adam, amsgrad=True),
    }


def seconds(call):
    start = time.thread_time()
    call()
    return time.thread_time() - start


class Ours:
    """One of our programs, which runs one of its trials whenever it is asked."""

    def __init__(self, path):
        self.process = subprocess.Popen(
            [path, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.isa, self.cpu, names = self.process.stdout.readline().strip().split("|")
        self.names = names.strip(";").split(";")

    def ask(self, name):
        self.process.stdin.write(f"{self.names.index(name)}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def main():
    torch.set_num_threads(1)
    results, ratios, about = [], [], {}
    for program, peers in [
        ("elementwise_bench", elementwise),
        ("memory_bench", memory),
        ("optimizer_bench", optimizer),
    ]:
        ours = Ours(os.path.join(os.path.dirname(sys.argv[1]), program))
        if not about:
            about = {"cpu": ours.cpu, "isa": ours.isa, "torch": torch.__version__}
            print(f"{ours.cpu}, {ours.isa}, against PyTorch {torch.__version__}; ms of CPU time")
        with torch.no_grad():
            for name, call in peers().items():
                mine, theirs = [], []
                ours.ask(name), seconds(call)
                for _ in range(ROUNDS):
                    mine.append(ours.ask(name))
                    theirs.append(seconds(call))
                a, b = 1e3 * statistics.median(mine), 1e3 * statistics.median(theirs)
                ratios.append(b / a)
                print(f"{name:24s} {a:8.3f} {b:8.3f} {b / a:6.2f}x", flush=True)
                results.append({"trial": name, "gradlane": a, "torch": b, "ratio": b / a})
        ours.stop()
    mean = math.exp(statistics.mean(map(math.log, ratios)))
    print(f"geometric mean {mean:.2f}x, least {min(ratios):.2f}x")
    if len(sys.argv) > 2:
        record = {
            **about,
            "threads": 1,
            "dtype": "float32",
            "unit": f"ms of CPU time, medians of {ROUNDS} calls in turn",
            "geometricMean": mean,
            "results": results,
        }
        with open(sys.argv[2], "w") as file:
            json.dump(record, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
