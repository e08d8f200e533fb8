"""PyTorch: torch_driver.py eager|compile <threads>"""

import sys

import torch

from serve import LOSS_SAMPLES, serve

mode, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)

ACTIVATIONS = {"relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh}


def build_model(trial, files):
    layers = []
    for layer in trial["layers"]:
        if layer["type"] == "linear":
            layers.append(torch.nn.Linear(layer["inputs"], layer["outputs"]))
        else:
            layers.append(ACTIVATIONS[layer["type"]]())
    model = torch.nn.Sequential(*layers)
    with torch.no_grad():
        for parameter, values in zip(model.parameters(), files.parameters):
            parameter.copy_(torch.from_numpy(values))
    return model


def build_optimizer(spec, parameters):
    if spec["type"] == "adam":
        return torch.optim.Adam(parameters, lr=spec["lr"])
    return torch.optim.SGD(parameters, lr=spec["lr"], momentum=spec["momentum"])


class Session:
    def __init__(self, trial, files):
        self.samples, self.batch = trial["samples"], trial["batch"]
        self.x = torch.from_numpy(files.x)
        self.y = torch.from_numpy(files.y)
        if trial["loss"] == "mse":
            self.criterion = torch.nn.MSELoss()
        else:
            self.y = self.y.long()
            self.criterion = torch.nn.CrossEntropyLoss()
        model = build_model(trial, files)
        self.optimizer = build_optimizer(trial["optimizer"], model.parameters())
        self.model = torch.compile(model) if mode == "compile" else model

    def run(self, steps):
        # Whole batches by index: what torch.utils.data.DataLoader does one sample at a time, in
        # several times the time of such a step.
        done = 0
        while done < steps:
            order = torch.randperm(self.samples)
            for start in range(0, self.samples - self.batch + 1, self.batch):
                rows = order[start : start + self.batch]
                x, y = self.x[rows], self.y[rows]
                self.optimizer.zero_grad()
                loss = self.criterion(self.model(x), y)
                loss.backward()
                self.optimizer.step()
                done += 1
                if done == steps:
                    break
        return done

    def loss(self):
        with torch.no_grad():
            return self.criterion(self.model(self.x[:LOSS_SAMPLES]), self.y[:LOSS_SAMPLES]).item()


torch.manual_seed(42)
serve({"torch": torch.__version__}, Session)
