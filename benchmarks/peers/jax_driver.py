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

from serve import LOSS_SAMPLES, serve

ACTIVATIONS = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh}


def build_optimizer(spec):
    if spec["type"] == "adam":
        return optax.adam(spec["lr"])
    return optax.sgd(spec["lr"], momentum=spec["momentum"] or None)


class Session:
    def __init__(self, trial, files):
        self.samples, self.batch = trial["samples"], trial["batch"]
        self.x, self.y = jnp.asarray(files.x), jnp.asarray(files.y)
        self.params = [jnp.array(values) for values in files.parameters]
        optimizer = build_optimizer(trial["optimizer"])
        self.state = optimizer.init(self.params)
        self.random = np.random.default_rng(42)

        def loss_of(params, x, y):
            taken = 0
            for layer in trial["layers"]:
                if layer["type"] == "linear":
                    x = x @ params[taken].T + params[taken + 1]
                    taken += 2
                else:
                    x = ACTIVATIONS[layer["type"]](x)
            if trial["loss"] == "mse":
                return jnp.mean((x - y) ** 2)
            return optax.softmax_cross_entropy_with_integer_labels(x, y).mean()

        def step(params, state, x, y, rows):
            loss, gradients = jax.value_and_grad(loss_of)(params, x[rows], y[rows])
            updates, state = optimizer.update(gradients, state, params)
            return optax.apply_updates(params, updates), state, loss

        def epoch(params, state, x, y, order):
            def body(carry, rows):
                params, state, loss = step(*carry, x, y, rows)
                return (params, state), loss

            (params, state), losses = jax.lax.scan(body, (params, state), order)
            return params, state, losses[-1]

        self.loss_of = jax.jit(loss_of)
        self.step = jax.jit(step, donate_argnums=(0, 1))
        self.epoch = jax.jit(epoch, donate_argnums=(0, 1))

    def order(self):
        steps = self.samples // self.batch
        return self.random.permutation(self.samples)[: steps * self.batch].reshape(steps, self.batch)

    def run(self, steps):
        done = 0
        while done < steps:
            order = self.order().astype(np.int32)
            if mode == "scan":
                self.params, self.state, loss = self.epoch(
                    self.params, self.state, self.x, self.y, order
                )
                done += len(order)
                continue
            for rows in order[: steps - done]:
                self.params, self.state, loss = self.step(
                    self.params, self.state, self.x, self.y, rows
                )
                done += 1
        jax.block_until_ready((self.params, loss))
        return done

    def loss(self):
        return self.loss_of(self.params, self.x[:LOSS_SAMPLES], self.y[:LOSS_SAMPLES])


serve({"jax": jax.__version__, "optax": optax.__version__}, Session)
