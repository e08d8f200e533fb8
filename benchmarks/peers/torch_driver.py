"""PyTorch: torch_driver.py eager|compile <threads>"""

import sys

import torch
from torch import nn

from serve import serve
from torch_models import build_model, build_optimizer

mode, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)


class Session:
    def __init__(self, trial, files):
        self.samples, self.batch = trial["samples"], trial["batch"]
        self.loss_samples = trial["lossSamples"]
        self.next = 0
        self.x = torch.from_numpy(files.x)
        self.y = torch.from_numpy(files.y)
        if trial["loss"] == "mse":
            self.criterion = nn.MSELoss()
        else:
            self.y = self.y.long()
            self.criterion = nn.CrossEntropyLoss()
        model = build_model(trial, files)
        self.optimizer = build_optimizer(trial["optimizer"], model.parameters())
        self.model = torch.compile(model) if mode == "compile" else model

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.criterion(self.model(x), y)
        loss.backward()
        self.optimizer.step()

    def run(self, steps):
        # Whole batches by index: what torch.utils.data.DataLoader does one sample at a time, in
        # several times the time of such a step.
        done = 0
        while done < steps:
            order = torch.randperm(self.samples)
            for start in range(0, self.samples - self.batch + 1, self.batch):
                rows = order[start : start + self.batch]
                self.step(self.x[rows], self.y[rows])
                done += 1
                if done == steps:
                    break
        return done

    def learn(self, steps):
        for _ in range(steps):
            if self.next + self.batch > self.samples:
                self.next = 0
            rows = slice(self.next, self.next + self.batch)
            self.step(self.x[rows], self.y[rows])
            self.next += self.batch

    def loss(self):
        rows = slice(self.loss_samples)
        with torch.no_grad():
            return self.criterion(self.model(self.x[rows]), self.y[rows]).item()


torch.manual_seed(42)
serve({"torch": torch.__version__}, Session)
