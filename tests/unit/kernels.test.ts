// Which weights of a layer are seen as its kernels, against plain loops over the weights as ONNX has them.
import { describe, expect, it } from "vitest";
import type { Node } from "../../src/engine/graph/graph.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { type Shape, sizeOf } from "../../src/engine/shapes.ts";
import { summarize } from "../../src/engine/summary.ts";
import { kernelPixels, layoutKernels } from "../../src/ui/instrument/kernel-pixels.ts";
import { captionOf, inputTitles, readoutOf } from "../../src/ui/instrument/kernel-words.ts";
import { kernelRow } from "../../src/ui/kernels/find.ts";
import { pickKernels } from "../../src/ui/kernels/pick.ts";
import type { InputChoice, Kernels } from "../../src/ui/kernels/request.ts";
import { viewWeights, type WeightsFacts } from "../../src/ui/kernels/weights.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, noise, op } from "../support/graphs.ts";

describe("kernelRow", () => {
  const rowOf = (value: string, ...nodes: readonly Node[]) => {
    const constants = { w: noise([3, 3, 1, 1]), p: noise([3]), q: noise([3, 1, 1]), g: noise([192, 5]), b: noise([5]) };
    const used = new Set(nodes.flatMap(({ inputs }) => inputs));
    const graph = graphOf({ constants: Object.fromEntries(Object.entries(constants).filter(([name]) => used.has(name))), nodes });
    return kernelRow(summarize(graph, inferGraph(graph, everything)).layers, value)?.name;
  };
  const conv = op("Conv", "x w", "c");
  const dense = [conv, op("Flatten", "c", "f"), op("MatMul", "f g", "m"), op("Add", "m b", "y")];
  const cases: readonly { why: string; value: string; nodes: readonly Node[]; expected: string | undefined }[] = [
    { why: "a convolution has its own", value: "c", nodes: [conv], expected: "c" },
    {
      why: "an activation behind a normalisation",
      value: "r",
      nodes: [conv, op("BatchNormalization", "c p p p p", "n"), op("Relu", "n", "r")],
      expected: "c",
    },
    { why: "a bias that was added", value: "a", nodes: [conv, op("Add", "c q", "a")], expected: "c" },
    { why: "x · sigmoid(x)", value: "y", nodes: [conv, op("Sigmoid", "c", "s"), op("Mul", "c s", "y")], expected: "c" },
    { why: "a matrix with a bias", value: "y", nodes: dense, expected: "m" },
    { why: "a pool has none", value: "m", nodes: [conv, op("GlobalAveragePool", "c", "m")], expected: undefined },
    { why: "a sum of two layers has none", value: "y", nodes: [conv, op("Conv", "c w", "d"), op("Add", "c d", "y")], expected: undefined },
    {
      why: "computed kernels are none",
      value: "y",
      nodes: [op("Relu", "x", "k"), op("Conv", "x k", "y", { kernel_shape: [8, 8] })],
      expected: undefined,
    },
    { why: "an input has none", value: "x", nodes: [conv], expected: undefined },
  ];
  it.each(cases)("$why", ({ value, nodes, expected }) => expect(rowOf(value, ...nodes)).toBe(expected));
});

const numbersOf = (shape: Shape) => Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1 + i * 1.7) * (1 + (i % 5)));

function kernelsOf(facts: Partial<WeightsFacts> & { readonly shape: Shape }, input?: InputChoice, isPicture = false): Kernels {
  const view = viewWeights({ operator: "Conv", groups: 1, isTransposed: false, ...facts });
  if (!view) throw new Error("no kernels");
  const picked = pickKernels(numbersOf(facts.shape), view, input, isPicture);
  const { outputs, inputs } = view;
  return { node: "n", operator: facts.operator ?? "Conv", weight: "w", shape: facts.shape, outputs, inputs, isPicture, ...picked };
}

