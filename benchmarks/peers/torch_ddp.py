"""A rank of PyTorch's DistributedDataParallel over gloo: torch_ddp.py <socket> <job as JSON> <ranks> <address>"""

import json
import os
import socket
import sys
import time

os.environ.setdefault("GLOO_SOCKET_IFNAME", "eth0")

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from serve import Files
from torch_models import build_model, build_optimizer

path, job, ranks, address = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
rank = job["member"]
torch.set_num_threads(1)
torch.manual_seed(42)
if ranks > 1:
    dist.init_process_group("gloo", init_method=f"tcp://{address}:29500", rank=rank, world_size=ranks)

channel = socket.socket(socket.AF_UNIX)
channel.connect(path)
lines = channel.makefile("r")


def send(message):
    channel.sendall((json.dumps(message) + "\n").encode())


def timed(steps, run):
    start, cpu = time.perf_counter(), time.process_time()
    run()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    send({"steps": steps, "seconds": seconds, "cpuSeconds": cpu})


class Training:
    def __init__(self, trial, files, accumulate):
        self.samples, self.batch, self.accumulate = trial["samples"], trial["batch"], accumulate
        self.x, self.y = torch.from_numpy(files.x), torch.from_numpy(files.y)
        self.criterion = nn.MSELoss() if trial["loss"] == "mse" else nn.CrossEntropyLoss()
        if trial["loss"] != "mse":
            self.y = self.y.long()
        self.model = build_model(trial, files)
        self.optimizer = build_optimizer(trial["optimizer"], self.model.parameters())
        if ranks > 1:
            # Statistics of a normalisation stay those of each rank; gradients are not copied.
            self.model = DistributedDataParallel(
                self.model, broadcast_buffers=False, gradient_as_bucket_view=True
            )
        self.steps = self.samples // (self.batch * ranks * accumulate)

    def backward(self, rows):
        (self.criterion(self.model(self.x[rows]), self.y[rows]) / self.accumulate).backward()

    def epoch(self):
        order = torch.randperm(self.samples)  # the seeds are alike
        batches = order.split(self.batch)
        for step in range(self.steps):
            self.optimizer.zero_grad()
            first = step * self.accumulate * ranks + rank
            for i in range(self.accumulate):
                rows = batches[first + i * ranks]
                if ranks > 1 and i < self.accumulate - 1:
                    with self.model.no_sync():
                        self.backward(rows)
                else:
                    self.backward(rows)
            self.optimizer.step()


def all_reduce(x, calls):
    for _ in range(calls):
        dist.all_reduce(x)


def wait(seconds):
    if rank > 0:
        time.sleep(seconds)
    dist.barrier()


send({"member": rank, "versions": {"torch": torch.__version__}})
training = None
if "trial" in job:
    training = Training(job["trial"], Files(job["trial"], job["folder"]), job["accumulate"])
    training.epoch()
send({})
for line in lines:
    request = json.loads(line)
    if request["command"] == "epochs":
        epochs = request["epochs"]
        timed(epochs * training.steps, lambda: [training.epoch() for _ in range(epochs)])
    elif request["command"] == "allReduce":
        x = torch.zeros(request["bytes"] // 4)
        dist.barrier()
        timed(request["calls"], lambda: all_reduce(x, request["calls"]))
    else:
        dist.barrier()
        timed(1, lambda: wait(request["seconds"]))
