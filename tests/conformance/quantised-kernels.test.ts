// Which kernels quantised networks may take on a GPU: on Dawn's null adapter, which plans like any other and computes nothing.
import { expect, test } from "vitest";
import type { Graph } from "../../src/engine/graph/graph.ts";
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

const networks: readonly (readonly [string, Graph, winograd: boolean])[] = [
  [
    "Conv",
    graphOf({ inputs: { x: [1, 64, 32, 32] }, constants: { w: noise([64, 64, 3, 3]) }, nodes: [op("Conv", "x w", "y", attributes)] }),
    true,
  ],
  ["ConvInteger", graphOfCase({ operator: "ConvInteger", why: "", attributes, inputs: [image, weights] }), false],
  [
    "ConvInteger, weights known",
    graphOfCase({ operator: "ConvInteger", why: "", attributes, inputs: [image, weights], known: [1] }),
    false,
  ],
  [
    "QLinearConv with sums that must be exact",
    graphOfCase({
      operator: "QLinearConv",
      why: "",
      attributes,
      inputs: [image, scale, zeros("uint8"), weights, scale, zeros("int8"), scale, zeros("uint8")],
    }),
    false,
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
    false,
  ],
];

test.each(networks)("%s: sums that must be exact, and weights in bytes, have no Winograd", async (_, graph, hasWinograd) => {
  const device = await requestNullDevice();
  const offered = new Set<string>();
  const chooseKernel = ({ operator }: { operator: string }, names: readonly string[]) => {
    if (/Conv/.test(operator)) for (const name of names) offered.add(name);
    return undefined;
  };
  const model = await loadModel(device, graph, { chooseKernel });
  expect([...offered].some((name) => name.startsWith("direct") || name.startsWith("implicit"))).toBe(true);
  expect([...offered].some((name) => name.startsWith("winograd"))).toBe(hasWinograd);
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
