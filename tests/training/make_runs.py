#!/usr/bin/env python3
"""Writes what PyTorch computes in 60 steps of training: the losses, and scores afterwards.

    python3 tests/training/make_runs.py

Networks, weights and pictures are the same as in tests/training/runs.ts: all numbers are integer hashes of their place, see `numbers`. runs.json
holds, for each network and optimiser, 60 losses of 32 pictures each, and the scores of 8 other pictures in evaluation mode. BatchNormalization
keeps the variance of the whole population, as ONNX defines it, where PyTorch itself takes n − 1. Everything in float64.

Needs PyTorch 1.13 and NumPy, as Debian 12 has them; takes seconds. The same versions write the same file.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

STEPS, BATCH = 60, 32
MOMENTUM = 0.9  # of running statistics: how much is kept


def numbers(shape, seed, scale=1.0, shift=0.0):
    """float32 numbers in shift ± scale that anyone can compute: integer hashes of the position. tests/training/runs.ts has the same."""
    mask = 0xFFFFFFFF
    i = np.arange(math.prod(shape), dtype=np.uint64)
    h = (i * 2654435761 + seed * 40503 + 12345) & mask
    h ^= h >> np.uint64(16)
    h = (h * 2246822507) & mask
    h ^= h >> np.uint64(13)
    h = (h * 3266489909) & mask
    h ^= h >> np.uint64(16)
    u = h.astype(np.float64) / 2**31 - 1
    return torch.from_numpy((shift + scale * u).astype(np.float32).reshape(shape)).double()


class Plain:
    """Two convolutions, a pool, two dense layers."""

    shape, classes = (1, 12, 12), 4

    def __init__(self):
        self.w = {
            "w1": numbers((8, 1, 3, 3), 1, 0.5),
            "b1": numbers((8,), 2, 0.1),
            "w2": numbers((12, 8, 3, 3), 3, 0.2),
            "b2": numbers((12,), 4, 0.1),
            "d1": numbers((10, 192), 5, 0.12),
            "c1": numbers((10,), 6, 0.1),
            "d2": numbers((4, 10), 7, 0.5),
            "c2": numbers((4,), 8, 0.1),
        }
        self.trained = list(self.w)

    def scores(self, x, training):
        w = self.w
        x = F.relu(F.conv2d(x, w["w1"], w["b1"]))
        x = F.max_pool2d(F.relu(F.conv2d(x, w["w2"], w["b2"])), 2)
        x = F.relu(F.linear(x.flatten(1), w["d1"], w["c1"]))
        return F.linear(x, w["d2"], w["c2"])


class Residual:
    """Normalizations over the batch, a depthwise convolution, steps, and a residual connection."""

    shape, classes = (3, 9, 9), 5

    def __init__(self):
        one = torch.ones(8, dtype=torch.float64)
        self.w = {
            "w1": numbers((8, 3, 3, 3), 1, 0.3),
            "s1": one.clone(),
            "h1": numbers((8,), 2, 0.1),
            "m1": torch.zeros(8, dtype=torch.float64),
            "v1": one.clone(),
            "w2": numbers((8, 1, 3, 3), 4, 0.5),
            "s2": one.clone(),
            "h2": numbers((8,), 5, 0.1),
            "m2": torch.zeros(8, dtype=torch.float64),
            "v2": one.clone(),
            "w3": numbers((8, 8, 1, 1), 7, 0.4),
            "d": numbers((5, 8), 8, 0.5),
            "c": numbers((5,), 9, 0.1),
        }
        self.trained = [name for name in self.w if name[0] not in "mv"]

    def normalized(self, x, i, training):
        w = self.w
        if not training:
            return F.batch_norm(x, w[f"m{i}"], w[f"v{i}"], w[f"s{i}"], w[f"h{i}"], eps=1e-5)
        with torch.no_grad():
            mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
            w[f"m{i}"].mul_(MOMENTUM).add_(mean, alpha=1 - MOMENTUM)
            w[f"v{i}"].mul_(MOMENTUM).add_(variance, alpha=1 - MOMENTUM)
        return F.batch_norm(x, None, None, w[f"s{i}"], w[f"h{i}"], training=True, eps=1e-5)

    def scores(self, x, training):
        w = self.w
        first = F.relu(self.normalized(F.conv2d(x, w["w1"], stride=2, padding=1), 1, training))
        x = F.relu(self.normalized(F.conv2d(first, w["w2"], padding=1, groups=8), 2, training))
        x = F.conv2d(x, w["w3"]) + first
        return F.linear(x.mean((2, 3)), w["d"], w["c"])


def pictures(network, count, seed):
    """Noise, with something of its own in the pictures of each class."""
    labels = (torch.arange(count) * 7 + seed) % network.classes
    of_class = numbers((network.classes, *network.shape), 77, 0.8)
    return numbers((count, *network.shape), seed) + of_class[labels], labels


def run(make, optimizer):
    network = make()
    for name in network.trained:
        network.w[name].requires_grad_(True)
    steps = optimizer([network.w[name] for name in network.trained])
    losses = []
    for step in range(1, STEPS + 1):
        x, labels = pictures(network, BATCH, 1000 + step)
        loss = F.cross_entropy(network.scores(x, True), labels)
        steps.zero_grad()
        loss.backward()
        steps.step()
        losses.append(loss.item())
    with torch.no_grad():
        scores = network.scores(pictures(network, 8, 5000)[0], False)
    return {"losses": losses, "scores": scores.flatten().tolist()}


OPTIMIZERS = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.01),
    "adamw": lambda parameters: torch.optim.AdamW(parameters, lr=0.01, weight_decay=0.05),
    "nesterov": lambda parameters: torch.optim.SGD(parameters, lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.01),
}

results = {
    f"{name} {optimizer}": run(make, OPTIMIZERS[optimizer])
    for name, make in {"plain": Plain, "residual": Residual}.items()
    for optimizer in OPTIMIZERS
}
Path(__file__).with_name("runs.json").write_text(json.dumps(results, indent=1) + "\n")
for name, result in results.items():
    print(f"{name}: loss {result['losses'][0]:.4f} to {result['losses'][-1]:.4f}")
