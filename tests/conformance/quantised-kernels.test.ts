// Which kernels quantised networks may take on a GPU: on Dawn's null adapter, which plans like any other and computes nothing.
import { expect, test } from "vitest";
import type { Graph, Node } from "../../src/engine/graph/graph.ts";
import { loadModel } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { requestNullDevice } from "../support/half-device.ts";
import { graphOfCase } from "../support/operator-case.ts";

const zeros = (dtype: "int8" | "uint8", ...shape: number[]) => Tensor.filled(dtype, shape, 0);
const scale = Tensor.from("float32", [], [0.5]);
const image = zeros("uint8", 1, 64, 32, 32);
const weights = zeros("int8", 64, 64, 3, 3);
const attributes = { pads: [1, 1, 1, 1] };

/** A value rounded to steps, which are uint8. */
const pair = (from: string, to: string) => [op("QuantizeLinear", `${from} s z`, `${to}_q`), op("DequantizeLinear", `${to}_q s z`, to)];

const inPairs = (channels: number, ...before: readonly Node[]) =>
  graphOf({
    inputs: { x: [1, channels, 32, 32] },
    constants: { s: scale, z: zeros("uint8"), w: zeros("int8", 64, channels, 3, 3) },
    nodes: [...before, op("DequantizeLinear", "w s", "weights"), op("Conv", "a weights", "y", attributes)],
  });

const networks: readonly (readonly [string, Graph, winograd: readonly string[]])[] = [
  [
    "Conv",
    graphOf({ inputs: { x: [1, 64, 32, 32] }, constants: { w: noise([64, 64, 3, 3]) }, nodes: [op("Conv", "x w", "y", attributes)] }),
    ["winograd 2×2", "winograd 4×4"],
  ],
  ["ConvInteger", graphOfCase({ operator: "ConvInteger", why: "", attributes, inputs: [image, weights] }), []],
  ["ConvInteger, weights known", graphOfCase({ operator: "ConvInteger", why: "", attributes, inputs: [image, weights], known: [1] }), []],
  [
    "QLinearConv with sums that must be exact",
    graphOfCase({
      operator: "QLinearConv",
      why: "",
      attributes,
      inputs: [image, scale, zeros("uint8"), weights, scale, zeros("int8"), scale, zeros("uint8")],
    }),
    [],
  ],
  [
    "QLinearConv with weights that stay bytes",
    graphOfCase({
      operator: "QLinearConv",
      why: "",
      attributes,
      inputs: [image, scale, zeros("uint8"), weights, scale, zeros("int8"), scale, zeros("uint8")],
      known: [1, 2, 3, 4, 5, 6, 7],
    }),
    ["winograd 2×2", "winograd 4×4"],
  ],
  ["whole sums of 256 channels", inPairs(256, ...pair("x", "a")), ["winograd 2×2", "winograd 4×4"]],
  ["whole sums of more, which large tiles would miss", inPairs(260, ...pair("x", "a")), ["winograd 2×2"]],
  ["sums of so many that are not whole", inPairs(260, op("Sigmoid", "x", "a")), ["winograd 2×2", "winograd 4×4"]],
  ["channels that are no multiple of four", inPairs(66, ...pair("x", "a")), ["winograd 2×2", "winograd 4×4"]],
];

test.each(networks)("%s: Winograd's kernels only where sums stay exact", async (_, graph, winograd) => {
  const device = await requestNullDevice();
  const offered = new Set<string>();
  const chooseKernel = ({ operator }: { operator: string }, names: readonly string[]) => {
    if (/Conv/.test(operator)) for (const name of names) offered.add(name);
    return undefined;
  };
  const model = await loadModel(device, graph, { chooseKernel });
  expect([...offered].some((name) => name.startsWith("direct") || name.startsWith("implicit"))).toBe(true);
  expect([...offered].filter((name) => name.startsWith("winograd")).sort()).toEqual(winograd);
  model.dispose();
  device.dispose();
});

test.each([
  ["uint8", "array<f16>"],
  ["uint16", "array<f32>"],
] as const)("steps of %s between layers lie in %s: halves hold whole numbers up to 2,048", async (dtype, expected) => {
  const device = await requestNullDevice();
  const graph = graphOf({
    inputs: { x: [1, 4, 8, 8] },
    constants: { s: scale, z: Tensor.from(dtype, [], [0]), w: Tensor.filled("int8", [4, 4, 3, 3], 1) },
    nodes: [
      ...pair("x", "a"),
      op("DequantizeLinear", "w s", "weights"),
      op("Conv", "a weights", "b"),
      ...pair("b", "c"),
      op("Conv", "c weights", "d"),
      ...pair("d", "e"),
      op("MaxPool", "e", "f", { kernel_shape: [2, 2] }),
      op("Sigmoid", "f", "y"),
    ],
  });
  const model = await loadModel(device, graph, { precision: "float16" });
  const typeOf = (node: string) => model.plan.steps.find((step) => step.node === node && step.kernel !== "copy")?.shader.types["output"];
  expect(typeOf("c")).toBe(expected);
  // What moves larger steps takes the numbers that they stand for, which halves hold.
  expect(typeOf("f")).toBe("array<f16>");
  model.dispose();
  device.dispose();
});

test.each([{}, { known: [1] }])("what must be exact is no half: %o", async (options) => {
  const device = await requestNullDevice();
  const graph = graphOfCase({ operator: "ConvInteger", why: "", attributes, inputs: [image, weights], ...options });
  const model = await loadModel(device, graph, { precision: "float16" });
  const convolutions = model.plan.steps.filter(({ node }) => /Conv/.test(node));
  const types = convolutions.flatMap(({ shader }) => shader.types["output"] ?? []);
  expect(types.length).toBeGreaterThan(0);
  expect(new Set(types)).toEqual(new Set(["array<f32>"]));
  model.dispose();
  device.dispose();
});
