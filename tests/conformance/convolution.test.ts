// Every convolution kernel on every case that it accepts, with its layout and epilogue, against a plain loop.
import { expect, test } from "vitest";
import { Device } from "../../src/engine/gpu/device.ts";
import type { AttributeValue, Graph, Node } from "../../src/engine/graph/graph.ts";
import { loadModel } from "../../src/engine/model.ts";
import type { Target } from "../../src/engine/ops/operator.ts";
import { optimizeGraph } from "../../src/engine/passes/index.ts";
import { planGraph } from "../../src/engine/plan/planner.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { resolveWindow } from "../../src/engine/window.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { convolve, expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

interface Case {
  readonly why: string;
  readonly x: readonly number[];
  /** [outC, inC / group, …kernel] */
  readonly w: readonly number[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly hasBias?: boolean;
  /** Families of kernels that must be among those on offer; whatever else is on offer is run as well. */
  readonly kernels?: readonly string[];
}

const same = { pads: [1, 1, 1, 1] };

const cases: readonly Case[] = [
  { why: "channels, rows and columns that end inside a block; two pictures", x: [2, 5, 9, 11], w: [7, 5, 3, 3], attributes: same },
  { why: "no bias, no border", x: [1, 3, 6, 6], w: [3, 3, 3, 3], hasBias: false },
  { why: "the whole map at once", x: [2, 3, 5, 4], w: [3, 3, 5, 4] },
  { why: "one input channel, one output channel", x: [1, 1, 6, 7], w: [1, 1, 3, 3], attributes: same },
  {
    why: "stride 2 with the odd pad at the end",
    x: [1, 2, 8, 9],
    w: [2, 2, 3, 3],
    attributes: { strides: [2, 2], auto_pad: "SAME_UPPER" },
  },
  { why: "an even kernel with the odd pad at the start", x: [1, 2, 7, 6], w: [2, 2, 4, 2], attributes: { auto_pad: "SAME_LOWER" } },
  { why: "pads ignored under VALID", x: [1, 2, 7, 6], w: [2, 2, 3, 3], attributes: { ...same, auto_pad: "VALID" } },
  { why: "the stem of a ResNet", x: [1, 3, 17, 19], w: [2, 3, 7, 7], attributes: { strides: [2, 2], pads: [3, 3, 3, 3] } },
  { why: "the stem of an AlexNet", x: [1, 3, 31, 27], w: [2, 3, 11, 11], attributes: { strides: [4, 4], pads: [2, 2, 2, 2] } },
  { why: "a stride beyond the kernel", x: [1, 2, 13, 11], w: [2, 2, 3, 3], attributes: { strides: [4, 3] } },
  { why: "dilation and four different pads", x: [1, 3, 9, 10], w: [2, 3, 3, 3], attributes: { dilations: [2, 3], pads: [0, 1, 2, 3] } },
  {
    why: "dilation and stride at once",
    x: [1, 2, 11, 12],
    w: [2, 2, 3, 2],
    attributes: { dilations: [3, 2], strides: [2, 3], pads: [3, 1, 2, 0] },
  },
  { why: "five taps a side", x: [1, 4, 9, 9], w: [2, 4, 5, 5], attributes: { pads: [2, 2, 2, 2] } },
  { why: "a kernel that is a row", x: [1, 3, 5, 12], w: [2, 3, 1, 7], attributes: { pads: [0, 3, 0, 3] } },
  { why: "a kernel that is a column", x: [1, 3, 12, 5], w: [2, 3, 7, 1], attributes: { pads: [3, 0, 3, 0], strides: [2, 1] } },
  { why: "two groups", x: [2, 6, 6, 5], w: [6, 3, 3, 3], attributes: { ...same, group: 2 } },
  { why: "one tap", x: [2, 5, 5, 7], w: [19, 5, 1, 1], kernels: ["pointwise", "general"] },
  {
    why: "one tap, every second pixel",
    x: [1, 6, 7, 8],
    w: [4, 6, 1, 1],
    attributes: { strides: [2, 2] },
    kernels: ["pointwise", "general"],
  },
  {
    why: "one tap inside a border",
    x: [1, 3, 4, 5],
    w: [4, 3, 1, 1],
    attributes: { pads: [1, 0, 2, 1] },
    kernels: ["pointwise", "general"],
  },
  { why: "one tap, three groups", x: [1, 9, 4, 4], w: [6, 3, 1, 1], attributes: { group: 3 }, kernels: ["pointwise", "general"] },
  { why: "a filter per channel", x: [2, 5, 9, 10], w: [5, 1, 3, 3], attributes: { ...same, group: 5 }, kernels: ["depthwise", "general"] },
  {
    why: "three filters per channel, strided",
    x: [1, 4, 9, 9],
    w: [12, 1, 5, 5],
    attributes: { pads: [2, 2, 2, 2], strides: [2, 2], group: 4 },
    kernels: ["depthwise", "general"],
  },
  {
    why: "a filter per channel, dilated down and across",
    x: [1, 3, 12, 13],
    w: [3, 1, 3, 3],
    attributes: { pads: [2, 2, 2, 2], dilations: [2, 2], group: 3 },
  },
  {
    why: "a filter per channel, dilated across only",
    x: [1, 3, 7, 13],
    w: [3, 1, 2, 3],
    attributes: { pads: [0, 2, 1, 2], dilations: [1, 2], group: 3 },
    kernels: ["depthwise", "general"],
  },
  {
    why: "a filter per channel, more rows than one strip has",
    x: [1, 3, 61, 9],
    w: [3, 1, 3, 3],
    attributes: { ...same, group: 3 },
    kernels: ["depthwise", "general"],
  },
  {
    why: "a filter per channel, a stride beyond the kernel",
    x: [1, 2, 13, 11],
    w: [2, 1, 2, 3],
    attributes: { strides: [4, 4], group: 2 },
    kernels: ["depthwise", "general"],
  },
  { why: "one axis", x: [2, 3, 13], w: [5, 3, 5], attributes: { pads: [1, 3], strides: [2], dilations: [2] } },
  {
    why: "one axis, a filter per channel",
    x: [1, 4, 9],
    w: [4, 1, 3],
    attributes: { pads: [1, 1], group: 4 },
    kernels: ["depthwise", "general"],
  },
  { why: "one axis, one tap", x: [1, 4, 9], w: [3, 4, 1], kernels: ["pointwise", "general"] },
  {
    why: "three axes",
    x: [1, 2, 4, 5, 6],
    w: [3, 2, 2, 3, 3],
    attributes: { pads: [0, 1, 1, 1, 1, 1], strides: [1, 2, 1] },
    kernels: ["general"],
  },
  { why: "negative pads", x: [1, 2, 7, 8], w: [3, 2, 3, 3], attributes: { pads: [-1, 1, 1, -2] }, kernels: ["general"] },
];

function kernelsFor(graph: Graph, target: Target): readonly string[] {
  const { graph: optimized, operations } = optimizeGraph(graph, everything, { keep: new Set() });
  let found: readonly string[] = [];
  planGraph(optimized, operations, {
    target,
    chooseKernel: ({ operator }, names) => {
      if (operator === "Conv") found = names;
      return undefined;
    },
  });
  return found;
}

/** Runs `graph` with each kernel that its convolution has. */
async function expectAllKernels(
  device: Device,
  graph: Graph,
  inputs: Record<string, Tensor>,
  expected: number[],
  why: string,
): Promise<void> {
  for (const kernel of kernelsFor(graph, device.target)) {
    const model = await loadModel(device, graph, { chooseKernel: ({ operator }) => (operator === "Conv" ? kernel : undefined) });
    model.run(inputs);
    expectClose(await model.read(graph.outputs[0] as string), expected, `${why}, ${kernel}`);
    model.dispose();
  }
}

function windowOf({ x, w, attributes = {} }: Case) {
  return resolveWindow(x.slice(2), {
    kernel: w.slice(2),
    strides: attributes["strides"] as number[],
    dilations: attributes["dilations"] as number[],
    pads: attributes["pads"] as number[],
    autoPad: (attributes["auto_pad"] as string) ?? "NOTSET",
  });
}

test.each(["the adapter", "a wide GPU"])("every kernel for %s agrees with a plain loop on every case that it accepts", (target) =>
  withDevice(async (own) => {
    const device = target === "the adapter" ? own : new Device(own.gpu, own.info);
    for (const oneCase of cases) {
      const { why, attributes = {}, hasBias = true, kernels = ["direct", "general"] } = oneCase;
      const [x, w, b] = [noise(oneCase.x), noise(oneCase.w, 2), noise([oneCase.w[0] as number], 3)];
      const graph = graphOf({
        inputs: { x: oneCase.x },
        constants: { w, b },
        nodes: [op("Conv", hasBias ? "x w b" : "x w", "y", attributes)],
      });
      const families = kernelsFor(graph, device.target).map((name) => name.split(" ")[0]);
      expect(families, why).toEqual(expect.arrayContaining([...kernels]));
      const expected = convolve(x, w, hasBias ? b : undefined, windowOf(oneCase), (attributes["group"] as number) ?? 1);
      await expectAllKernels(device, graph, { x }, expected, why);
    }
  }),
);

test("weights and bias that are computed", () =>
  withDevice(async (device) => {
    const oneCase: Case = { why: "computed", x: [1, 3, 6, 7], w: [5, 3, 3, 3], attributes: same };
    const inputs = { x: noise(oneCase.x), w: noise(oneCase.w, 2), b: noise([5], 3) };
    const shapes = { x: oneCase.x, w: oneCase.w, b: [5] };
    const graph = graphOf({ inputs: shapes, nodes: [op("Conv", "x w b", "y", same)] });
    await expectAllKernels(device, graph, inputs, convolve(inputs.x, inputs.w, inputs.b, windowOf(oneCase), 1), oneCase.why);
  }));

const clip = (x: number, low: number, high: number) => Math.min(high, Math.max(low, x));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const activations: readonly { name: string; nodes: readonly Node[]; f: (x: number) => number }[] = [
  { name: "none", nodes: [], f: (x) => x },
  { name: "Relu", nodes: [op("Relu", "v", "y")], f: (x) => Math.max(0, x) },
  { name: "Clip", nodes: [op("Clip", "v low high", "y")], f: (x) => clip(x, -0.5, 0.75) },
  { name: "LeakyRelu", nodes: [op("LeakyRelu", "v", "y", { alpha: 0.2 })], f: (x) => (x < 0 ? 0.2 * x : x) },
  { name: "Sigmoid", nodes: [op("Sigmoid", "v", "y")], f: sigmoid },
  { name: "HardSigmoid", nodes: [op("HardSigmoid", "v", "y", { alpha: 0.3, beta: 0.4 })], f: (x) => clip(0.3 * x + 0.4, 0, 1) },
  { name: "HardSwish", nodes: [op("HardSwish", "v", "y")], f: (x) => x * clip(x / 6 + 0.5, 0, 1) },
  { name: "SiLU", nodes: [op("Sigmoid", "v", "g"), op("Mul", "v g", "y")], f: (x) => x * sigmoid(x) },
];

test.each([false, true])("every activation in the epilogue of every kernel, with a residual: %s", (hasResidual) =>
  withDevice(async (device) => {
    const layers: readonly Case[] = [
      // One channel per block: the same code, less of it to compile.
      { why: "direct", x: [1, 2, 5, 6], w: [1, 2, 2, 2], attributes: { pads: [1, 0, 0, 1] } },
      { why: "pointwise", x: [1, 2, 5, 6], w: [1, 2, 1, 1] },
      { why: "depthwise", x: [1, 2, 5, 6], w: [2, 1, 2, 2], attributes: { pads: [1, 0, 0, 1], group: 2 } },
      { why: "winograd", x: [1, 2, 5, 6], w: [1, 2, 3, 3], attributes: same },
    ];
    for (const layer of layers)
      for (const { name, nodes, f } of activations) {
        const channels = layer.w[0] as number;
        const shape = [1, channels, 5, 6];
        const [x, w, b, r] = [noise(layer.x), noise(layer.w, 2), noise([channels], 3), noise(shape, 4)];
        const last = nodes.length > 0 ? "v" : "y";
        const graph = graphOf({
          inputs: { x: layer.x, r: shape },
          constants: { w, b, low: Tensor.from("float32", [], [-0.5]), high: Tensor.from("float32", [], [0.75]) },
          nodes: [
            op("Conv", "x w b", hasResidual ? "c" : last, layer.attributes ?? {}),
            ...(hasResidual ? [op("Add", "r c", last)] : []),
            ...nodes,
          ],
        });
        const why = `${layer.why}, ${name}`;
        expect(optimizeGraph(graph, everything, { keep: new Set() }).graph.nodes.length, `${why}: nodes after fusion`).toBe(1);
        const added = r.toFloat32();
        const sums = convolve(x, w, b, windowOf(layer), (layer.attributes?.["group"] as number) ?? 1);
        const expected = sums.map((sum, i) => f(sum + (hasResidual ? (added[i] as number) : 0)));
        await expectAllKernels(device, graph, { x, r }, expected, why);
      }
  }),
);

test("what is not a number stays so behind Relu: a network that diverged must look it", () =>
  withDevice(async (device) => {
    const graph = graphOf({
      inputs: { x: [1, 2, 5, 6] },
      constants: { w: noise([2, 2, 3, 3]) },
      nodes: [op("Conv", "x w", "v"), op("Relu", "v", "y")],
    });
    for (const kernel of kernelsFor(graph, device.target)) {
      const model = await loadModel(device, graph, { chooseKernel: () => kernel });
      model.run({ x: Tensor.float32([1, 2, 5, 6], new Float32Array(60).fill(Number.NaN)) });
      expect([...(await model.read("y")).toFloat32()].every(Number.isNaN), kernel).toBe(true);
      model.dispose();
    }
  }));
