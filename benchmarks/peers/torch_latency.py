"""Forward of 784-128-10 at batch 1 in PyTorch, one thread: nanoseconds as JSON."""

import json
import time

import torch

torch.set_num_threads(1)
model = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
model.eval()
x = torch.zeros(1, 784)
times = []
with torch.inference_mode():
    for _ in range(5000):
        model(x)
    for _ in range(20000):
        start = time.perf_counter_ns()
        model(x)
        times.append(time.perf_counter_ns() - start)
times.sort()
print(json.dumps({"median": times[len(times) // 2], "p99": times[int(len(times) * 0.99)]}))
