"""The networks and optimizers of trials in PyTorch."""

import inspect

import torch
from torch import nn


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
