// Files of opset 1 to 8 give what ONNX Runtime gives: for the very file where it runs it, else for the same network in today's form.
import { expect, test } from "vitest";
import type { Node } from "../../src/engine/graph/graph.ts";
import { loadModel } from "../../src/engine/model.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { type GraphLines, graphOf, ints, noise, op } from "../support/graphs.ts";
import { exampleInputs, runReference } from "../support/onnxruntime.ts";
import { expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

type Lines = Partial<GraphLines> & Pick<GraphLines, "nodes">;

interface OldFile {
  readonly what: string;
  readonly opset: number;
  readonly inputs: NonNullable<GraphLines["inputs"]>;
  readonly constants?: NonNullable<GraphLines["constants"]>;
  readonly outputs?: readonly string[];
  readonly nodes: readonly Node[];
  /** The same in opset 13, with constants besides; absent where ONNX Runtime runs the old file. */
  readonly today?: Lines;
}

const number = (value: number) => Tensor.from("float32", [], [value]);
const image = { x: [2, 3, 4, 5] };
const b = noise([3], 2);
const positive = (shape: readonly number[]) =>
  Tensor.float32(
    shape,
    noise(shape, 7)
      .toFloat32()
      .map((v) => Math.abs(v) + 0.5),
  );
const perPixel = { s: noise([3, 4, 5], 2), t: noise([3, 4, 5], 3), m: noise([3, 4, 5], 4), v: positive([3, 4, 5]) };
const perChannel = { s: noise([3], 2), t: noise([3], 3), m: noise([3], 4), v: positive([3]) };
const alongChannels = { b: b.reshape([3, 1, 1]) };
const toFloat = op("Cast", "c", "y", { to: 1 });

const files: readonly OldFile[] = [
  ...["Add", "Sub", "Mul", "Div"].map(
    (name): OldFile => ({
      what: `${name} of a part of the axes`,
      opset: 6,
      inputs: image,
      constants: { b },
      nodes: [op(name, "x b", "y", { broadcast: 1, axis: 1 })],
      today: { nodes: [op(name, "x b", "y")], constants: alongChannels },
    }),
  ),
  {
    what: "Add of the last axes, without an axis",
    opset: 3,
    inputs: { x: [2, 3], z: [3] },
    nodes: [op("Add", "x z", "y", { broadcast: 1, consumed_inputs: [0, 0] })],
    today: { nodes: [op("Add", "x z", "y")] },
  },
  {
    what: "Add of the last axes, counted from behind",
    opset: 6,
    inputs: image,
    constants: { b: noise([5], 2) },
    nodes: [op("Add", "x b", "y", { broadcast: 1, axis: -1 })],
    today: { nodes: [op("Add", "x b", "y")] },
  },
  {
    what: "Mul of two values of which one is computed",
    opset: 1,
    inputs: { x: [2, 3, 4, 5], z: [3, 4] },
    nodes: [op("Neg", "z", "n"), op("Mul", "x n", "y", { broadcast: 1, axis: 1 })],
    today: { nodes: [op("Neg", "z", "n"), op("Reshape", "n s", "r"), op("Mul", "x r", "y")], constants: { s: ints(3, 4, 1) } },
  },
  {
    what: "Pow of one number",
    opset: 6,
    inputs: { x: [2, 3] },
    constants: { e: number(2) },
    nodes: [op("Pow", "x e", "y", { broadcast: 1, axis: 1 })],
    today: { nodes: [op("Pow", "x e", "y")] },
  },
  ...["Less", "Greater"].map(
    (name): OldFile => ({
      what: `${name} of a part of the axes, cast by names of types`,
      opset: 5,
      inputs: image,
      constants: { b },
      nodes: [op(name, "x b", "c", { broadcast: 1, axis: 1 }), op("Cast", "c", "y", { to: "FLOAT" })],
      today: { nodes: [op(name, "x b", "c"), toFloat], constants: alongChannels },
    }),
  ),
  ...["And", "Or", "Xor"].map(
    (name): OldFile => ({
      what: `${name} of a part of the axes`,
      opset: 6,
      inputs: { x: [2, 3, 4, 5], z: [3] },
      constants: { o: number(0) },
      nodes: [
        op("Greater", "x o", "l", { broadcast: 1 }),
        op("Greater", "z o", "r", { broadcast: 1 }),
        op(name, "l r", "c", { broadcast: 1, axis: 1 }),
        toFloat,
      ],
      today: {
        nodes: [op("Reshape", "z s", "t"), op("Greater", "x o", "l"), op("Greater", "t o", "r"), op(name, "l r", "c"), toFloat],
        constants: { s: ints(3, 1, 1) },
      },
    }),
  ),
  {
    what: "a PRelu with a slope per channel",
    opset: 6,
    inputs: image,
    constants: { b },
    nodes: [op("PRelu", "x b", "y")],
    today: { nodes: [op("PRelu", "x b", "y")], constants: alongChannels },
  },
  {
    what: "a PRelu with one slope, of a vector",
    opset: 5,
    inputs: { x: [4] },
    constants: { b: noise([1], 3) },
    nodes: [op("PRelu", "x b", "y", { consumed_inputs: [0, 0] })],
    today: { nodes: [op("PRelu", "x b", "y")] },
  },
  {
    what: "a Gemm whose bias is broadcast",
    opset: 6,
    inputs: { x: [2, 3] },
    constants: { w: noise([4, 3]), b: noise([4], 2) },
    nodes: [op("Gemm", "x w b", "y", { broadcast: 1, transB: 1 })],
    today: { nodes: [op("Gemm", "x w b", "y", { transB: 1 })] },
  },
  {
    what: "BatchNormalization for a test, with outputs that a test does not compute",
    opset: 5,
    inputs: image,
    constants: perChannel,
    outputs: ["y"],
    nodes: [
      op("BatchNormalization", "x s t m v", "y a b c d", { is_test: 1, consumed_inputs: [0, 0, 0, 1, 1], epsilon: 0.01, spatial: 1 }),
    ],
    today: { nodes: [op("BatchNormalization", "x s t m v", "y", { epsilon: 0.01 })] },
  },
  {
    what: "BatchNormalization per pixel",
    opset: 7,
    inputs: image,
    constants: perPixel,
    nodes: [op("BatchNormalization", "x s t m v", "y", { spatial: 0, epsilon: 0.01 })],
  },
  {
    what: "Dropout for a test",
    opset: 6,
    inputs: image,
    nodes: [op("Dropout", "x", "d", { is_test: 1, ratio: 0.25 }), op("Neg", "d", "y")],
    today: { nodes: [op("Neg", "x", "y")] },
  },
  { what: "Reshape with an attribute", opset: 4, inputs: image, nodes: [op("Reshape", "x", "y", { shape: [0, -1, 4] })] },
  {
    what: "Concat along its default axis",
    opset: 3,
    inputs: image,
    nodes: [op("Neg", "x", "n"), op("Concat", "x n", "y")],
    today: { nodes: [op("Neg", "x", "n"), op("Concat", "x n", "y", { axis: 1 })] },
  },
  {
    what: "Selu with the numbers that it had",
    opset: 5,
    inputs: image,
    nodes: [op("Selu", "x", "y", { consumed_inputs: [0] })],
    today: { nodes: [op("Selu", "x", "y", { alpha: 1.6732, gamma: 1.0507 })] },
  },
  {
    what: "Pad, which had paddings",
    opset: 1,
    inputs: { x: [2, 3] },
    nodes: [op("Pad", "x", "y", { paddings: [0, 1, 2, 0], value: 0.5 })],
    today: { nodes: [op("Pad", "x p v", "y")], constants: { p: ints(0, 1, 2, 0), v: number(0.5) } },
  },
  {
    what: "Split by an attribute, and by an input",
    opset: 1,
    inputs: { x: [2, 5] },
    constants: { sizes: Tensor.from("float32", [2], [2, 3]) },
    outputs: ["a", "d"],
    nodes: [op("Split", "x", "a b", { axis: 1, split: [1, 4] }), op("Split", "x sizes", "c d", { axis: 1 })],
    today: {
      nodes: [op("Split", "x s", "a b", { axis: 1 }), op("Split", "x t", "c d", { axis: 1 })],
      constants: { s: ints(1, 4), t: ints(2, 3) },
    },
  },
  {
    what: "Tile along one axis",
    opset: 5,
    inputs: { x: [2, 3, 2] },
    constants: { tiles: number(3), axis: number(1) },
    nodes: [op("Tile", "x tiles axis", "y")],
    today: { nodes: [op("Tile", "x r", "y")], constants: { r: ints(1, 3, 1) } },
  },
  ...(["nearest", "bilinear"] as const).map(
    (mode): OldFile => ({
      what: `Upsample of an image, ${mode}`,
      opset: 6,
      inputs: { x: [1, 2, 3, 4] },
      nodes: [op("Upsample", "x", "y", { width_scale: 2.5, height_scale: 2, mode })],
      today: {
        nodes: [
          op("Resize", "x _ s", "y", {
            mode: mode === "nearest" ? mode : "linear",
            coordinate_transformation_mode: "asymmetric",
            nearest_mode: "floor",
          }),
        ],
        constants: { s: Tensor.from("float32", [4], [1, 1, 2, 2.5]) },
      },
    }),
  ),
  {
    what: "Upsample with an attribute",
    opset: 8,
    inputs: { x: [1, 2, 3, 4] },
    nodes: [op("Upsample", "x", "y", { scales: [1, 1, 2, 2.5], mode: "nearest" })],
  },
  {
    what: "RNN that says whether it answers the sequence",
    opset: 6,
    inputs: { x: [3, 1, 2] },
    constants: { w: noise([1, 4, 2]), r: noise([1, 4, 4], 2) },
    nodes: [op("RNN", "x w r", "y", { hidden_size: 4, output_sequence: 1 })],
    today: { nodes: [op("RNN", "x w r", "y", { hidden_size: 4 })] },
  },
  { what: "Affine", opset: 6, inputs: image, nodes: [op("Affine", "x", "y", { alpha: 2.5, beta: 0.5 })] },
  { what: "ImageScaler", opset: 8, inputs: image, nodes: [op("ImageScaler", "x", "y", { scale: 2.5, bias: [1.5, 2.5, 3.5] })] },
  { what: "Crop", opset: 7, inputs: { x: [1, 2, 6, 7] }, nodes: [op("Crop", "x", "y", { border: [1, 2, 3, 0] })] },
  { what: "ParametricSoftplus", opset: 7, inputs: image, nodes: [op("ParametricSoftplus", "x", "y", { alpha: 2.5, beta: 0.5 })] },
  { what: "ScaledTanh", opset: 7, inputs: image, nodes: [op("ScaledTanh", "x", "y", { alpha: 2.5, beta: 0.5 })] },
];

test.each(files)("$what, of opset $opset", async ({ today, what, opset, ...lines }) => {
  const old = graphOf({ ...lines, opset });
  const known = today ? graphOf({ ...lines, ...today, constants: { ...lines.constants, ...today.constants }, opset: 13 }) : old;
  const inputs = exampleInputs(old);
  const expected = await runReference(known, inputs);
  await withDevice(async (device) => {
    const model = await loadModel(device, encodeModel(old));
    try {
      model.run(inputs);
      for (const [name, tensor] of expected) {
        const actual = await model.read(name);
        expect(actual.shape, what).toEqual(tensor.shape);
        expectClose(actual, tensor.toFloat32(), `${what}: ${name}`);
      }
    } finally {
      model.dispose();
    }
  });
});
