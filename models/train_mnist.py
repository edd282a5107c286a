#!/usr/bin/env python3
"""Trains the MNIST network and writes four checkpoints of one run: blank, early, middle and trained.

    npx convcam build mnist --seed 1 --out blank.onnx
    python3 models/train_mnist.py DATA blank.onnx models

The architecture, the names and the first weights come from the file; what is written is that file with other weights,
stored as float16 and cast to float32 by the graph itself. DATA holds MNIST's four idx files, gzipped or not.
Needs PyTorch, NumPy and onnx; takes a few minutes on two cores. The same versions give the same files.
"""

import argparse
import gzip
import hashlib
import json
import math
import struct
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional as F

SEED = 1
EPOCHS = 6
BATCH = 128
LEARNING_RATE = 2e-3
# After this many batches a checkpoint is written: before the first, when shapes begin to show, when most digits are read.
CHECKPOINTS = {0: "blank", 30: "early", 200: "middle"}


class Network(nn.Module):
    """The layers of models/mnist.ts; returns scores, to which the file adds a softmax."""

    def __init__(self):
        super().__init__()
        self.conv_1 = nn.Conv2d(1, 32, 3)
        self.conv_2 = nn.Conv2d(32, 64, 3)
        self.dense_1 = nn.Linear(64 * 5 * 5, 128)
        self.output_layer = nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv_1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv_2(x)), 2)
        x = F.dropout(x, 0.25, self.training).flatten(1)
        x = F.dropout(F.relu(self.dense_1(x)), 0.5, self.training)
        return self.output_layer(x)

    def parameters_by_tensor(self):
        """Tensor name in the file to parameter: `conv_1/kernel`, `conv_1/bias`, …"""
        roles = {"weight": "kernel", "bias": "bias"}
        return {f"{layer}/{roles[role]}": p for layer, role, p in ((*n.split("."), p) for n, p in self.named_parameters())}


def read_idx(folder: Path, name: str) -> torch.Tensor:
    """A tensor of bytes from an idx file; the .gz beside it is read where the file itself is not there."""
    path = folder / name
    data = path.read_bytes() if path.exists() else gzip.decompress((folder / f"{name}.gz").read_bytes())
    rank = data[3]
    shape = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
    return torch.from_numpy(np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape).copy())


def read_digits(folder: Path, prefix: str):
    """Images [n, 1, 28, 28] in 0..1, white on black, and their labels [n]."""
    images = read_idx(folder, f"{prefix}-images-idx3-ubyte").float().div(255).unsqueeze(1)
    return images, read_idx(folder, f"{prefix}-labels-idx1-ubyte").long()


def distort(images: torch.Tensor) -> torch.Tensor:
    """Shifts, turns and scales each image a little: a digit drawn on a page is not centred as MNIST's are."""
    n = len(images)
    angle = (torch.rand(n) * 2 - 1) * math.radians(12)
    scale = 1 + (torch.rand(n) * 2 - 1) * 0.2
    shift = (torch.rand(n, 2) * 2 - 1) * 0.2
    cos, sin = angle.cos() * scale, angle.sin() * scale
    theta = torch.stack([torch.stack([cos, -sin, shift[:, 0]], 1), torch.stack([sin, cos, shift[:, 1]], 1)], 1)
    return F.grid_sample(images, F.affine_grid(theta, list(images.shape), align_corners=False), align_corners=False)


def measure(network: Network, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Accuracy with weights rounded to float16, as the file stores them."""
    rounded = Network().eval()
    rounded.load_state_dict({name: tensor.half().float() for name, tensor in network.state_dict().items()})
    with torch.no_grad():
        guesses = torch.cat([rounded(part).argmax(1) for part in images.split(1000)])
    return (guesses == labels).float().mean().item()


def write(blank: onnx.ModelProto, network: Network, path: Path, notes: dict) -> None:
    """The blank file with the network's weights in float16, each followed by a Cast that bears the weight's name."""
    model = onnx.ModelProto()
    model.CopyFrom(blank)
    graph = model.graph
    del graph.initializer[:]
    casts = []
    for name, parameter in network.parameters_by_tensor().items():
        stored = f"{name}/float16"
        graph.initializer.append(numpy_helper.from_array(parameter.detach().half().numpy(), stored))
        casts.append(helper.make_node("Cast", [stored], [name], name=name, to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    for key, value in notes.items():
        model.metadata_props.add(key=key, value=str(value))
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))


def update_manifest(folder: Path, accuracies: dict) -> None:
    """Tells the manifest in this folder, if there is one, what was written."""
    path = folder / "manifest.json"
    if not path.exists():
        return
    manifest = json.loads(path.read_text())
    for entry in manifest["networks"]:
        if entry["name"] in accuracies:
            data = (folder / entry["file"]).read_bytes()
            accuracy = round(accuracies[entry["name"]], 4)
            entry.update(testAccuracy=accuracy, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of MNIST's idx files")
    parser.add_argument("blank", type=Path, help="the network as `convcam build mnist` writes it")
    parser.add_argument("out", type=Path, help="folder for mnist-{blank,early,middle,trained}.onnx")
    options = parser.parse_args()

    torch.manual_seed(SEED)
    torch.set_num_threads(2)
    images, labels = read_digits(options.data, "train")
    test = read_digits(options.data, "t10k")

    blank = onnx.load(str(options.blank))
    network = Network()
    first = {t.name: numpy_helper.to_array(t) for t in blank.graph.initializer}
    with torch.no_grad():
        for name, parameter in network.parameters_by_tensor().items():
            parameter.copy_(torch.from_numpy(first[name].copy()))

    start = time.time()
    step = 0
    accuracies = {}

    def checkpoint(name: str) -> None:
        accuracy = measure(network, *test)
        accuracies[f"mnist-{name}"] = accuracy
        write(blank, network, options.out / f"mnist-{name}.onnx", {"step": step, "test_accuracy": f"{accuracy:.4f}"})
        print(f"{name}: step {step}, test accuracy {accuracy:.2%}, {time.time() - start:.0f} s", flush=True)

    steps_per_epoch = math.ceil(len(images) / BATCH)
    optimizer = torch.optim.Adam(network.parameters(), LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=EPOCHS * steps_per_epoch)
    network.train()
    for epoch in range(EPOCHS):
        for batch in torch.randperm(len(images)).split(BATCH):
            if step in CHECKPOINTS:
                checkpoint(CHECKPOINTS[step])
            loss = F.cross_entropy(network(distort(images[batch])), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
        print(f"epoch {epoch + 1}: test accuracy {measure(network, *test):.2%}, {time.time() - start:.0f} s", flush=True)
    checkpoint("trained")
    update_manifest(options.out, accuracies)


if __name__ == "__main__":
    main()
