#!/usr/bin/env python3
"""Writes the gradient cases: small .onnx files with the gradients that PyTorch's autograd gives for them in float64.

    python3 tests/gradient/make_cases.py [NAME…]

Every case is two files in tests/gradient/cases. NAME.onnx computes y from x. NAME.json holds x, the gradient of y that is
given (the seed), y, and the gradient of sum(seed · y) by x. Weights of more than a few elements are not stored: they are graph
inputs of NAME.onnx, and NAME.json says how to compute them, see `numbers`. Names given restrict what is written.

Needs PyTorch 1.13, torchvision 0.14, NumPy and onnx 1.12, as Debian 12 has them; takes a minute or two on one core. The same
versions write the same files. networks.py has the whole networks.
"""

import base64
import copy
import io
import json
import math
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional as F

sys.dont_write_bytecode = True
from networks import networks

FOLDER = Path(__file__).parent / "cases"
# Initializers of more elements than this become graph inputs that the .json describes.
STORED = 64
# Where the gradient jumps (ReLU at 0, two equal candidates of a maximum), x keeps at least this far away.
MARGIN = 1e-3
# Seeds of `numbers`: x takes the first from 1 on that keeps the margin.
OUTPUT_SEED = 51
WEIGHT_SEED = 101


def numbers(shape, seed, scale=1.0, shift=0.0):
    """float32 numbers in shift ± scale that anyone can compute: integer hashes of the position. tests/gradient/cases.ts has the same."""
    mask = 0xFFFFFFFF
    i = np.arange(math.prod(shape), dtype=np.uint64)
    h = (i * 2654435761 + seed * 40503 + 12345) & mask
    h ^= h >> np.uint64(16)
    h = (h * 2246822507) & mask
    h ^= h >> np.uint64(13)
    h = (h * 3266489909) & mask
    h ^= h >> np.uint64(16)
    u = h.astype(np.float64) / 2**31 - 1
    return (shift + scale * u).astype(np.float32).reshape(shape)


def encoded(array):
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode()


# ---------------------------------------------------------------------------------------------------------------- one case


class Weight:
    """A tensor of `numbers`."""

    def __init__(self, shape, seed, scale, shift):
        self.shape, self.seed, self.scale, self.shift = tuple(shape), seed, scale, shift

    @property
    def values(self):
        return numbers(self.shape, self.seed, self.scale, self.shift)


written = {}
wanted = sys.argv[1:]


def skipped(name):
    assert name not in written, f"two cases are named {name}"
    written[name] = 0
    return wanted and name not in wanted


def gradient_of(forward, x, seed):
    """y and the gradient of sum(seed · y) by x, in the type of x."""
    x = x.clone().requires_grad_(True)
    y = forward(x)
    (gradient,) = torch.autograd.grad((y * seed).sum(), x)
    return y.detach(), gradient


def keeps_margin(forward, x):
    """Whether the gradient stays about the same wherever x moves by MARGIN: no kink is that near."""
    generator = torch.Generator().manual_seed(0)
    y = forward(x)
    sign = torch.randint(0, 2, y.shape, generator=generator) * 2 - 1
    seed = sign * (1 + torch.rand(y.shape, generator=generator, dtype=torch.float64))
    _, middle = gradient_of(forward, x, seed)
    largest = middle.abs().max()
    for _ in range(24):
        step = (torch.randint(0, 2, x.shape, generator=generator) * 2 - 1) * MARGIN
        _, moved = gradient_of(forward, x + step, seed)
        if (moved - middle).abs().max() > 0.05 * largest:
            return False
    return True


def agrees_with_differences(name, forward, x, seed, gradient):
    """Holds the gradient to a central difference in one direction."""
    direction = torch.randn(x.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    step = 1e-5 * direction
    difference = ((forward(x + step) - forward(x - step)) * seed).sum() / 2e-5
    expected = (gradient * direction).sum()
    assert (difference - expected).abs() < 1e-6 * gradient.norm() * direction.norm(), f"{name}: {difference} is not {expected}"


def is_stable(forward, x, seed):
    """Whether float32's rounding leaves a deep network's gradient alone: no ReLU or maximum is so near a kink that it flips."""
    generator = torch.Generator().manual_seed(0)
    _, exact = gradient_of(forward, x, seed)
    for size in [1e-6, 1e-6, 3e-6, 3e-6]:
        noise = torch.randn(x.shape, generator=generator, dtype=torch.float64) * size
        _, moved = gradient_of(forward, x + noise, seed)
        if (moved - exact).norm() > 2e-5 * exact.norm():
            return False
    return True


def write(name, model, forward, shape, weights, x_range=(1.0, 0.0), steps=None, kinks="avoid", seed_class=None):
    """Writes a case.

    :param model: the ModelProto, every initializer still in it
    :param forward: the same function in PyTorch, for float64
    :param weights: initializer name to Weight
    :param x_range: scale and shift of x
    :param steps: x is rounded to multiples of 1/steps, which makes ties
    :param kinks: "avoid" keeps x away from them, "stable" only as far as float32 rounds in a deep network, "meet" does not care
    :param seed_class: the output's gradient is 1 there and 0 elsewhere
    """
    scale, shift = x_range
    for x_seed in range(1, 200):
        values = numbers(shape, x_seed, scale, shift)
        if steps:
            values = np.round(values * steps) / np.float32(steps) + np.float32(0)  # + 0: no negative zeros
        x = torch.from_numpy(values).double()
        y_shape = tuple(forward(x).shape)
        if seed_class is None:
            seed = torch.from_numpy(numbers(y_shape, OUTPUT_SEED)).double()
        else:
            seed = torch.zeros(y_shape, dtype=torch.float64)
            seed[:, seed_class] = 1
        if kinks == "meet" or (kinks == "avoid" and keeps_margin(forward, x)) or (kinks == "stable" and is_stable(forward, x, seed)):
            break
    else:
        raise RuntimeError(f"{name}: every x is near a kink")
    y, gradient = gradient_of(forward, x, seed)
    assert torch.isfinite(y).all() and torch.isfinite(gradient).all(), name
    assert gradient.abs().max() > 1e-6, f"{name}: the gradient is zero"
    if kinks == "avoid":
        agrees_with_differences(name, forward, x, seed, gradient)

    described = detach_weights(name, model, weights)
    for key in ("producer_version", "producer_name"):
        model.ClearField(key)
    bytes_ = model.SerializeToString(deterministic=True)
    fields = {
        "input": "x",
        "output": "y",
        "shape": list(shape),
        "outputShape": list(y_shape),
        "x": encoded(values) if steps else {"seed": x_seed, "scale": scale, "shift": shift},
        "seed": {"seed": OUTPUT_SEED, "scale": 1, "shift": 0} if seed_class is None else encoded(seed.numpy()),
        "y": encoded(y.numpy()),
        "gradient": encoded(gradient.numpy()),
    }
    lines = [f'  "{key}": {json.dumps(value)}' for key, value in fields.items()]
    lines.append('  "weights": [' + ",".join(f"\n    {json.dumps(weight)}" for weight in described) + "\n  ]")
    text = "{\n" + ",\n".join(lines).replace("[\n  ]", "[]") + "\n}\n"
    (FOLDER / f"{name}.onnx").write_bytes(bytes_)
    (FOLDER / f"{name}.json").write_text(text)
    written[name] = len(bytes_) + len(text)
    operators = list(dict.fromkeys(node.op_type for node in model.graph.node))
    print(f"{name:32s} {written[name]:6d} bytes, x seed {x_seed}: {' '.join(operators)}", flush=True)


def detach_weights(name, model, weights):
    """Makes graph inputs of the large initializers; returns what the .json says of them."""
    graph = model.graph
    described = []
    kept = []
    for tensor in graph.initializer:
        if math.prod(tensor.dims) <= STORED:
            kept.append(tensor)
            continue
        weight = weights.get(tensor.name)
        assert weight and tensor.data_type == TensorProto.FLOAT and tuple(tensor.dims) == weight.shape, f"{name}: {tensor.name}"
        assert np.array_equal(numpy_helper.to_array(tensor), weight.values), f"{name}: {tensor.name} holds something else"
        described.append(
            {"name": tensor.name, "shape": list(weight.shape), "seed": weight.seed, "scale": weight.scale, "shift": weight.shift}
        )
        graph.input.append(helper.make_tensor_value_info(tensor.name, TensorProto.FLOAT, weight.shape))
    del graph.initializer[:]
    graph.initializer.extend(kept)
    return described


# ------------------------------------------------------------------------------------------- cases that PyTorch's exporter writes


def range_of(module, role, tensor):
    """Scale and shift of a module's weight."""
    if isinstance(module, (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)) and role == "weight":
        return math.sqrt(6 * module.groups / (tensor.shape[0] * math.prod(tensor.shape[2:]))), 0.0
    if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)) and role == "weight":
        return math.sqrt(6 / math.prod(tensor.shape[1:])), 0.0
    if isinstance(module, nn.PReLU):
        return 0.2, 0.25
    if role in ("weight", "bias"):  # of a normalization, or a bias
        return (0.2, 1.0) if role == "weight" else (0.1, 0.0)
    if role == "running_mean":
        return 0.1, 0.0
    if role == "running_var":
        return 0.3, 1.0
    if role == "layer_scale":
        return 0.2, 0.5
    return module.ranges[role]


