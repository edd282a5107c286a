// How much each pixel moves an element, as the element answers, against central differences in float64.
import { expect, test } from "vitest";
import { loadModel } from "../../src/engine/model.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import type { Axes } from "../../src/engine/shapes.ts";
import { fromTensor, type NdArray } from "../../src/reference/array.ts";
import { evaluateGraph } from "../../src/reference/evaluate.ts";
import { answerInfluence, type Influence } from "../../src/ui/elements/influence.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

const constants = { w: noise([4, 3, 3, 3]), b: noise([4], 3), v: noise([2, 4, 3, 3], 2) };
const layers = [op("Conv", "x w b", "a", { pads: [1, 1, 1, 1], strides: [2, 2] }), op("Tanh", "a", "t"), op("Conv", "t v", "y")];
const networks = {
  nchw: graphOf({ inputs: { x: [1, 3, 10, 8] }, constants, nodes: layers }),
  nhwc: graphOf({
    inputs: { p: [1, 10, 8, 3] },
    constants,
    nodes: [op("Transpose", "p", "x", { perm: [0, 3, 1, 2] }), ...layers],
  }),
};

test.each(["nchw", "nhwc"] as const)("%s: the share of every pixel, and the rows and columns of nine tenths of all", (kind) =>
  withDevice(async (device) => {
    const graph = networks[kind];
    const model = await loadModel(device, graph);
    const [input] = model.inputs;
    if (!input) throw new Error("no input");
    const x = noise(input.shape, 7);
    model.run({ [input.name]: x });
    const axes = new Map<string, Axes>(kind === "nhwc" ? [["p", "nhwc"]] : []);
    const source = { model, axes, imageInputName: input.name, kept: new Map() };
    const { graph: typed } = inferGraph(graph, everything);
    const y = async (data: Float64Array): Promise<NdArray> => {
      const values = new Map<string, NdArray>([[input.name, { ...fromTensor(x), data }]]);
      await evaluateGraph(typed, values, {
        onNode: ({ outputs }, _, arrays) => outputs.forEach((name, i) => values.set(name, arrays[i] as NdArray)),
      });
      return values.get("y") as NdArray;
    };
    const own = Float64Array.from(x.toNumbers());
    for (const point of [
      { channel: 1, y: 2, x: 1 },
      { channel: 0, y: 0, x: 0 },
    ]) {
      const at = (point.channel * 3 + point.y) * 2 + point.x;
      const sizes = new Float64Array(10 * 8);
      for (let i = 0; i < own.length; i++) {
        const moved = async (by: number) => (await y(own.with(i, (own[i] as number) + by))).data[at] as number;
        const place = kind === "nhwc" ? Math.floor(i / 3) : i % (10 * 8);
        sizes[place] = (sizes[place] as number) + Math.abs((await moved(1e-4)) - (await moved(-1e-4))) / 2e-4;
      }
      const largest = Math.max(...sizes);
      const influence = (await answerInfluence(source, { kind: "influence", value: "y", point })) as Influence;
      expect(influence.largest).toBeCloseTo(largest, 4);
      influence.shares.forEach((share, i) => void expect(share).toBeCloseTo((sizes[i] as number) / largest, 4));
      // No twentieth of the whole lies before the core, or behind it.
      const total = sizes.reduce((a, b) => a + b, 0);
      const sumOf = (isIn: (row: number, column: number) => boolean) =>
        sizes.reduce((sum, size, i) => sum + (isIn(Math.floor(i / 8), i % 8) ? size : 0), 0);
      const { y: rows = [0, 0], x: columns = [0, 0] } = influence.core ?? {};
      for (const [begin, isBefore] of [
        [rows[0], (first: number) => (row: number) => row < first],
        [columns[0], (first: number) => (_: number, column: number) => column < first],
      ] as const) {
        expect(sumOf(isBefore(begin))).toBeLessThanOrEqual(total / 20);
        expect(sumOf(isBefore(begin + 1))).toBeGreaterThan(total / 20);
      }
      expect(sumOf((row) => row >= rows[1])).toBeLessThanOrEqual(total / 20);
      expect(sumOf((_, column) => column >= columns[1])).toBeLessThanOrEqual(total / 20);
    }
    const before = device.allocatedBytes;
    expect(await answerInfluence(source, { kind: "influence", value: undefined, point: { channel: 0, y: 0, x: 0 } })).toBeUndefined();
    expect(device.allocatedBytes).toBeLessThan(before);
    model.dispose();
  }),
);

test("where nothing moves the element there is no core, and what has no gradient is said", () =>
  withDevice(async (device) => {
    const nodes = [op("Conv", "x w b", "a"), op("Relu", "a", "y"), op("Mod", "a m", "z", { fmod: 1 })];
    const m = noise([1], 1);
    const model = await loadModel(
      device,
      graphOf({ inputs: { x: [1, 3, 8, 8] }, constants: { ...constants, m }, nodes, outputs: ["y", "z"] }),
    );
    model.run({ x: noise([1, 3, 8, 8], 4) });
    const maps = (await model.read("y")).toNumbers();
    const off = maps.indexOf(0);
    expect(off).toBeGreaterThanOrEqual(0);
    const source = { model, axes: new Map<string, Axes>(), imageInputName: "x", kept: new Map() };
    const point = { channel: Math.floor(off / 36), y: Math.floor((off % 36) / 6), x: off % 6 };
    const influence = await answerInfluence(source, { kind: "influence", value: "y", point });
    expect([influence?.largest, influence?.core]).toEqual([0, undefined]);
    await expect(answerInfluence(source, { kind: "influence", value: "z", point })).rejects.toThrow("Mod");
    model.dispose();
  }));
