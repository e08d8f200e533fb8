"""JAX with optax: jax_driver.py step|scan <threads>

step: one jitted call a training step. scan: a whole epoch in one call, a lax.scan over the steps,
so no host code runs between them.
"""

import os
import sys

mode, threads = sys.argv[1], int(sys.argv[2])
# XLA takes as many threads as it may use cores, and has no other setting that holds everywhere.
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])

import jax
import jax.numpy as jnp
import numpy as np
import optax

from serve import Unsupported, serve

ACTIVATIONS = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh}
BATCH_NORM_EPS = 1e-5
LAYER_NORM_EPS = 1e-5
BATCH_NORM_MOMENTUM = 0.1


def build_optimizer(spec):
    if spec["type"] == "adam":
        return optax.adam(spec["lr"])
    return optax.sgd(spec["lr"], momentum=spec["momentum"] or None)


def convolve(x, weight, stride, padding):
    return jax.lax.conv_general_dilated(
        x,
        weight,
        window_strides=(stride, stride),
        padding=[(padding, padding)] * 2,
        dimension_numbers=("NCHW", "OIHW", "NCHW"),
    )


def pool(x, kernel, kind):
    window = (1, 1, kernel, kernel)
    if kind == "maxPool2d":
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "VALID")
    return jax.lax.reduce_window(x, 0.0, jax.lax.add, window, window, "VALID") / kernel**2


def normalise(x, scale, shift, running):
    """Batch normalisation as in training, and the new running mean and variance."""
    axes = (0,) if x.ndim == 2 else (0, 2, 3)
    shape = (1, -1) if x.ndim == 2 else (1, -1, 1, 1)
    mean, variance = x.mean(axes), x.var(axes)
    count = x.size // x.shape[1]
    running = (
        running[0] + BATCH_NORM_MOMENTUM * (mean - running[0]),
        running[1] + BATCH_NORM_MOMENTUM * (variance * (count / (count - 1)) - running[1]),
    )
    factor = scale * jax.lax.rsqrt(variance + BATCH_NORM_EPS)
    return x * factor.reshape(shape) + (shift - mean * factor).reshape(shape), running


def lstm_states(x, weight_ih, weight_hh, bias_ih, bias_hh):
    """States after every step of x (steps, rows, features), as nn.LSTM computes them."""

    def step(state, given):
        h, c = state
        i, f, g, o = jnp.split(given + h @ weight_hh.T, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zeros = jnp.zeros((x.shape[1], weight_hh.shape[1]))
    return jax.lax.scan(step, (zeros, zeros), x @ weight_ih.T + (bias_ih + bias_hh))[1]


def gru_states(x, weight_ih, weight_hh, bias_ih, bias_hh):
    """The same as nn.GRU computes them."""

    def step(h, given):
        r_x, z_x, n_x = jnp.split(given, 3, axis=1)
        r_h, z_h, n_h = jnp.split(h @ weight_hh.T + bias_hh, 3, axis=1)
        r, z = jax.nn.sigmoid(r_x + r_h), jax.nn.sigmoid(z_x + z_h)
        n = jnp.tanh(n_x + r * n_h)
        h = (1 - z) * n + z * h
        return h, h

    zeros = jnp.zeros((x.shape[1], weight_hh.shape[1]))
    return jax.lax.scan(step, zeros, x @ weight_ih.T + bias_ih)[1]


def layer_norm(x, scale, shift):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + LAYER_NORM_EPS) * scale + shift


def encoder_layer(x, heads, params):
    """A layer of nn.TransformerEncoder over x (samples, steps, features), causal."""
    take = lambda: next(params)
    dense = lambda x: x @ take().T + take()
    parts = jnp.split(dense(x), 3, axis=-1)
    q, k, v = (part.reshape(*x.shape[:2], heads, -1) for part in parts)
    attended = jax.nn.dot_product_attention(q, k, v, is_causal=True).reshape(x.shape)
    attended = dense(attended)
    hidden = take(), take(), take(), take()
    x = layer_norm(x + attended, take(), take())
    made = jax.nn.relu(x @ hidden[0].T + hidden[1]) @ hidden[2].T + hidden[3]
    return layer_norm(x + made, take(), take())


