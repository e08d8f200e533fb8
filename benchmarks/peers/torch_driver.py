"""PyTorch: torch_driver.py eager|compile <threads>"""

import inspect
import sys

import torch
from torch import nn

from serve import serve

mode, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)


class Residual(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.body = chain(layers)

    def forward(self, x):
        return self.body(x) + x


class LastState(nn.LSTM):
    def forward(self, x):
        return super().forward(x)[1][0][-1]


class EveryState(nn.GRU):
    def forward(self, x):
        return super().forward(x)[0]


class CausalEncoder(nn.Module):
    def __init__(self, features, heads, hidden, layers):
        super().__init__()
        layer = nn.TransformerEncoderLayer(features, heads, hidden, dropout=0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers)
        # Versions before 2 know the mask alone.
        is_told = "is_causal" in inspect.signature(self.encoder.forward).parameters
        self.told = {"is_causal": True} if is_told else {}

    def forward(self, x):
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        return self.encoder(x, mask=mask, **self.told)


LAYERS = {
    "linear": lambda layer: nn.Linear(layer["inputs"], layer["outputs"]),
    "conv2d": lambda layer: nn.Conv2d(
        layer["inputs"],
        layer["outputs"],
        layer["kernel"],
        stride=layer["stride"],
        padding=layer["padding"],
    ),
    "batchNorm": lambda layer: (nn.BatchNorm1d if layer["rank"] == 1 else nn.BatchNorm2d)(
        layer["features"]
    ),
    "maxPool2d": lambda layer: nn.MaxPool2d(layer["kernel"]),
    "avgPool2d": lambda layer: nn.AvgPool2d(layer["kernel"]),
    "lstm": lambda layer: LastState(layer["inputs"], layer["outputs"], batch_first=True),
    "gru": lambda layer: EveryState(layer["inputs"], layer["outputs"], batch_first=True),
    "transformer": lambda layer: CausalEncoder(
        layer["features"], layer["heads"], layer["hidden"], layer["layers"]
    ),
    "dropout": lambda layer: nn.Dropout(layer["p"]),
    "flatten": lambda layer: nn.Flatten(),
    "relu": lambda layer: nn.ReLU(),
    "sigmoid": lambda layer: nn.Sigmoid(),
    "tanh": lambda layer: nn.Tanh(),
    "residual": lambda layer: Residual(layer["layers"]),
}


def chain(layers):
    return nn.Sequential(*(LAYERS[layer["type"]](layer) for layer in layers))


def build_model(trial, files):
    model = chain(trial["layers"])
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