def fill(model):
    """Gives every weight its numbers; returns them by name."""
    weights = {}
    for path, module in model.named_modules():
        tensors = {**module._parameters, **module._buffers}
        for role, tensor in tensors.items():
            if tensor is None or not tensor.is_floating_point():
                continue
            name = f"{path}.{role}" if path else role
            weights[name] = Weight(tensor.shape, WEIGHT_SEED + len(weights), *range_of(module, role, tensor))
            tensor.data = torch.from_numpy(weights[name].values)
    return weights


def torch_case(name, model, shape, opset=13, **options):
    """A case of a module, as PyTorch exports it in evaluation. BatchNormalization stays a node."""
    if skipped(name):
        return
    model = model.eval()
    weights = fill(model)

    def export():
        buffer = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                model,
                torch.from_numpy(numbers(shape, 1)),
                buffer,
                opset_version=opset,
                input_names=["x"],
                output_names=["y"],
                training=torch.onnx.TrainingMode.PRESERVE,
            )
        return onnx.load_model_from_string(buffer.getvalue())

    proto = export()
    # A dense layer's weight may be stored transposed. Then the stored tensor has the numbers, and PyTorch's is its transpose.
    stored = {t.name: numpy_helper.to_array(t) for t in proto.graph.initializer if math.prod(t.dims) > STORED}
    for stored_name in stored.keys() - weights.keys():
        for path, tensor in list(model.state_dict().items()):
            if tensor.ndim == 2 and np.array_equal(tensor.numpy().T, stored[stored_name]):
                weight = weights[path]
                weights[stored_name] = Weight(tensor.shape[::-1], weight.seed, weight.scale, weight.shift)
                owner, _, role = path.rpartition(".")
                model.get_submodule(owner)._parameters[role].data = torch.from_numpy(weights[stored_name].values.T.copy())
    proto = export()
    exact = copy.deepcopy(model).double()
    write(name, proto, exact, shape, weights, **options)


class Function(nn.Module):
    """A function of x and of weights named here, each with (shape, scale, shift)."""

    def __init__(self, function, **weights):
        super().__init__()
        self.function = function
        self.ranges = {name: (float(scale), float(shift)) for name, (_, scale, shift) in weights.items()}
        for name, (shape, _, _) in weights.items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape), requires_grad=False))

    def forward(self, x):
        return self.function(x, **self._parameters)


def function_case(name, shape, function, weights={}, **options):
    torch_case(name, Function(function, **weights), shape, **options)


# ------------------------------------------------------------------------------------------------- cases written node by node


def node_case(name, shape, nodes, function, weights={}, constants={}, opset=13, **options):
    """A case of nodes that the exporter does not write. `function` gets x and the weights by name, in float64."""
    if skipped(name):
        return
    tensors = {}
    for key, (weight_shape, weight_scale, weight_shift) in weights.items():
        tensors[key] = Weight(weight_shape, WEIGHT_SEED + len(tensors), float(weight_scale), float(weight_shift))
    exact = {key: torch.from_numpy(weight.values).double() for key, weight in tensors.items()}
    forward = lambda x: function(x, **exact)
    y_shape = forward(torch.from_numpy(numbers(shape, 1, *options.get("x_range", (1.0, 0.0)))).double()).shape
    initializers = [numpy_helper.from_array(weight.values, key) for key, weight in tensors.items()]
    initializers += [numpy_helper.from_array(np.asarray(value), key) for key, value in constants.items()]
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, y_shape)],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    if opset <= onnx.defs.onnx_opset_version():
        onnx.checker.check_model(model)
    write(name, model, forward, shape, tensors, **options)


def node(operator, inputs="x", outputs="y", **attributes):
    return helper.make_node(operator, inputs.split(" "), outputs.split(" "), **attributes)


def int64(*values):
    return np.array(values, dtype=np.int64)


# ------------------------------------------------------------------------------------------------------------------ operators


