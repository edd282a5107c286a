#!/usr/bin/env python3
"""Exports one of torchvision's networks, as PyTorch's users do, with random weights and what PyTorch itself computes in float64.

    python3 tests/exporters/export.py --list
    python3 tests/exporters/export.py resnet18 --opset 16 --dynamic --out FOLDER

Writes FOLDER/model.onnx, the inputs as FOLDER/input_I.npy, and FOLDER/output_I.npy: outputs in double precision, so that of two float32 runs
that differ it can be told which is further off (none for int8 networks, which have no such form, nor for detection, whose number of boxes
hangs on the last bit of a score).

Weights are drawn from a seed; BatchNormalization gets the statistics of noise, so that no network only passes zeros or infinities on.
Inputs are small where the network allows it. `--dynamic` leaves the batch, height and width open where the network can.

Needs PyTorch 1.13, torchvision 0.14 and onnx, as Debian 12 has them.
"""

import argparse
import json
import logging
import math
import warnings
from pathlib import Path

import numpy as np
import torch
import torchvision.models as models
from torch import nn
from torch.onnx import symbolic_helper, symbolic_opset10
from torchvision.models.quantization.shufflenetv2 import QuantizableInvertedResidual

CLASSIFICATION = {
    "alexnet": 224,
    "vgg11": 224,
    "vgg11_bn": 224,
    "resnet18": 64,
    "resnet50": 64,
    "resnext50_32x4d": 64,
    "wide_resnet50_2": 64,
    "densenet121": 64,
    "squeezenet1_0": 64,
    "squeezenet1_1": 64,
    "googlenet": 64,
    "inception_v3": 96,
    "mobilenet_v2": 64,
    "mobilenet_v3_small": 64,
    "mobilenet_v3_large": 64,
    "shufflenet_v2_x1_0": 64,
    "mnasnet1_0": 64,
    "efficientnet_b0": 64,
    "efficientnet_v2_s": 64,
    "regnet_x_400mf": 64,
    "regnet_y_400mf": 64,
    "convnext_tiny": 64,
    "vit_b_32": 224,
    "swin_t": 64,
}
SEGMENTATION = {"fcn_resnet50": 64, "deeplabv3_resnet50": 64, "deeplabv3_mobilenet_v3_large": 64, "lraspp_mobilenet_v3_large": 64}
DETECTION = {"ssdlite320_mobilenet_v3_large": 320, "retinanet_resnet50_fpn": 128, "fasterrcnn_mobilenet_v3_large_320_fpn": 128}
INT8 = {
    "googlenet": 64,
    "inception_v3": 96,
    "mobilenet_v2": 64,
    "mobilenet_v3_large": 64,
    "resnet18": 64,
    "resnet50": 64,
    "resnext101_32x8d": 64,
    "shufflenet_v2_x0_5": 64,
    "shufflenet_v2_x1_0": 64,
}

# Windows, patches and bins of adaptive pools have a fixed number, or are counted in Python while the network is traced.
STATIC_ONLY = {"vit_b_32", "swin_t", "alexnet", "vgg11", "vgg11_bn"}


def networks():
    """Each network's name, kind, and whether its sizes may be left open."""
    for kind, sizes in (("classification", CLASSIFICATION), ("segmentation", SEGMENTATION), ("detection", DETECTION)):
        for name in sizes:
            yield {"name": name, "kind": kind, "dynamic": name not in STATIC_ONLY and kind != "detection"}
    for name in INT8:
        yield {"name": f"{name}-int8", "kind": "int8", "dynamic": True}


class Listed(nn.Module):
    """The network with a tuple of tensors as its outputs, whatever it returns."""

    def __init__(self, network, is_detection):
        super().__init__()
        self.network = network
        self.is_detection = is_detection

    def forward(self, x):
        outputs = self.network(list(x) if self.is_detection else x)
        if self.is_detection:
            return tuple(outputs[0][key] for key in ("boxes", "scores", "labels"))
        if isinstance(outputs, dict):
            return tuple(outputs.values())
        return outputs if isinstance(outputs, torch.Tensor) else outputs[0]


