// Operators on quantised numbers against ONNX Runtime: sums that float32 cannot hold, what QGemm does with its bias, activations of FusedConv, and casts
// to few bits, at load and on the GPU.
import { expect, test } from "vitest";
import { loadModel } from "../../src/engine/model.ts";
import { type DataType, dataTypeCode, Tensor } from "../../src/engine/tensor.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { runReference } from "../support/onnxruntime.ts";
import { graphOfCase, type OperatorCase } from "../support/operator-case.ts";
import { withDevice } from "../support/with-device.ts";

const opset = 21;
const microsoft = { domain: "com.microsoft" };
const scale = (value: number) => Tensor.from("float32", [], [value]);
const zero = (dtype: DataType, value = 0) => Tensor.from(dtype, [], [value]);
const scales = (...values: number[]) => Tensor.float32([values.length], Float32Array.from(values));

/** Whole numbers by index. */
function whole(dtype: DataType, shape: readonly number[], at: (index: number) => number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return Tensor.from(
    dtype,
    shape,
    Array.from({ length: size }, (_, i) => at(i)),
  );
}

const depth = 5000;
const some = (i: number) => (Math.imul(i, 2654435761) >>> 8) & 255;
const signed = (i: number) => some(i) - 128;
const everyOther = (i: number) => (i < depth / 2 ? 127 : -127);

const sums: readonly OperatorCase[] = [
  {
    operator: "MatMulInteger",
    why: "all the largest",
    inputs: [whole("uint8", [2, depth], () => 255), whole("uint8", [depth, 2], (i) => 255 - (i % 3))],
  },
  {
    operator: "MatMulInteger",
    why: "the largest less the smallest",
    inputs: [whole("uint8", [1, depth], () => 255), whole("int8", [depth, 3], signed), zero("uint8", 1), zero("int8", 127)],
  },
  {
    operator: "MatMulInteger",
    why: "known at load",
    inputs: [whole("uint8", [3, depth], some), whole("int8", [depth, 4], () => -128)],
    known: [1],
  },
  {
    operator: "MatMulInteger",
    why: "sums beyond int32 wrap around",
    inputs: [whole("uint8", [1, 40000], () => 255), whole("uint8", [40000, 1], () => 255)],
  },
  {
    operator: "MatMulInteger",
    why: "more than four digits can hold",
    inputs: [whole("uint8", [1, 70000], some), whole("uint8", [70000, 2], (i) => some(i + 7))],
  },
  {
    operator: "ConvInteger",
    why: "all the largest",
    inputs: [whole("uint8", [1, depth, 1, 1], () => 255), whole("uint8", [2, depth, 1, 1], (i) => 255 - (i % 2))],
  },
  {
    operator: "ConvInteger",
    why: "windows of 3×3, weights known",
    attributes: { pads: [1, 1, 1, 1] },
    inputs: [whole("uint8", [1, 600, 5, 5], some), whole("int8", [4, 600, 3, 3], (i) => -128 + (i % 2)), zero("uint8", 128)],
    known: [1],
  },
];

/** Sums of large products that nearly cancel: a step of the output is one of their units. */
const cancelling: readonly OperatorCase[] = [[], [1, 2, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6, 7]].flatMap((known): OperatorCase[] => {
  const why = `known: ${known}`;
  const tail = [scale(1), zero("uint8", 100)];
  const left = [whole("uint8", [1, depth], (i) => (i === depth - 1 ? 250 : 255)), scale(1), zero("uint8")];
  const image = [whole("uint8", [1, depth, 1, 1], (i) => (i === depth - 1 ? 254 : 255)), scale(0.5), zero("uint8")];
  const columns = whole("int8", [depth, 1], everyOther);
  const rows = whole("int8", [2, depth], (i) => everyOther(i % depth));
  return [
    { operator: "QLinearMatMul", why, inputs: [...left, columns, scale(0.1), zero("int8"), ...tail], known },
    {
      operator: "QLinearConv",
      why,
      inputs: [
        ...image,
        whole("int8", [2, depth, 1, 1], (i) => everyOther(i % depth)),
        scales(0.5, 1),
        whole("int8", [2], () => 0),
        ...tail,
        whole("int32", [2], (i) => 30 * i),
      ],
      known,
    },
    {
      ...microsoft,
      operator: "QGemm",
      why,
      attributes: { transB: 1, alpha: 0.5 },
      inputs: [...left, rows, scales(0.25, 0.125), whole("int8", [2], () => 0), whole("int32", [2], (i) => 100 * i), ...tail],
      known: known.length > 0 ? [...known, 8] : [],
    },
  ];
});