def convolutions():
    torch_case("conv-1d", nn.Conv1d(3, 4, 3, padding=1), (2, 3, 17))
    torch_case("conv-1d-stride-2", nn.Conv1d(3, 4, 5, stride=2, padding=2), (1, 3, 20))
    torch_case("conv-1d-dilated-groups", nn.Conv1d(4, 6, 3, dilation=3, groups=2), (1, 4, 19))
    torch_case("conv-1x1", nn.Conv2d(5, 4, 1), (1, 5, 6, 7))
    torch_case("conv-1x1-stride-2", nn.Conv2d(4, 3, 1, stride=2, bias=False), (1, 4, 7, 8))
    torch_case("conv-2x2", nn.Conv2d(3, 4, 2), (1, 3, 6, 8))
    torch_case("conv-2x2-stride-2", nn.Conv2d(3, 4, 2, stride=2), (1, 3, 9, 8))
    torch_case("conv-3x3", nn.Conv2d(3, 5, 3), (1, 3, 8, 7))
    torch_case("conv-3x3-batch", nn.Conv2d(3, 4, 3, padding=1), (2, 3, 6, 5))
    torch_case("conv-3x3-stride-2", nn.Conv2d(3, 4, 3, stride=2, padding=1), (1, 3, 9, 9))
    # Even extents without pads: the stride never reads the last row and column, whose gradient is 0.
    torch_case("conv-3x3-stride-2-cut", nn.Conv2d(3, 4, 3, stride=2), (1, 3, 8, 10))
    torch_case("conv-3x3-stride-3-cut", nn.Conv2d(2, 4, 3, stride=3), (1, 2, 11, 10))
    torch_case("conv-1x1-stride-3-cut", nn.Conv2d(3, 4, 1, stride=3), (1, 3, 9, 8))
    torch_case("conv-3x3-stride-2x1", nn.Conv2d(3, 4, 3, stride=(2, 1), padding=(1, 0)), (1, 3, 8, 7))
    torch_case("conv-4x4-stride-2", nn.Conv2d(2, 3, 4, stride=2, padding=1), (1, 2, 10, 8))
    torch_case("conv-5x5", nn.Conv2d(2, 3, 5, padding=2), (1, 2, 8, 9))
    torch_case("conv-5x5-stride-2", nn.Conv2d(2, 3, 5, stride=2, padding=2), (1, 2, 11, 10))
    torch_case("conv-5x5-stride-3", nn.Conv2d(2, 3, 5, stride=3, padding=1), (1, 2, 12, 11))
    torch_case("conv-7x7-stride-2", nn.Conv2d(2, 4, 7, stride=2, padding=3, bias=False), (1, 2, 12, 12))
    cross = nn.Sequential(nn.Conv2d(2, 3, (1, 7), padding=(0, 3)), nn.Conv2d(3, 2, (7, 1), padding=(3, 0)))
    torch_case("conv-1x7-7x1", cross, (1, 2, 9, 8))
    torch_case("conv-dilated-2", nn.Conv2d(2, 3, 3, dilation=2, padding=2), (1, 2, 9, 8))
    torch_case("conv-dilated-stride-2", nn.Conv2d(2, 3, 3, dilation=2, stride=2, padding=1), (1, 2, 11, 10))
    torch_case("conv-dilated-3-stride-2x3", nn.Conv2d(2, 3, (3, 2), dilation=(3, 2), stride=(2, 3), padding=(3, 1)), (1, 2, 10, 11))
    torch_case("conv-groups", nn.Conv2d(6, 4, 3, groups=2, padding=1), (1, 6, 6, 5))
    torch_case("conv-groups-stride-2", nn.Conv2d(6, 9, 3, groups=3, stride=2, padding=1), (1, 6, 7, 6))
    torch_case("conv-depthwise", nn.Conv2d(5, 5, 3, groups=5, padding=1), (1, 5, 7, 6))
    torch_case("conv-depthwise-stride-2", nn.Conv2d(4, 4, 3, groups=4, stride=2, padding=1), (1, 4, 8, 9))
    torch_case("conv-depthwise-stride-2-cut", nn.Conv2d(3, 3, 3, groups=3, stride=2), (1, 3, 8, 10))
    torch_case("conv-depthwise-5x5-stride-2", nn.Conv2d(3, 3, 5, groups=3, stride=2, padding=2), (1, 3, 10, 9))
    torch_case("conv-depthwise-multiplier", nn.Conv2d(3, 6, 3, groups=3, padding=1), (1, 3, 7, 6))
    torch_case("conv-depthwise-dilated", nn.Conv2d(3, 3, 3, groups=3, dilation=2, padding=2), (1, 3, 9, 7))
    torch_case("conv-pads-larger-than-kernel", nn.Conv2d(2, 3, 2, padding=3), (1, 2, 5, 6))
    torch_case("conv-zero-pad", nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(3, 4, 3, stride=2)), (1, 3, 8, 8))
    torch_case("conv-3d", nn.Conv3d(2, 3, 3, padding=1), (1, 2, 4, 5, 4))
    torch_case("conv-3d-stride-2", nn.Conv3d(2, 3, (3, 2, 3), stride=(2, 2, 1)), (1, 2, 6, 5, 4))

    weights = {"w": ((4, 3, 3, 3), math.sqrt(6 / 27), 0), "b": ((4,), 0.1, 0)}

    def padded(top, left, bottom, right, **conv):
        return lambda x, w, b: F.conv2d(F.pad(x, (left, right, top, bottom)), w, b, **conv)

    def conv(**attributes):
        return [node("Conv", "x w b", kernel_shape=[3, 3], **attributes)]

    shape = (1, 3, 8, 7)
    node_case("conv-asymmetric-pads", shape, conv(pads=[0, 1, 2, 0]), padded(0, 1, 2, 0), weights)
    node_case("conv-asymmetric-pads-stride-2", shape, conv(pads=[1, 0, 2, 1], strides=[2, 2]), padded(1, 0, 2, 1, stride=2), weights)
    node_case("conv-same-upper", shape, conv(auto_pad="SAME_UPPER", strides=[2, 2]), padded(0, 1, 1, 1, stride=2), weights)
    node_case("conv-same-lower", shape, conv(auto_pad="SAME_LOWER", strides=[2, 2]), padded(1, 1, 0, 1, stride=2), weights)
    # Two paths to x add up.
    torch_case("conv-residual", Residual(4), (1, 4, 6, 5))

    torch_case("conv-transpose-1d", nn.ConvTranspose1d(3, 4, 4, stride=2, padding=1), (1, 3, 9))
    torch_case("conv-transpose-2x2-stride-2", nn.ConvTranspose2d(4, 3, 2, stride=2), (1, 4, 4, 5))
    torch_case("conv-transpose-3x3", nn.ConvTranspose2d(3, 4, 3), (1, 3, 5, 6))
    torch_case("conv-transpose-3x3-stride-2", nn.ConvTranspose2d(3, 3, 3, stride=2, padding=1, output_padding=1), (1, 3, 5, 4))
    torch_case("conv-transpose-4x4-stride-2", nn.ConvTranspose2d(3, 3, 4, stride=2, padding=1, bias=False), (1, 3, 5, 4))
    torch_case("conv-transpose-stride-3", nn.ConvTranspose2d(2, 3, 3, stride=3, output_padding=(1, 2)), (1, 2, 4, 3))
    torch_case("conv-transpose-groups", nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2), (1, 4, 4, 4))
    torch_case("conv-transpose-depthwise", nn.ConvTranspose2d(4, 4, 4, stride=2, padding=1, groups=4), (1, 4, 5, 4))
    torch_case("conv-transpose-dilated", nn.ConvTranspose2d(3, 2, 3, dilation=2, padding=1), (1, 3, 6, 5))
    dilated = nn.ConvTranspose2d(2, 3, 3, dilation=2, stride=2, padding=2, output_padding=1)
    torch_case("conv-transpose-dilated-stride-2", dilated, (1, 2, 5, 4))
    torch_case("conv-transpose-3d", nn.ConvTranspose3d(2, 2, 2, stride=2), (1, 2, 3, 2, 3))


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return F.relu(x + self.conv2(F.relu(self.conv1(x))))


