// What becomes one node computes what ONNX Runtime computes of several, and Transposes that cancel are missed by nobody.
import { expect, test } from "vitest";
import type { Device } from "../../src/engine/gpu/device.ts";
import type { Graph, Node } from "../../src/engine/graph/graph.ts";
import { loadModel } from "../../src/engine/model.ts";
import { optimizeGraph } from "../../src/engine/passes/index.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";
import { activationCases, convolutionCases, line, normalizationCases, productCases } from "../support/idiom-cases.ts";
import { exampleInputs, runReference } from "../support/onnxruntime.ts";
import { expectClose } from "../support/reference.ts";
import { transposeCases } from "../support/transpose-cases.ts";
import { withDevice } from "../support/with-device.ts";

/** Compares outputs, then every value while some, or all, are observed. */
async function expectReference(device: Device, graph: Graph, why: string, watched: readonly (readonly string[] | "all")[]): Promise<void> {
  const inputs = exampleInputs(graph);
  const names = graph.nodes.flatMap(({ outputs }) => outputs);
  const expected = await runReference(graph, inputs, names);
  const values = (name: string) => expected.get(name)?.toFloat32() ?? expect.fail(`${why}: no '${name}'`);
  const model = await loadModel(device, graph);
  model.run(inputs);
  for (const name of graph.outputs) expectClose(await model.read(name), values(name), `${why}: output '${name}'`);
  for (const some of watched) {
    await model.observe(some);
    model.run();
    for (const name of some === "all" ? names : some) expectClose(await model.read(name), values(name), `${why}: observed '${name}'`);
  }
  model.dispose();
}

test.each([...activationCases, ...convolutionCases, ...normalizationCases, ...productCases, ...transposeCases])("$why", ({ why, graph }) =>
  withDevice((device) => expectReference(device, graph, why, ["all"])),
);

/** Numbers as 0…1, one after the other. */
function drawing(seed: number): () => number {
  const numbers = noise([500], seed).toNumbers();
  let drawn = 0;
  return () => ((numbers[drawn++] as number) + 1) / 2;
}

/** Convolutions between Transposes, and around them what TensorFlow has in its own order of axes. Every map has 4 channels, which come last, or 1. */
function randomGraph(seed: number): { graph: Graph; maps: readonly string[] } {
  const draw = drawing(seed);
  const pick = <Item>(list: readonly Item[]) => list[Math.floor(draw() * list.length)] as Item;
  const constants: Record<string, Tensor> = {
    bias: noise([4], seed),
    places: noise([5, 6, 1], seed),
    two: Tensor.from("float32", [], [2]),
  };
  const nodes: Node[] = [];
  const maps = ["x"];
  const constant = (name: string, tensor: Tensor): string => {
    constants[name] = tensor;
    return name;
  };
  const kinds: readonly ((y: string, x: string, other: string) => void)[] = [
    (y, x) => {
      const w = constant(`${y}.w`, noise([4, 4, 3, 3], seed + nodes.length));
      nodes.push(op("Transpose", x, `${y}.t`, { perm: [0, 3, 1, 2] }), op("Conv", `${y}.t ${w}`, `${y}.c`, { pads: [1, 1, 1, 1] }));
      nodes.push(op("Transpose", `${y}.c`, y, { perm: [0, 2, 3, 1] }));
    },
    (y, x) => nodes.push(line(`${pick(["Relu", "Sigmoid", "Tanh"])} ${x} ${y}`)),
    (y, x) => nodes.push(line(`${pick(["Add", "Mul", "Sub"])} ${pick(["bias", "places", "two"])} ${x} ${y}`)),
    (y, x, other) => nodes.push(line(`${pick(["Add", "Mul", "Max"])} ${x} ${other} ${y}`)),
    (y, x, other) => {
      const w = constant(`${y}.w`, noise([4, 8, 1, 1], seed + nodes.length));
      nodes.push(op("Concat", `${x} ${other}`, `${y}.n`, { axis: pick([3, -1]) }));
      nodes.push(op("Transpose", `${y}.n`, `${y}.t`, { perm: [0, 3, 1, 2] }), op("Conv", `${y}.t ${w}`, `${y}.c`));
      nodes.push(op("Transpose", `${y}.c`, y, { perm: [0, 2, 3, 1] }));
    },
    (y, x) => nodes.push(op("ReduceMean", `${x} ${constant(`${y}.axes`, ints(1, 2))}`, `${y}.m`), line(`Mul ${y}.m ${x} ${y}`)),
    (y, x) => nodes.push(op("Softmax", x, y, { axis: pick([1, 3]) })),
    (y, x) => nodes.push(line(`Sigmoid ${x} ${y}.g`), line(`Mul ${x} ${y}.g ${y}`)),
  ];
  for (let i = 0; i < 12; i++) {
    const recent = maps.slice(-3);
    pick([...kinds, kinds[0] as (typeof kinds)[0]])(`v${i}`, pick(recent), pick(maps));
    maps.push(`v${i}`);
  }
  const read = new Set(nodes.flatMap((node) => node.inputs));
  const outputs = maps.filter((name) => name !== "x" && !read.has(name));
  return { graph: graphOf({ inputs: { x: [1, 5, 6, 4] }, constants, nodes, outputs }), maps: maps.slice(1) };
}

test("random networks in TensorFlow's order, with some values observed or all", () =>
  withDevice(async (device) => {
    const moves = { before: 0, after: 0 };
    for (let seed = 1; seed <= 20; seed++) {
      const { graph, maps } = randomGraph(seed * 1000);
      const count = ({ nodes }: Graph) => nodes.filter(({ operator }) => operator === "Transpose").length;
      moves.before += count(graph);
      moves.after += count(optimizeGraph(graph, everything, { keep: new Set() }).graph);
      await expectReference(device, graph, `seed ${seed}`, [[maps[seed % maps.length] as string, maps[3] as string], "all"]);
    }
    expect(moves.after).toBeLessThan(moves.before * 0.8);
  }));
