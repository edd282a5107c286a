// Whole graphs: what passes, layouts and shared buffers do must not show in any value. ONNX Runtime says what the values are.
import { expect, test } from "vitest";
import type { Device } from "../../src/engine/gpu/device.ts";
import type { Graph, Node } from "../../src/engine/graph/graph.ts";
import { type LoadOptions, loadModel } from "../../src/engine/model.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";
import { exampleInputs, runReference } from "../support/onnxruntime.ts";
import { expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

/** Compares the outputs of a plain run, and every value of a run that observes them all. */
async function expectSameValues(device: Device, graph: Graph, why: string, options: LoadOptions = {}): Promise<void> {
  const inputs = exampleInputs(graph);
  const { graph: typed } = inferGraph(graph, everything);
  const names = typed.nodes.flatMap(({ outputs }) => outputs);
  const expected = await runReference(graph, inputs, names);
  const values = (name: string) => expected.get(name)?.toFloat32() ?? expect.fail(`${why}: no '${name}'`);

  const model = await loadModel(device, graph, options);
  // Twice: what the first run left behind in shared buffers must not show either.
  model.run(inputs);
  model.run();
  for (const name of graph.outputs) expectClose(await model.read(name), values(name), `${why}: output '${name}'`);
  await model.observe("all");
  model.run();
  for (const name of names) expectClose(await model.read(name), values(name), `${why}: observed '${name}'`);
  model.dispose();
  expect(device.allocatedBytes, `${why}: after dispose`).toBe(0);
}

const same = { pads: [1, 1, 1, 1] };
const w = noise([2, 2, 3, 3], 2);
const wide = noise([2, 4, 3, 3], 3);
const mix = noise([2, 2, 1, 1], 4);
const constants = { w, wide, mix, wider: noise([2, 6, 3, 3], 5), bias: noise([2], 6), flat: ints(1, -1) };
const inputs = { x: [1, 2, 6, 7] };

const graphs: readonly { why: string; nodes: readonly Node[]; outputs?: readonly string[] }[] = [
  {
    why: "a dense block",
    nodes: [
      op("Exp", "x", "v0"),
      op("Conv", "v0 w", "n1", same),
      op("Concat", "v0 n1", "v1", { axis: 1 }),
      op("Conv", "v1 wide bias", "n2", same),
      op("Relu", "n2", "r2"),
      op("Concat", "v1 r2", "v2", { axis: 1 }),
      op("Conv", "v2 wider", "y", same),
    ],
  },
  {
    why: "residual blocks, one downsampling",
    nodes: [
      op("Conv", "x w bias", "a", same),
      op("Relu", "a", "b"),
      op("Conv", "b w", "c", same),
      op("Add", "c x", "d"),
      op("Relu", "d", "e"),
      op("Conv", "e w", "f", { ...same, strides: [2, 2] }),
      op("Conv", "e mix bias", "g", { strides: [2, 2] }),
      op("Add", "g f", "h"),
      op("Sigmoid", "h", "gate"),
      op("Mul", "gate h", "y"),
    ],
  },
  {
    why: "one value in two parts of one whole",
    nodes: [
      op("Exp", "x", "a"),
      op("Neg", "x", "b"),
      op("Abs", "x", "c"),
      op("Concat", "a b", "left", { axis: 1 }),
      op("Concat", "a c", "right", { axis: 1 }),
      op("Concat", "left right", "y", { axis: 1 }),
    ],
  },
  {
    why: "parts of parts that meet along rows, one of them convolved",
    nodes: [
      op("Conv", "x w", "a", same),
      op("Exp", "a", "e"),
      op("Concat", "a e", "inner", { axis: 1 }),
      op("Neg", "inner", "below"),
      op("Concat", "inner below", "y", { axis: 2 }),
      op("Conv", "a w", "n", same),
    ],
    outputs: ["y", "n"],
  },
  {
    why: "a value convolved twice with different borders, viewed, pooled and split",
    nodes: [
      op("Conv", "x w bias", "a", same),
      op("Conv", "a w", "b", { pads: [2, 0, 1, 3], dilations: [1, 2] }),
      op("Conv", "a wide5", "c", { pads: [2, 2, 2, 2] }),
      op("Reshape", "a flat", "view"),
      op("Softmax", "view", "y"),
      op("MaxPool", "a", "p", { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
      op("Split", "c", "s t", { axis: 1, num_outputs: 2 }),
      op("Mul", "t s", "z"),
    ],
    outputs: ["y", "b", "p", "z"],
  },
];

test.each(graphs)("$why", ({ why, nodes, outputs }) =>
  withDevice((device) =>
    expectSameValues(
      device,
      graphOf({ inputs, constants: { ...constants, wide5: noise([2, 2, 5, 5], 7) }, nodes, ...(outputs && { outputs }) }),
      why,
    ),
  ),
);

/** A graph of 14 random nodes over maps of one size; every map that nobody reads is an output. */
function randomGraph(seed: number): Graph {
  const numbers = noise([400], seed).toNumbers();
  let drawn = 0;
  const pick = <Item>(list: readonly Item[]) => list[Math.floor((((numbers[drawn++] as number) + 1) / 2) * list.length)] as Item;
  const channels = new Map([["x", 2]]);
  const tensors: Record<string, Tensor> = {
    two: Tensor.from("float32", [], [2]),
    six: Tensor.from("float32", [], [0.5]),
    low: Tensor.from("float32", [], [-0.5]),
  };
  const nodes: Node[] = [];
  const names = () => [...channels.keys()];
  const add = (node: Node, count: number): void => {
    nodes.push(node);
    channels.set(node.outputs[0] as string, count);
  };
  const constant = (name: string, tensor: Tensor): string => {
    tensors[name] = tensor;
    return name;
  };
  const kinds: readonly ((y: string, x: string, c: number) => void)[] = [
    (y, x, c) =>
      add(op("Conv", `${x} ${constant(`${y}.w`, noise([2, c, 3, 3], seed + drawn))} ${constant(`${y}.b`, noise([2], seed))}`, y, same), 2),
    (y, x, c) => add(op("Conv", `${x} ${constant(`${y}.w`, noise([2, c, 1, 1], seed + drawn))}`, y), 2),
    (y, x, c) => add(op("Conv", `${x} ${constant(`${y}.w`, noise([c, 1, 3, 3], seed + drawn))}`, y, { ...same, group: c }), c),
    (y, x, c) => add(op(pick(["Relu", "Sigmoid", "HardSwish", "LeakyRelu", "Tanh", "Identity", "Dropout"]), x, y), c),
    (y, x, c) => add(op("Clip", `${x} low six`, y), c),
    (y, x, c) => add(op(pick(["Mul", "Add"]), `${x} ${constant(`${y}.k`, noise([c, 1, 1], seed + drawn))}`, y), c),
    (y, x, c) => add(op("MaxPool", x, y, { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }), c),
    (y, x, c) => {
      const vector = (role: string, values: Tensor) => constant(`${y}.${role}`, values);
      const ones = Tensor.filled("float32", [c], 1);
      add(
        op(
          "BatchNormalization",
          `${x} ${vector("s", noise([c], seed))} ${vector("h", noise([c], seed + 1))} ${vector("m", noise([c], seed + 2))} ${vector("v", ones)}`,
          y,
        ),
        c,
      );
    },
    (y, x, c) => add(op("Add", `${x} ${pick(names().filter((name) => channels.get(name) === c))}`, y), c),
    (y, x, c) => {
      const other = pick(names());
      const total = c + (channels.get(other) as number);
      if (total <= 6) add(op("Concat", `${x} ${other}`, y, { axis: 1 }), total);
    },
  ];
  for (let i = 0; i < 14; i++) {
    const recent = names().slice(-3);
    const x = pick(recent);
    pick(kinds)(`v${i}`, x, channels.get(x) as number);
  }
  const read = new Set(nodes.flatMap((node) => node.inputs));
  const outputs = names().filter((name) => name !== "x" && !read.has(name));
  return graphOf({ inputs, constants: tensors, nodes, outputs });
}

test("random graphs", () =>
  withDevice(async (device) => {
    for (let seed = 1; seed <= 24; seed++) await expectSameValues(device, randomGraph(seed * 1000), `seed ${seed}`);
  }));

test("random graphs with the last and most general kernel, or the one before it", () =>
  withDevice(async (device) => {
    for (let seed = 25; seed <= 48; seed++)
      await expectSameValues(device, randomGraph(seed * 1000), `seed ${seed}`, {
        chooseKernel: (_, names) => names.at(-1 - (seed % Math.min(2, names.length))),
      });
  }));