def pools():
    torch_case("max-pool-2x2", nn.MaxPool2d(2), (1, 3, 8, 8))
    torch_case("max-pool-2x2-cut", nn.MaxPool2d(2), (1, 3, 7, 9))
    torch_case("max-pool-2x2-stride-1", nn.MaxPool2d(2, 1), (1, 3, 6, 7))
    torch_case("max-pool-overlapping", nn.MaxPool2d(3, 2), (1, 3, 9, 8))
    torch_case("max-pool-padded", nn.MaxPool2d(3, 2, padding=1), (1, 3, 8, 9))
    torch_case("max-pool-stride-1", nn.MaxPool2d(3, 1, padding=1), (1, 3, 7, 6))
    torch_case("max-pool-5x5", nn.MaxPool2d(5, 1, padding=2), (1, 2, 8, 9))
    torch_case("max-pool-ceil", nn.MaxPool2d(3, 2, ceil_mode=True), (1, 3, 8, 8))
    torch_case("max-pool-ceil-padded", nn.MaxPool2d(3, 2, padding=1, ceil_mode=True), (1, 3, 8, 10))
    torch_case("max-pool-dilated", nn.MaxPool2d(3, 2, padding=1, dilation=2), (1, 2, 11, 10))
    torch_case("max-pool-1d", nn.MaxPool1d(3, 2, padding=1), (2, 3, 15))
    torch_case("max-pool-3d", nn.MaxPool3d(2, 2, ceil_mode=True), (1, 2, 5, 4, 5))
    torch_case("max-pool-3d-overlapping", nn.MaxPool3d(3, 2, padding=1), (1, 2, 5, 4, 6))
    # After ReLU whole windows are 0. Whoever wins them, the ReLU lets nothing through; `at_kinks` has ties that show the winner.
    torch_case("max-pool-after-relu", nn.Sequential(nn.ReLU(), nn.MaxPool2d(3, 2, padding=1)), (1, 3, 9, 8), x_range=(1.0, -0.5))
    function_case("max-pool-negative", (1, 2, 7, 8), lambda x: F.max_pool2d(x, 3, 2, padding=1), x_range=(1.0, -2.0))
    same = [node("MaxPool", kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")]
    infinite = -1e9
    node_case("max-pool-same-upper", (1, 3, 8, 7), same, lambda x: F.max_pool2d(F.pad(x, (1, 1, 0, 1), value=infinite), 3, 2))

    torch_case("average-pool-2x2", nn.AvgPool2d(2), (1, 3, 8, 7))
    torch_case("average-pool-overlapping", nn.AvgPool2d(3, 2), (1, 3, 9, 8))
    torch_case("average-pool-include-pad", nn.AvgPool2d(3, 2, padding=1), (1, 3, 8, 9))
    torch_case("average-pool-exclude-pad", nn.AvgPool2d(3, 2, padding=1, count_include_pad=False), (1, 3, 8, 9))
    torch_case("average-pool-same-size", nn.AvgPool2d(3, 1, padding=1, count_include_pad=False), (1, 3, 6, 7))
    torch_case("average-pool-ceil", nn.AvgPool2d(3, 2, ceil_mode=True), (1, 3, 8, 8))
    torch_case("average-pool-ceil-exclude-pad", nn.AvgPool2d(3, 2, padding=1, ceil_mode=True, count_include_pad=False), (1, 3, 8, 10))
    torch_case("average-pool-1d", nn.AvgPool1d(4, 2, padding=1), (2, 3, 14))
    torch_case("average-pool-3d", nn.AvgPool3d(2, 2), (1, 2, 4, 5, 4))
    include = dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1)
    node_case("average-pool-include-attribute", (1, 3, 8, 9), [node("AveragePool", **include)], lambda x: F.avg_pool2d(x, 3, 2, 1))
    node_case(
        "average-pool-ceil-include-attribute",
        (1, 3, 8, 10),
        [node("AveragePool", ceil_mode=1, **include)],
        lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True),
    )
    torch_case("global-average-pool", nn.AdaptiveAvgPool2d(1), (2, 4, 5, 6))
    torch_case("adaptive-average-pool", nn.AdaptiveAvgPool2d((2, 3)), (1, 3, 6, 9))
    torch_case("max-pool-whole", nn.AdaptiveMaxPool2d(1), (2, 4, 5, 6))
    node_case("global-max-pool", (2, 4, 5, 6), [node("GlobalMaxPool")], lambda x: x.amax((2, 3), True))
    torch_case("adaptive-max-pool", nn.AdaptiveMaxPool2d((2, 3)), (1, 3, 6, 9))
    node_case("global-average-pool-1d", (2, 3, 9), [node("GlobalAveragePool")], lambda x: x.mean(2, True))
    node_case("global-max-pool-3d", (1, 2, 3, 4, 5), [node("GlobalMaxPool")], lambda x: x.amax((2, 3, 4), True))
    node_case("global-lp-pool", (2, 3, 5, 4), [node("GlobalLpPool", p=2)], lambda x: x.norm(2, (2, 3), True))
    lp = [node("LpPool", kernel_shape=[3, 3], strides=[2, 2], p=2)]
    node_case("lp-pool", (1, 3, 9, 8), lp, lambda x: (F.avg_pool2d(x * x, 3, 2) * 9).sqrt())