const a = whole("uint8", [2, 3], (i) => i + 1);
const b = whole("int8", [3, 2], (i) => i - 2);
const biases = [[2], [1, 2], [2, 1], [1], [], [2, 2]].map((shape) => whole("int32", shape, (i) => 8 * (i + 1)));
const dense = biases.flatMap((bias): OperatorCase[] =>
  [[], [3, 4, 5, 6]].flatMap((known) =>
    [scale(0.25), scales(0.25, 0.5)].map(
      (bScale): OperatorCase => ({
        ...microsoft,
        operator: "QGemm",
        why: `a bias of [${bias.shape}], a scale of [${bScale.shape}], known: ${known}`,
        attributes: { alpha: 2 },
        inputs: [a, scale(0.5), zero("uint8", 2), b, bScale, Tensor.filled("int8", bScale.shape, 0), bias],
        known,
      }),
    ),
  ),
);

const activations: readonly (readonly [string, (readonly number[])?])[] = [
  ["Relu"],
  ["Tanh"],
  ["Sigmoid"],
  ["HardSwish"],
  ["LeakyRelu", [0.25]],
  ["Clip", [-0.1, 0.4]],
  ["Clip", [0.4, -0.1]],
  ["HardSigmoid", [0.3, 0.6]],
];
const convolutions = activations.map(
  ([activation, params]): OperatorCase => ({
    ...microsoft,
    operator: "FusedConv",
    why: `${activation} ${params ?? ""}`,
    attributes: { activation, pads: [1, 1, 1, 1], ...(params && { activation_params: params }) },
    inputs: [noise([1, 3, 5, 5]), noise([4, 3, 3, 3], 2), noise([4], 3), noise([1, 4, 5, 5], 4)],
  }),
);

const cases = {
  "sums of whole numbers": sums,
  "sums that nearly cancel": cancelling,
  "QGemm's bias": dense,
  FusedConv: convolutions,
};

test.each(Object.entries(cases))("%s: as in ONNX Runtime", (_, list) =>
  withDevice(async (device) => {
    for (const one of list) {
      const graph = graphOfCase({ opset, ...one });
      const feeds = Object.fromEntries(graph.inputs.map(({ name }) => [name, one.inputs[Number(name.slice(1))] as Tensor]));
      const expected = (await runReference(graph, feeds)).get("y0") as Tensor;
      const model = await loadModel(device, graph);
      model.run(feeds);
      const found = await model.read("y0");
      expect(found).toMatchObject({ dtype: expected.dtype, shape: expected.shape });
      const room = expected.dtype === "float32" ? 1e-5 : 0;
      const right = expected.toNumbers();
      const apart = found.toNumbers().map((value, i) => Math.abs(value - (right[i] as number)));
      expect(Math.max(...apart), `${one.operator}, ${one.why}`).toBeLessThanOrEqual(room);
      model.dispose();
    }
  }),
);

const targets: readonly DataType[] = ["int4", "uint4", "int8", "uint8", "int16", "uint16", "int32", "uint32"];
const sources: readonly Tensor[] = [
  Tensor.from("int32", [14], [-1, 7, 8, 15, 16, 127, 128, -129, 255, 256, 300, -9, 65536, -65537]),
  // ONNX Runtime rounds halves to 4 bits, where ONNX cuts them off: whole numbers alone are the same for both.
  Tensor.float32([14], Float32Array.of(-1, 7, 8, 15, 16, 127, 128, -129, 255, 256, 300, -9, 65536, -65537)),
];

test.each(targets)("Cast to %s keeps the lowest bits, at load and on the GPU", (dtype) =>
  withDevice(async (device) => {
    // ONNX leaves open what becomes of a float below 0 in 32 bits without a sign.
    for (const source of dtype === "uint32" ? sources.slice(0, 1) : sources) {
      const nodes = [op("Cast", "x", "few", { to: dataTypeCode(dtype) }), op("Cast", "few", "y", { to: dataTypeCode("int32") })];
      const shape = [...source.shape];
      const asked = { ...graphOf({ inputs: { x: shape }, nodes }), inputs: [{ name: "x", dtype: source.dtype, shape }] };
      const known = { ...asked, inputs: [], initializers: new Map([["x", source]]) };
      const expected = (await runReference(asked, { x: source })).get("y")?.toNumbers();
      for (const [graph, feeds] of [
        [asked, { x: source }],
        [known, {}],
      ] as const) {
        const model = await loadModel(device, graph);
        model.run(feeds);
        expect((await model.read("y")).toNumbers(), `${source.dtype}, ${graph === known ? "at load" : "on the GPU"}`).toEqual(expected);
        model.dispose();
      }
    }
  }),
);