class Session:
    def __init__(self, trial, files):
        if mode == "scan" and any(layer["type"] == "conv2d" for layer in trial["layers"]):
            raise Unsupported(
                "inside lax.scan XLA runs convolutions as plain loops: not done in 20 minutes"
            )
        if any(layer["type"] == "residual" for layer in trial["layers"]):
            raise Unsupported("this driver has chains of layers alone")
        self.samples, self.batch = trial["samples"], trial["batch"]
        self.loss_samples = trial["lossSamples"]
        self.next = 0
        self.x, self.y = jnp.asarray(files.x), jnp.asarray(files.y)
        params = [jnp.array(values) for values in files.parameters]
        optimizer = build_optimizer(trial["optimizer"])
        statistics = [
            (jnp.zeros(layer["features"]), jnp.ones(layer["features"]))
            for layer in trial["layers"]
            if layer["type"] == "batchNorm"
        ]
        # What a step changes.
        self.state = params, optimizer.init(params), statistics, jax.random.key(42)
        self.random = np.random.default_rng(42)

        def loss_of(params, statistics, key, x, y):
            params, statistics, updated = iter(params), iter(statistics), []
            for layer in trial["layers"]:
                kind = layer["type"]
                if kind == "linear":
                    x = x @ next(params).T + next(params)
                elif kind == "conv2d":
                    x = convolve(x, next(params), layer["stride"], layer["padding"])
                    x = x + next(params).reshape(1, -1, 1, 1)
                elif kind == "batchNorm":
                    x, running = normalise(x, next(params), next(params), next(statistics))
                    updated.append(running)
                elif kind == "dropout":
                    key, own = jax.random.split(key)
                    kept = 1 - layer["p"]
                    x = jnp.where(jax.random.bernoulli(own, kept, x.shape), x / kept, 0)
                elif kind == "lstm":
                    x = lstm_states(jnp.moveaxis(x, 1, 0), *(next(params) for _ in range(4)))[-1]
                elif kind == "gru":
                    states = gru_states(jnp.moveaxis(x, 1, 0), *(next(params) for _ in range(4)))
                    x = jnp.moveaxis(states, 0, 1)
                elif kind == "transformer":
                    for _ in range(layer["layers"]):
                        x = encoder_layer(x, layer["heads"], params)
                elif kind == "flatten":
                    x = x.reshape(x.shape[0], -1)
                elif kind in ("maxPool2d", "avgPool2d"):
                    x = pool(x, layer["kernel"], kind)
                else:
                    x = ACTIVATIONS[kind](x)
            if trial["loss"] == "mse":
                loss = jnp.mean((x - y) ** 2)
            else:
                loss = optax.softmax_cross_entropy_with_integer_labels(x, y).mean()
            return loss, (updated, key)

        def step(state, x, y, rows):
            params, optimizer_state, statistics, key = state
            (loss, (statistics, key)), gradients = jax.value_and_grad(loss_of, has_aux=True)(
                params, statistics, key, x[rows], y[rows]
            )
            updates, optimizer_state = optimizer.update(gradients, optimizer_state, params)
            params = optax.apply_updates(params, updates)
            return (params, optimizer_state, statistics, key), loss

        def epoch(state, x, y, order):
            state, losses = jax.lax.scan(lambda state, rows: step(state, x, y, rows), state, order)
            return state, losses[-1]

        self.loss_of = jax.jit(loss_of)
        self.step = jax.jit(step, donate_argnums=0)
        self.epoch = jax.jit(epoch, donate_argnums=0)

    def order(self):
        steps = self.samples // self.batch
        return self.random.permutation(self.samples)[: steps * self.batch].reshape(steps, self.batch)

    def run(self, steps):
        done = 0
        while done < steps:
            order = self.order().astype(np.int32)
            if mode == "scan":
                self.state, loss = self.epoch(self.state, self.x, self.y, order)
                done += len(order)
                continue
            for rows in order[: steps - done]:
                self.state, loss = self.step(self.state, self.x, self.y, rows)
                done += 1
        jax.block_until_ready((self.state, loss))
        return done

    def learn(self, steps):
        for _ in range(steps):
            if self.next + self.batch > self.samples:
                self.next = 0
            rows = np.arange(self.next, self.next + self.batch, dtype=np.int32)
            self.state, _ = self.step(self.state, self.x, self.y, rows)
            self.next += self.batch
        jax.block_until_ready(self.state)

    def loss(self):
        params, _, statistics, key = self.state
        rows = slice(self.loss_samples)
        return self.loss_of(params, statistics, key, self.x[rows], self.y[rows])[0]


serve({"jax": jax.__version__, "optax": optax.__version__}, Session)