def split_and_shuffle(block, x):
    """
    `forward` of a quantised ShuffleNet's block, in what PyTorch 1.13 can export of a quantised tensor: slices instead of chunks, and sizes that are
    numbers, not taken from the tensor.
    """
    channels = int(x.shape[1])
    if block.stride == 1:
        out = block.cat.cat([x[:, : channels // 2], block.branch2(x[:, channels // 2 :])], dim=1)
    else:
        out = block.cat.cat([block.branch1(x), block.branch2(x)], dim=1)
    _, channels, height, width = map(int, out.shape)
    return out.view(-1, 2, channels // 2, height, width).transpose(1, 2).contiguous().view(-1, channels, height, width)


def settle(network, picture):
    """Gives every BatchNormalization the statistics of the pictures, so that values neither vanish nor grow from layer to layer."""
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None
        norm.reset_running_stats()
    if hasattr(network, "AuxLogits"):
        # Inception's answer for training alone, for which pictures would have to be large.
        network.AuxLogits = None
    network.train()
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    with torch.no_grad():
        for _ in range(2):
            network(picture(4))
    network.eval()


def make(name, kind):
    """The network in evaluation mode, and what makes pictures for it."""
    torch.manual_seed(1)
    size = {"classification": CLASSIFICATION, "segmentation": SEGMENTATION, "detection": DETECTION, "int8": INT8}[kind][name]

    def picture(count):
        return torch.rand(count, 3, size, size) if kind == "detection" else torch.randn(count, 3, size, size)

    if kind == "int8":
        torch.backends.quantized.engine = "onednn"
        network = getattr(models.quantization, name)(weights=None, quantize=False)
        settle(network, picture)
        network.fuse_model(is_qat=False) if "is_qat" in network.fuse_model.__code__.co_varnames else network.fuse_model()
        network.qconfig = torch.ao.quantization.get_default_qconfig("onednn")
        torch.ao.quantization.prepare(network, inplace=True)
        with torch.no_grad():
            network(picture(2))
        torch.ao.quantization.convert(network, inplace=True)
        return network, picture
    extra = {"weights_backbone": None} if kind in ("segmentation", "detection") else {}
    if name in ("googlenet", "inception_v3"):
        extra["init_weights"] = True
    if name.startswith("retinanet"):
        # It would make a picture of 800 pixels of it, and list 300 boxes, of which some scores differ by less than two right runs do.
        extra.update(min_size=size, detections_per_img=20)
    family = {"segmentation": models.segmentation, "detection": models.detection}.get(kind, models)
    network = getattr(family, name)(weights=None, **extra)
    for parameter in network.parameters():
        # A vision transformer's head begins as zeros, and would answer nothing else.
        if parameter.dim() > 1 and not parameter.any():
            nn.init.normal_(parameter, std=0.02)
    if kind == "detection":
        network.eval()
        # Untrained scores are all alike: some classes must win somewhere, by more than rounding.
        for parameter_name, parameter in network.named_parameters():
            if parameter_name.endswith("bias") and any(part in parameter_name for part in ("cls_logits", "cls_score", "classification_head")):
                nn.init.normal_(parameter, std=2.0)
    else:
        settle(network, picture)
    return network.eval(), picture


def export(name, kind, opset, is_dynamic, folder):
    if kind == "int8" and name.startswith("shufflenet"):
        QuantizableInvertedResidual.forward = split_and_shuffle
        # Nor does it export slices of one by itself.
        cut = symbolic_helper.quantized_args(True, False, False, False, False)(symbolic_opset10.slice)
        torch.onnx.register_custom_op_symbolic("aten::slice", cut, opset)
    network, picture = make(name, kind)
    listed = Listed(network, kind == "detection").eval()
    x = picture(1)
    axes = {"input": {0: "batch", 2: "height", 3: "width"}} if is_dynamic else None
    # With gradients at hand attention is written as ordinary operators, not as one that has no ONNX form.
    with torch.set_grad_enabled(name.startswith("vit")):
        torch.onnx.export(listed, x, str(folder / "model.onnx"), opset_version=opset, input_names=["input"], dynamic_axes=axes)
        np.save(folder / "input_0.npy", x.numpy())
        if kind in ("detection", "int8"):
            return
        outputs = listed.double()(x.double())
        for i, output in enumerate(outputs if isinstance(outputs, tuple) else (outputs,)):
            np.save(folder / f"output_{i}.npy", output.detach().numpy())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name", nargs="?")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--opset", type=int, default=16)
    parser.add_argument("--dynamic", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    known = list(networks())
    if options.list:
        print(json.dumps(known))
        return
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    entry = next(one for one in known if one["name"] == options.name)
    export(options.name.replace("-int8", ""), entry["kind"], options.opset, options.dynamic, options.out)


if __name__ == "__main__":
    main()