describe("the kernels of a layer", () => {
  it("are filters in colours where it reads a picture", () => {
    const kernels = kernelsOf({ shape: [4, 3, 2, 2] }, undefined, true);
    expect([kernels.pick, kernels.planes, kernels.tiles]).toEqual(["colors", 3, 4]);
    expect([...kernels.numbers]).toEqual([...numbersOf([4, 3, 2, 2])]);
  });

  it("are those of the strongest input channel of each, the mean of all, or one that is chosen", () => {
    const shape = [3, 5, 2, 3];
    const weights = numbersOf(shape);
    const kernel = (o: number, i: number) => [...weights.subarray((o * 5 + i) * 6, (o * 5 + i + 1) * 6)];
    const energy = (o: number, i: number) => kernel(o, i).reduce((sum, w) => sum + w * w, 0);
    const best = [0, 1, 2].map((o) => [0, 1, 2, 3, 4].reduce((most, i) => (energy(o, i) > energy(o, most) ? i : most)));
    const strongest = kernelsOf({ shape });
    expect([strongest.pick, strongest.channels]).toEqual(["strongest", best]);
    expect([...strongest.numbers]).toEqual(best.flatMap((i, o) => kernel(o, i)));
    const mean = kernelsOf({ shape }, "mean");
    mean.numbers.forEach((number, at) => {
      const [o, tap] = [Math.floor(at / 6), at % 6];
      expect(number).toBeCloseTo([0, 1, 2, 3, 4].reduce((sum, i) => sum + (kernel(o, i)[tap] as number), 0) / 5, 5);
    });
    const one = kernelsOf({ shape }, 4);
    expect([one.pick, one.channels]).toEqual(["one", [4, 4, 4]]);
    expect([...one.numbers]).toEqual([0, 1, 2].flatMap((o) => kernel(o, 4)));
    expect(one.largest).toBe(Math.max(...one.numbers.map(Math.abs)));
  });

  it("are all that there is of a depthwise convolution, and of groups the input channels have their own numbers", () => {
    const depthwise = kernelsOf({ shape: [4, 1, 3, 3], groups: 4 });
    expect([depthwise.pick, depthwise.channels]).toEqual(["only", [0, 1, 2, 3]]);
    const grouped = kernelsOf({ shape: [4, 2, 1, 2], groups: 2 }, 1);
    expect(grouped.channels).toEqual([1, 1, 3, 3]);
  });

  it("lie the other way round in a ConvTranspose", () => {
    // [inputs, outputs of a group, rows, columns] in two groups: of 4 inputs and 6 outputs each reads 2.
    const shape = [4, 3, 1, 2];
    const weights = numbersOf(shape);
    const kernels = kernelsOf({ operator: "ConvTranspose", shape, groups: 2 }, 1);
    expect([kernels.outputs, kernels.inputs, kernels.channels]).toEqual([6, 2, [1, 1, 1, 3, 3, 3]]);
    const expected = Array.from({ length: 6 }, (_, o) => {
      const input = Math.floor(o / 3) * 2 + 1;
      return [0, 1].map((tap) => weights[(input * 3 + (o % 3)) * 2 + tap]);
    });
    expect([...kernels.numbers]).toEqual(expected.flat());
  });

  it.each([false, true])("of a dense layer are maps as it reads them, transposed: %s", (isTransposed) => {
    const [units, channels, rows, columns] = [2, 3, 2, 2];
    const inputs = channels * rows * columns;
    const shape = isTransposed ? [units, inputs] : [inputs, units];
    const weights = numbersOf(shape);
    const weight = (unit: number, i: number) => weights[isTransposed ? unit * inputs + i : i * units + unit];
    const kernels = kernelsOf({ operator: "Gemm", shape, isTransposed, maps: [channels, rows, columns] }, 2);
    expect([...kernels.numbers]).toEqual([0, 1].flatMap((unit) => [0, 1, 2, 3].map((tap) => weight(unit, 2 * 4 + tap))));
  });

  it("of one weight for each input are tiles of all inputs, which may have more places", () => {
    const kernels = kernelsOf({ operator: "MatMul", shape: [7, 2] });
    expect([kernels.pick, kernels.rows, kernels.columns]).toEqual(["all", 3, 3]);
    const weights = numbersOf([7, 2]);
    expect([...kernels.numbers.subarray(9, 16)]).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => weights[i * 2 + 1]));
    expect([...kernels.numbers.subarray(16)]).toEqual([Number.NaN, Number.NaN]);
    expect(readoutOf(kernels, { channel: 1, y: 0, x: 2 }, String)).toBe(`unit 1 · input 2 · ${weights[5]}`);
    expect(readoutOf(kernels, { channel: 1, y: 2, x: 2 }, String)).toBeUndefined();
  });

  it("are as many as can be drawn", () => {
    const kernels = kernelsOf({ operator: "MatMul", shape: [4096, 400] });
    expect([kernels.outputs, kernels.tiles]).toEqual([400, 244]);
    expect(captionOf(kernels)).toContain("The first 244 of 400 units: 4,096 weights each");
  });

  it("have the colours of their signs, or those of the picture", () => {
    const signs = { ...kernelsOf({ shape: [1, 1, 1, 3] }), numbers: Float32Array.of(2, 0, -2), largest: 2 };
    const pixels = kernelPixels(signs, 0, false);
    expect([...pixels]).toEqual([156, 30, 18, 255, 247, 247, 247, 255, 11, 58, 140, 255]);
    const filter = {
      ...kernelsOf({ shape: [1, 3, 1, 1] }),
      numbers: Float32Array.of(1, 0, -1),
      planes: 3,
      rows: 1,
      columns: 1,
      largest: 1,
    };
    expect([...kernelPixels(filter, 0, false)]).toEqual([255, 128, 0, 255]);
    expect([...kernelPixels(filter, 0, true)]).toEqual([0, 128, 255, 255]);
  });

  it("stand side by side as far as there is room", () => {
    const layout = layoutKernels(kernelsOf({ shape: [64, 1, 3, 3] }), 260, 2);
    expect(layout.width).toBeLessThanOrEqual(520);
    expect(layout.columns).toBe(8);
    expect(layout.tileWidth % 3).toBe(0);
  });

  it("can be chosen by input where there are several", () => {
    expect(inputTitles(kernelsOf({ shape: [4, 1, 3, 3] }))).toEqual([]);
    expect(inputTitles(kernelsOf({ shape: [4, 3, 3, 3] }, "mean", true)).map(([value]) => value)).toEqual(["", "mean", "0", "1", "2"]);
    expect(inputTitles(kernelsOf({ shape: [4, 3, 3, 3] }, "mean", true))[0]?.[1]).toContain("colours");
  });
});