def activations():
    shape = (2, 4, 5, 5)
    wide = {"x_range": (4.0, 0.0)}
    torch_case("relu", nn.ReLU(), shape)
    torch_case("leaky-relu", nn.LeakyReLU(0.1), shape)
    torch_case("prelu", nn.PReLU(4), shape)
    torch_case("prelu-shared", nn.PReLU(1), shape)
    torch_case("relu6", nn.ReLU6(), shape, x_range=(8.0, 2.0))
    torch_case("hardtanh", nn.Hardtanh(-0.5, 0.7), shape)
    function_case("clip-min", shape, lambda x: torch.clamp(x, min=-0.3))
    function_case("clip-max", shape, lambda x: torch.clamp(x, max=0.3))
    torch_case("elu", nn.ELU(0.7), shape, **wide)
    torch_case("selu", nn.SELU(), shape)
    torch_case("celu", nn.CELU(1.5), shape, **wide)
    torch_case("sigmoid", nn.Sigmoid(), shape, **wide)
    torch_case("hard-sigmoid", nn.Hardsigmoid(), shape, **wide)
    node_case(
        "hard-sigmoid-attributes",
        shape,
        [node("HardSigmoid", alpha=0.3, beta=0.4)],
        lambda x: torch.clamp(float(np.float32(0.3)) * x + float(np.float32(0.4)), 0, 1),
        **wide,
    )
    torch_case("hard-swish", nn.Hardswish(), shape, opset=14, **wide)
    torch_case("hard-swish-composed", nn.Hardswish(), shape, **wide)
    torch_case("silu", nn.SiLU(), shape, **wide)
    torch_case("mish-composed", nn.Mish(), shape, **wide)
    node_case("mish", shape, [node("Mish")], F.mish, opset=18, **wide)
    torch_case("gelu-composed", nn.GELU(), shape, **wide)
    torch_case("gelu-tanh-composed", nn.GELU("tanh"), shape, **wide)
    node_case("gelu", shape, [node("Gelu")], F.gelu, opset=20, **wide)
    node_case("gelu-tanh", shape, [node("Gelu", approximate="tanh")], lambda x: F.gelu(x, approximate="tanh"), opset=20, **wide)
    torch_case("tanh", nn.Tanh(), shape, **wide)
    torch_case("softplus", nn.Softplus(), shape, **wide)
    torch_case("softsign", nn.Softsign(), shape, **wide)
    node_case("thresholded-relu", shape, [node("ThresholdedRelu", alpha=0.5)], lambda x: F.threshold(x, 0.5, 0.0))
    function_case("erf", shape, torch.erf, x_range=(2.0, 0.0))
    function_case("softmax-last", (2, 3, 7), lambda x: x.softmax(-1), x_range=(3.0, 0.0))
    function_case("softmax-channels", (1, 5, 4, 6), lambda x: x.softmax(1), x_range=(3.0, 0.0))
    function_case("softmax-rows", (2, 3, 5, 4), lambda x: x.softmax(2), x_range=(3.0, 0.0))
    function_case("softmax-classes", (3, 10), lambda x: x.softmax(1), x_range=(3.0, 0.0))
    # Before opset 13 the axis and all behind it are one.
    coerced = [node("Softmax", axis=1)]
    node_case("softmax-coerced", (2, 3, 4, 2), coerced, lambda x: x.flatten(1).softmax(1).reshape(x.shape), opset=11, x_range=(3.0, 0.0))
    function_case("log-softmax", (3, 10), lambda x: x.log_softmax(1), x_range=(3.0, 0.0))
    function_case("log-softmax-channels", (2, 5, 3, 4), lambda x: x.log_softmax(1), x_range=(3.0, 0.0))


def at_kinks():
    """PyTorch's answers exactly where the gradient jumps. x is a multiple of a half or a quarter."""
    shape = (1, 3, 6, 6)
    halves = {"steps": 2, "kinks": "meet"}
    torch_case("kink-relu", nn.ReLU(), shape, **halves)
    torch_case("kink-leaky-relu", nn.LeakyReLU(0.1), shape, **halves)
    torch_case("kink-prelu", nn.PReLU(3), shape, **halves)
    torch_case("kink-relu6", nn.ReLU6(), shape, x_range=(8.0, 2.0), steps=1, kinks="meet")
    torch_case("kink-hardtanh", nn.Hardtanh(-0.5, 0.5), shape, **halves)
    torch_case("kink-hard-sigmoid", nn.Hardsigmoid(), shape, x_range=(4.0, 0.0), steps=1, kinks="meet")
    torch_case("kink-hard-swish", nn.Hardswish(), shape, opset=14, x_range=(4.0, 0.0), steps=1, kinks="meet")
    function_case("kink-abs", shape, torch.abs, **halves)
    # Of equal numbers in a window the first takes it all.
    torch_case("tie-max-pool", nn.MaxPool2d(3, 2, padding=1), (1, 3, 9, 8), **halves)
    torch_case("tie-max-pool-ceil", nn.MaxPool2d(2, 2, ceil_mode=True), (1, 3, 7, 9), **halves)
    torch_case("tie-max-pool-dilated", nn.MaxPool2d(2, 1, dilation=2), (1, 3, 7, 8), **halves)
    torch_case("tie-max-pool-1d", nn.MaxPool1d(3, 1, padding=1), (2, 3, 15), **halves)
    torch_case("tie-max-pool-3d", nn.MaxPool3d(2, 1), (1, 2, 4, 5, 4), **halves)
    torch_case("tie-max-pool-whole", nn.AdaptiveMaxPool2d(1), (2, 4, 5, 6), **halves)
    node_case("tie-global-max-pool", (2, 4, 5, 6), [node("GlobalMaxPool")], lambda x: F.adaptive_max_pool2d(x, 1), **halves)
    # Two equal operands take half each; a maximum over axes splits evenly.
    function_case("tie-max", (2, 3, 5), lambda x: torch.maximum(x, x.flip(2)), **halves)
    function_case("tie-min", (2, 3, 5), lambda x: torch.minimum(x, x.flip(2)), **halves)
    node_case("tie-reduce-max", (2, 3, 4, 5), [node("ReduceMax", axes=[2, 3], keepdims=0)], lambda x: x.amax((2, 3)), **halves)
    node_case("tie-reduce-min", (2, 3, 4, 5), [node("ReduceMin", axes=[1])], lambda x: x.amin(1, True), **halves)


def normalizations():
    torch_case("batch-norm", nn.BatchNorm2d(4), (2, 4, 5, 4))
    torch_case("batch-norm-1d", nn.BatchNorm1d(5), (3, 5, 7))
    torch_case("batch-norm-flat", nn.BatchNorm1d(9), (4, 9))
    torch_case("batch-norm-3d", nn.BatchNorm3d(2), (1, 2, 3, 4, 3))
    torch_case("batch-norm-plain", nn.BatchNorm2d(4, affine=False), (1, 4, 5, 4))
    after = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU())
    torch_case("conv-batch-norm-relu", after, (1, 3, 7, 6))
    before = nn.Sequential(nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 4, 3, padding=1))
    torch_case("batch-norm-relu-conv", before, (1, 3, 7, 6))
    torch_case("instance-norm", nn.InstanceNorm2d(3, affine=True), (2, 3, 5, 4))
    torch_case("instance-norm-plain", nn.InstanceNorm2d(3), (1, 3, 5, 6))
    torch_case("instance-norm-1d", nn.InstanceNorm1d(4, affine=True), (2, 4, 9))
    torch_case("group-norm", nn.GroupNorm(2, 6), (2, 6, 4, 3))
    torch_case("layer-norm-composed", nn.LayerNorm(10), (2, 6, 10))
    torch_case("layer-norm", nn.LayerNorm(10), (2, 6, 10), opset=17)
    torch_case("layer-norm-two-axes", nn.LayerNorm((4, 6)), (2, 3, 4, 6), opset=17)
    function_case("layer-norm-channels", (1, 6, 4, 5), lambda x, w, b: channels_norm(x, w, b), {"w": ((6,), 0.2, 1), "b": ((6,), 0.1, 0)})
    lrn = [node("LRN", size=5, alpha=0.4, beta=0.75, bias=2.0)]
    alpha = float(np.float32(0.4))
    node_case("lrn", (1, 7, 4, 4), lrn, lambda x: F.local_response_norm(x, 5, alpha, 0.75, 2.0))
    node_case("lrn-even", (1, 7, 4, 4), [node("LRN", size=4, alpha=0.4, beta=0.75, bias=2.0)], lambda x: even_lrn(x, alpha))
    node_case("lp-normalization", (2, 6, 4), [node("LpNormalization", axis=1, p=2)], lambda x: x / x.norm(2, 1, True))


