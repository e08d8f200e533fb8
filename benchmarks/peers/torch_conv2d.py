"""Convolutions of conv2d_bench against PyTorch's, one thread, asked for in turn.

    cmake --build build/native --target conv2d_bench
    python3 benchmarks/peers/torch_conv2d.py build/native/conv2d_bench [results.json]

CPU time of single calls, the medians of ROUNDS of them after a warm-up.
"""

import json
import math
import statistics
import subprocess
import sys
import time

import torch

ROUNDS = 9
# (channels in, out, size, kernel, stride, padding, groups), the order of conv2d_bench
TRIALS = [
    (64, 64, 32, 3, 1, 1, 1),
    (128, 128, 16, 3, 1, 1, 1),
    (256, 256, 8, 3, 1, 1, 1),
    (3, 64, 32, 3, 1, 1, 1),
    (64, 128, 32, 3, 2, 1, 1),
    (256, 64, 16, 1, 1, 0, 1),
    (16, 32, 14, 5, 1, 2, 1),
    (64, 64, 32, 3, 1, 1, 64),
]
PASSES = ["forward", "by input", "by weight"]


def torch_passes(trial):
    channels, out, size, kernel, stride, padding, groups = trial
    x = torch.rand(32, channels, size, size) - 0.5
    weight = torch.rand(out, channels // groups, kernel, kernel) - 0.5
    forward = lambda: torch.nn.functional.conv2d(x, weight, None, stride, padding, 1, groups)
    grad = torch.rand_like(forward())
    sides = [stride] * 2, [padding] * 2, [1] * 2

    def backward(by_input):
        mask = [by_input, not by_input, False]
        return torch.ops.aten.convolution_backward(
            grad, x, weight, None, *sides, False, [0, 0], groups, mask
        )

    return [forward, lambda: backward(True), lambda: backward(False)]


def seconds(call):
    start = time.process_time()
    call()
    return time.process_time() - start


def main():
    torch.set_num_threads(1)
    ours = subprocess.Popen(
        [sys.argv[1], "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    isa, cpu, names = ours.stdout.readline().strip().split("|")

    def ask(trial, which):
        ours.stdin.write(f"{trial} {which}\n")
        ours.stdin.flush()
        return float(ours.stdout.readline())

    results, ratios = [], []
    print(f"{cpu}, {isa}, against PyTorch {torch.__version__}; ms of CPU time, medians of {ROUNDS}")
    with torch.no_grad():
        for index, name in enumerate(names.strip(";").split(";")):
            for which, call in enumerate(torch_passes(TRIALS[index])):
                mine, theirs = [], []
                ask(index, which), seconds(call)
                for _ in range(ROUNDS):
                    mine.append(ask(index, which))
                    theirs.append(seconds(call))
                a, b = 1e3 * statistics.median(mine), 1e3 * statistics.median(theirs)
                ratios.append(b / a)
                print(f"{name:24s} {PASSES[which]:9s} {a:8.3f} {b:8.3f} {b / a:6.2f}x", flush=True)
                results.append(
                    {"trial": name, "pass": PASSES[which], "gradlane": a, "torch": b, "ratio": b / a}
                )
    mean = math.exp(statistics.mean(map(math.log, ratios)))
    print(f"geometric mean {mean:.2f}x, least {min(ratios):.2f}x")
    if len(sys.argv) > 2:
        record = {
            "cpu": cpu,
            "isa": isa,
            "torch": torch.__version__,
            "threads": 1,
            "batch": 32,
            "dtype": "float32",
            "unit": f"ms of CPU time, medians of {ROUNDS} calls in turn",
            "command": "python3 benchmarks/peers/torch_conv2d.py build/native/conv2d_bench",
            "geometricMean": mean,
            "results": results,
        }
        with open(sys.argv[2], "w") as file:
            json.dump(record, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