def channels_norm(x, w, b):
    return F.layer_norm(x.permute(0, 2, 3, 1), (6,), w, b, 1e-6).permute(0, 3, 1, 2)


def even_lrn(x, alpha):
    """ONNX: an even window of n channels reaches from c - (n-1)/2, rounded down, to c + (n-1)/2, rounded up."""
    squares = F.pad((x * x).unsqueeze(1), (0, 0, 0, 0, 1, 2))
    sums = F.avg_pool3d(squares, (4, 1, 1), stride=1).squeeze(1) * 4
    return x / (2 + alpha / 4 * sums) ** 0.75


def products():
    torch_case("linear", nn.Linear(12, 7), (3, 12))
    torch_case("linear-no-bias", nn.Linear(12, 7, bias=False), (2, 12))
    torch_case("linear-rank-3", nn.Linear(9, 8), (2, 5, 9))
    torch_case("dense-head", nn.Sequential(nn.Flatten(), nn.Linear(48, 6), nn.ReLU(), nn.Linear(6, 4)), (2, 3, 4, 4))
    gemm = [node("Gemm", "x w b", alpha=0.5, beta=2.0, transA=1)]
    weights = {"w": ((6, 7), 0.5, 0), "b": ((1, 7), 0.5, 0)}
    node_case("gemm-transposed-a", (6, 5), gemm, lambda x, w, b: 0.5 * x.T @ w + 2 * b, weights)
    node_case("gemm-x-is-b", (7, 6), [node("Gemm", "w x", transB=1)], lambda x, w: w @ x.T, {"w": ((5, 6), 0.5, 0)})
    tripled = [node("Gemm", "w x", transA=1, alpha=3.0)]
    node_case("gemm-x-is-b-transposed-a", (6, 7), tripled, lambda x, w: 3 * w.T @ x, {"w": ((6, 5), 0.5, 0)})
    shared = {"w": ((5, 6), 0.5, 0), "v": ((6, 7), 0.5, 0)}
    node_case("gemm-x-is-c", (7,), [node("Gemm", "w v x", beta=0.5)], lambda x, w, v: w @ v + 0.5 * x, shared)
    function_case("matmul", (5, 8), lambda x, w: x @ w, {"w": ((8, 6), 0.5, 0)})
    function_case("matmul-right", (8, 5), lambda x, w: w @ x, {"w": ((6, 8), 0.5, 0)})
    function_case("matmul-batched", (2, 3, 4, 5), lambda x, w: x @ w, {"w": ((2, 3, 5, 4), 0.5, 0)})
    function_case("matmul-shared-right", (2, 3, 4, 5), lambda x, w: x @ w, {"w": ((5, 6), 0.5, 0)})
    function_case("matmul-x-is-shared", (4, 5), lambda x, w: x @ w, {"w": ((3, 5, 6), 0.5, 0)})
    function_case("matmul-x-is-shared-right", (5, 6), lambda x, w: w @ x, {"w": ((2, 3, 4, 5), 0.5, 0)})
    function_case("matmul-batches-broadcast", (2, 1, 4, 5), lambda x, w: x @ w, {"w": ((3, 5, 4), 0.5, 0)})
    function_case("matmul-vector", (3, 4, 6), lambda x, w: x @ w, {"w": ((6,), 0.5, 0)})
    function_case("matmul-x-is-vector", (6,), lambda x, w: w @ x, {"w": ((3, 4, 6), 0.5, 0)})
    function_case("matmul-itself", (2, 5, 6), lambda x: x @ x.transpose(1, 2))
    torch_case("attention", Attention(), (1, 6, 8))


class Attention(nn.Module):
    """One head: x three times over, a softmax between two products."""

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x):
        scores = self.q(x) @ self.k(x).transpose(1, 2) / 2.828
        return x + scores.softmax(-1) @ self.v(x)


def element_wise():
    shape = (2, 3, 4, 5)
    away = {"x_range": (0.4, 1.0)}
    for name, f, options in [
        ("add", lambda x, w: x + w, {}),
        ("sub", lambda x, w: x - w, {}),
        ("sub-from", lambda x, w: w - x, {}),
        ("mul", lambda x, w: x * w, {}),
        ("div", lambda x, w: x / w, {}),
        ("div-by", lambda x, w: w / x, away),
    ]:
        # The other operand is shared, or x is.
        function_case(name, shape, f, {"w": ((3, 1, 1), 0.5, 1.2)}, **options)
        function_case(f"{name}-x-is-shared", (3, 1, 5), f, {"w": (shape, 0.5, 1.2)}, **options)
    function_case("add-both-shared", (4, 1), lambda x, w: x + w, {"w": ((2, 3, 1, 5), 1, 0)})
    function_case("mul-both-shared", (2, 1, 4, 1), lambda x, w: x * w, {"w": ((3, 1, 5), 1, 0)})
    function_case("mul-one-element", (1,), lambda x, w: x * w, {"w": ((3, 4), 1, 0)})
    function_case("add-itself", shape, lambda x: x + x)
    function_case("mul-itself", shape, lambda x: x * x)
    function_case("sub-halves", shape, lambda x: x[:, :1] * x - x.mean(1, True))
    function_case("div-itself", shape, lambda x: x / (1 + x * x))
    function_case("pow-2", shape, lambda x: x**2)
    function_case("pow-3", shape, lambda x: x**3)
    function_case("pow-half", shape, lambda x: x**0.5, **away)
    function_case("pow-tensor", shape, lambda x, w: x**w, {"w": ((5,), 1, 1.5)}, **away)
    function_case("pow-exponent", shape, lambda x, w: w**x, {"w": ((5,), 0.5, 1.5)})
    for name, f in [("sqrt", torch.sqrt), ("log", torch.log), ("reciprocal", torch.reciprocal), ("rsqrt", torch.rsqrt)]:
        function_case(name, (2, 3, 5, 4), f, **away)
    for name, f in [("exp", torch.exp), ("neg", torch.neg), ("abs", torch.abs), ("sin", torch.sin), ("cos", torch.cos)]:
        function_case(name, (2, 3, 5, 4), f)
    function_case("min", shape, lambda x, w: torch.minimum(x, w), {"w": ((3, 1, 5), 1, 0)})
    function_case("max", shape, lambda x, w: torch.maximum(x, w), {"w": ((3, 1, 5), 1, 0)})
    function_case("max-x-is-shared", (3, 1, 5), lambda x, w: torch.maximum(x, w), {"w": (shape, 1, 0)})
    three = {"w": ((3, 1, 5), 1, 0), "v": (shape, 1, 0)}
    node_case("max-of-three", shape, [node("Max", "x w v")], lambda x, w, v: torch.maximum(torch.maximum(x, w), v), three)
    node_case("min-of-three", shape, [node("Min", "w x v")], lambda x, w, v: torch.minimum(torch.minimum(x, w), v), three)
    node_case("sum-of-three", (3, 4, 1), [node("Sum", "x w v")], lambda x, w, v: x + w + v, three)
    node_case("mean-of-three", (3, 4, 1), [node("Mean", "x w v")], lambda x, w, v: (x + w + v) / 3, three)
    condition = np.arange(60).reshape(3, 4, 5) % 7 % 2 == 0
    c = torch.from_numpy(condition)
    known = {"c": condition}
    node_case("where", shape, [node("Where", "c x w")], lambda x, w: torch.where(c, x, w), {"w": ((3, 4, 1), 1, 0)}, known)
    shared = [node("Where", "c w x")]
    node_case("where-x-is-shared", (3, 1, 5), shared, lambda x, w: torch.where(c, w, x), {"w": (shape, 1, 0)}, known)
    both = [node("Neg", "x", "n"), node("Where", "c x n")]
    node_case("where-both", shape, both, lambda x: torch.where(c, x, -x), {}, known)
    casts = [node("Cast", "x", "d", to=TensorProto.DOUBLE), node("Mul", "d d", "m"), node("Cast", "m", to=TensorProto.FLOAT)]
    node_case("cast", (2, 3, 4), casts, lambda x: x * x)
    node_case("dropout", (2, 3, 4), [node("Dropout")], lambda x: x * 1.0)
    node_case("dropout-ratio", (2, 3, 4), [node("Dropout", "x r", "d"), node("Mul", "d d")], lambda x: x * x, {}, {"r": np.float32(0.5)})
    node_case("identity", (2, 3, 4), [node("Identity", "x", "i"), node("Mul", "i x")], lambda x: x * x)


def reductions():
    shape = (2, 3, 4, 5)
    function_case("reduce-mean", shape, lambda x: x.mean((2, 3)))
    function_case("reduce-mean-keepdims", shape, lambda x: x.mean((2, 3), True))
    function_case("reduce-mean-channels", shape, lambda x: x.mean(1, True))
    function_case("reduce-mean-all", shape, lambda x: x.mean() * x.abs().mean().reshape(1))
    function_case("reduce-sum", shape, lambda x: x.sum((1, 3)))
    function_case("reduce-sum-keepdims", shape, lambda x: x.sum(-1, True))
    node_case("reduce-sum-negative-axis", shape, [node("ReduceSum", "x a", keepdims=0)], lambda x: x.sum(2), {}, {"a": int64(-2)})
    node_case("reduce-sum-all", shape, [node("ReduceSum", "x")], lambda x: x.sum((0, 1, 2, 3), True))
    node_case("reduce-max", shape, [node("ReduceMax", axes=[2, 3])], lambda x: x.amax((2, 3), True))
    node_case("reduce-max-flat", shape, [node("ReduceMax", axes=[1], keepdims=0)], lambda x: x.amax(1))
    node_case("reduce-min", shape, [node("ReduceMin", axes=[-1], keepdims=0)], lambda x: x.amin(3))
    node_case("reduce-l1", shape, [node("ReduceL1", axes=[1])], lambda x: x.abs().sum(1, True))
    node_case("reduce-l2", shape, [node("ReduceL2", axes=[1])], lambda x: x.norm(2, 1, True))
    node_case("reduce-l2-flat", shape, [node("ReduceL2", axes=[2, 3], keepdims=0)], lambda x: x.norm(2, (2, 3)))
    node_case("reduce-sum-square", shape, [node("ReduceSumSquare", axes=[1, 2])], lambda x: (x * x).sum((1, 2), True))
    node_case("reduce-log-sum-exp", shape, [node("ReduceLogSumExp", axes=[1])], lambda x: x.logsumexp(1, True))
    node_case("reduce-prod", (2, 3, 4), [node("ReduceProd", axes=[2])], lambda x: x.prod(2, True), x_range=(0.4, 1.0))
    function_case("standardize", shape, lambda x: (x - x.mean((2, 3), True)) / (x.var((2, 3), unbiased=False, keepdim=True) + 1e-3).sqrt())


def movements():
    shape = (2, 6, 4, 3)
    function_case("concat", (1, 3, 4, 5), lambda x, w: torch.cat([x, w, x * 2], 1), {"w": ((1, 2, 4, 5), 1, 0)})
    function_case("concat-last", (2, 3, 4), lambda x, w: torch.cat([w, x], -1), {"w": ((2, 3, 2), 1, 0)})
    function_case("concat-batch", (1, 3, 4, 3), lambda x: torch.cat([x, x * x], 0))
    function_case("chunk", shape, lambda x: torch.cat([a * (i + 1) for i, a in enumerate(x.chunk(3, 1))], 1))
    function_case("split-uneven", shape, lambda x: torch.split(x, [1, 3, 2], 1)[1] * 2)
    function_case("split-some-used", shape, lambda x: x.chunk(2, 1)[1] * x[:, :3])
    node_case("split-even", (2, 6, 5), [node("Split", "x", "a b c", axis=1), node("Mul", "a c")], lambda x: x[:, :2] * x[:, 4:])
    function_case("slice", (1, 3, 7, 8), lambda x: x[:, 1:, 2:6, :-3])
    function_case("slice-step-2", (1, 3, 7, 8), lambda x: x[:, :, ::2, 1::2])
    function_case("slice-step-3", (1, 2, 8, 10), lambda x: x[:, :, 1::3, :8:3])
    function_case("slice-overlapping", (1, 3, 6, 7), lambda x: x[:, :, 1:, 1:] - x[:, :, :-1, :-1])
    phases = [(0, 0), (1, 0), (0, 1), (1, 1)]
    function_case("focus", (1, 3, 6, 8), lambda x: torch.cat([x[..., row::2, column::2] for row, column in phases], 1))
    node_case(
        "slice-reversed",
        (2, 3, 7),
        [node("Slice", "x s e a t")],
        lambda x: x.flip(2)[:, :, ::2],
        {},
        {"s": int64(-1), "e": int64(-1000), "a": int64(2), "t": int64(-2)},
    )
    pads = {"p": int64(0, 0, 1, 2, 0, 0, 3, 0)}
    square = (1, 3, 5, 6)
    filled = {**pads, "v": np.float32(0.5)}
    node_case("pad-constant", square, [node("Pad", "x p v")], lambda x: F.pad(x, (2, 0, 1, 3), value=0.5), {}, filled)
    node_case("pad-reflect", square, [node("Pad", "x p", mode="reflect")], lambda x: F.pad(x, (2, 0, 1, 3), "reflect"), {}, pads)
    node_case("pad-edge", square, [node("Pad", "x p", mode="edge")], lambda x: F.pad(x, (2, 0, 1, 3), "replicate"), {}, pads)
    channels = {"p": int64(0, 1, 0, 0, 0, 2, 0, 0)}
    node_case("pad-channels", square, [node("Pad", "x p")], lambda x: F.pad(x, (0, 0, 0, 0, 1, 2)), {}, channels)
    crops = {"p": int64(0, 0, -1, 2, 0, 0, -2, -3)}
    node_case("pad-crop", square, [node("Pad", "x p")], lambda x: F.pad(x, (2, -3, -1, -2)), {}, crops)
    function_case("pad-exported", square, lambda x: F.pad(x, (1, 2, 0, 1), "reflect"))
    function_case("reshape", shape, lambda x: x.reshape(2, 3, 8, 3))
    function_case("reshape-rank", shape, lambda x, w: x.view(12, -1) * w, {"w": ((12,), 1, 0)})
    torch_case("flatten", nn.Flatten(), shape)
    function_case("permute", shape, lambda x: x.permute(0, 2, 3, 1))
    function_case("permute-reversed", shape, lambda x: x.permute(3, 2, 1, 0))
    function_case("squeeze-unsqueeze", (2, 1, 4, 3), lambda x: x.squeeze(1).unsqueeze(3).unsqueeze(0))
    function_case("expand", (2, 1, 4, 1), lambda x: x.expand(2, 3, 4, 5))
    function_case("expand-rank", (3, 1), lambda x: x.expand(2, 4, 3, 5))
    node_case("tile", (2, 3, 4), [node("Tile", "x r")], lambda x: x.repeat(1, 2, 3), {}, {"r": int64(1, 2, 3)})
    function_case("repeat", (2, 3), lambda x: x.repeat(2, 1, 3))
    function_case("gather", shape, lambda x: x[:, [0, 2, 2, 5, 1]])
    function_case("gather-one", shape, lambda x: x[:, 4])
    node_case(
        "gather-negative",
        shape,
        [node("Gather", "x i", axis=2)],
        lambda x: x[:, :, [[3, 0], [3, 1]]],
        {},
        {"i": np.array([[-1, 0], [3, -3]], dtype=np.int64)},
    )
    function_case("index-select-last", shape, lambda x: x.index_select(3, torch.tensor([2, 0, 2])))
    torch_case("pixel-shuffle", nn.PixelShuffle(2), (1, 8, 3, 4))
    torch_case("pixel-unshuffle", nn.PixelUnshuffle(2), (1, 2, 6, 8))
    dcr = lambda x: x.reshape(1, 2, 2, 2, 3, 4).permute(0, 3, 4, 1, 5, 2).reshape(1, 2, 6, 8)
    node_case("depth-to-space", (1, 8, 3, 4), [node("DepthToSpace", blocksize=2)], dcr)
    std = lambda x: x.reshape(1, 2, 3, 2, 4, 2).permute(0, 3, 5, 1, 2, 4).reshape(1, 8, 3, 4)
    node_case("space-to-depth", (1, 2, 6, 8), [node("SpaceToDepth", blocksize=2)], std)
    torch_case("channel-shuffle", Function(lambda x: x.view(1, 2, 3, 4, 5).transpose(1, 2).reshape(1, 6, 4, 5)), (1, 6, 4, 5))


def resizes():
    shape = (1, 2, 5, 6)

    def resize(name, shape=shape, **options):
        function_case(name, shape, lambda x: F.interpolate(x, **options))

    resize("resize-nearest-2", scale_factor=2, mode="nearest")
    resize("resize-nearest-size", size=(8, 9), mode="nearest")
    resize("resize-nearest-down", shape=(1, 2, 8, 9), size=(4, 5), mode="nearest")
    resize("resize-nearest-1d", shape=(1, 3, 7), scale_factor=3, mode="nearest")
    resize("resize-bilinear-2", scale_factor=2, mode="bilinear", align_corners=False)
    resize("resize-bilinear-size", size=(7, 11), mode="bilinear", align_corners=False)
    resize("resize-bilinear-down", shape=(1, 2, 9, 10), size=(4, 6), mode="bilinear", align_corners=False)
    resize("resize-bilinear-corners", size=(9, 10), mode="bilinear", align_corners=True)
    resize("resize-bilinear-corners-2", scale_factor=2, mode="bilinear", align_corners=True)
    resize("resize-bicubic", size=(9, 10), mode="bicubic", align_corners=False)
    resize("resize-bicubic-corners", size=(8, 9), mode="bicubic", align_corners=True)


class SqueezeExcite(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.reduce = nn.Conv2d(channels, squeezed, 1)
        self.expand = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.expand(F.relu(self.reduce(x.mean((2, 3), True)))))


def composites():
    torch_case("squeeze-excite", SqueezeExcite(6, 3), (2, 6, 4, 5))
    depthwise = nn.Conv2d(6, 6, 3, padding=1, groups=6)
    torch_case("separable", nn.Sequential(nn.Conv2d(3, 6, 1), nn.ReLU6(), depthwise, nn.ReLU6(), nn.Conv2d(6, 3, 1)), (1, 3, 7, 6))
    strided = nn.Conv2d(3, 6, 3, stride=2, padding=1)
    torch_case("two-convs", nn.Sequential(strided, nn.ReLU(), nn.Conv2d(6, 4, 3, padding=1), nn.LeakyReLU(0.2)), (1, 3, 9, 8))
    classifier = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 10))
    torch_case("conv-pool-dense", classifier, (1, 1, 10, 10))
    # The output does not depend on some of x: half the channels are dropped.
    function_case("partly-unused", (1, 4, 5, 5), lambda x: F.avg_pool2d(x[:, :2], 2))


def whole_networks():
    for name, (model, shape, classifies, opset) in networks().items():
        torch_case(name, model, shape, opset, kinks="stable", seed_class=3 if classifies else None)


def main():
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    convolutions()
    pools()
    activations()
    at_kinks()
    normalizations()
    products()
    element_wise()
    reductions()
    movements()
    resizes()
    composites()
    whole_networks()
    print(f"{len(written)} cases, {sum(written.values())} bytes")


if __name__ == "__main__":
    main()
