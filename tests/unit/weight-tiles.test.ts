// Weights in place of maps while a network learns: how they are laid out as tiles, and which panels show them.
import { describe, expect, test, vi } from "vitest";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import type { Shape } from "../../src/engine/shapes.ts";
import type { LayerSummary } from "../../src/engine/summary.ts";
import { summarize } from "../../src/engine/summary.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { layerWeights, storedAs } from "../../src/ui/kernels/layer-weights.ts";
import { arrangeWeights, Drawing } from "../../src/ui/train/drawing.ts";
import { readDrawnPart } from "../../src/ui/train/drawn-parts.ts";
import { drawableOf, drawWeights, setDrawable } from "../../src/ui/train/drawn-weights.ts";
import { textOfPlace, textOfTile, type WeightTiles, weightTilesOf } from "../../src/ui/train/weight-tiles.ts";
import { everything } from "../support/catalog.ts";
import { filled, graphOf, op } from "../support/graphs.ts";

const counting = (shape: Shape) => filled(shape, (i) => i);

/** Convolution of 3 channels, one in groups, and two dense layers: one of maps, one of numbers. */
const file = graphOf({
  inputs: { x: [1, 3, 6, 6] },
  constants: { w1: counting([8, 3, 3, 3]), w2: counting([8, 2, 3, 3]), d1: counting([5, 32]), d2: counting([5, 4]) },
  nodes: [
    op("Conv", "x w1", "conv1"),
    op("Relu", "conv1", "relu1"),
    op("Conv", "relu1 w2", "conv2", { group: 4 }),
    op("Flatten", "conv2", "flat"),
    op("Gemm", "flat d1", "dense1", { transB: 1 }),
    op("Gemm", "dense1 d2", "y"),
  ],
});

function tilesOf(value: string): WeightTiles | undefined {
  const inference = inferGraph(file, everything);
  const rows: readonly LayerSummary[] = summarize(file, inference).layers;
  const found = layerWeights(inference.graph, rows, new Map(), value);
  return found && weightTilesOf(value, found);
}

/** The weight that stands at a place of a tile, as the shader finds it. */
function weightAt(tiles: WeightTiles, output: number, y: number, x: number): number | undefined {
  const { rows, columns, gap, across, inputs, outputStride, inputStride, step } = tiles;
  const [down, along] = [Math.floor(y / (rows + gap)), Math.floor(x / (columns + gap))];
  const [row, column, input] = [y - down * (rows + gap), x - along * (columns + gap), down * across + along];
  if (row >= rows || column >= columns || input >= inputs) return undefined;
  return output * outputStride + input * inputStride + (row * columns + column) * step;
}

describe("tiles of a layer's weights", () => {
  test("have a kernel for each channel that is read, side by side where there are few", () => {
    const tiles = tilesOf("relu1") as WeightTiles;
    expect(tiles).toMatchObject({ weight: "w1", outputs: 8, inputs: 3, across: 3, tileRows: 3, tileColumns: 11, isMean: false });
    expect([weightAt(tiles, 2, 1, 5), weightAt(tiles, 2, 1, 3)]).toEqual([2 * 27 + 9 + 4, undefined]);
    expect(textOfTile(tiles)).toBe("3 kernels of 3 × 3 in each tile");
    expect(textOfPlace(tiles, 1, 5)).toBe("input 1 · y 1 · x 1");
    expect(textOfPlace(tiles, 1, 3)).toBe("between kernels");
  });

  test("of groups have the kernels of their group", () =>
    expect(tilesOf("conv2")).toMatchObject({ outputs: 8, inputs: 2, outputStride: 18, inputStride: 9 }));

  test("of a dense layer that reads maps are maps, and else single weights", () => {
    const [maps, numbers] = [tilesOf("dense1") as WeightTiles, tilesOf("y") as WeightTiles];
    expect(maps).toMatchObject({ outputs: 5, inputs: 8, rows: 2, columns: 2, across: 3, gap: 1, tileRows: 8, tileColumns: 8 });
    expect(weightAt(maps, 4, 3, 3)).toBe(4 * 32 + 4 * 4 + 0);
    expect(numbers).toMatchObject({ outputs: 4, inputs: 5, across: 3, gap: 0, tileRows: 2, tileColumns: 3, outputStride: 1, step: 4 });
    expect([weightAt(numbers, 1, 1, 1), weightAt(numbers, 1, 1, 2)]).toEqual([4 * 4 + 1, undefined]);
    expect(textOfTile(numbers)).toBe("5 weights in each tile");
  });

  test("are means where there are too many", () => {
    const view = {
      outputs: 512,
      inputs: 512,
      rows: 3,
      columns: 3,
      step: 1,
      at: (o: number, i: number) => (o * 512 + i) * 9,
      inputOf: (_: number, i: number) => i,
    };
    const node = op("Conv", "x w", "y");
    const tiles = weightTilesOf("y", { node, weight: "w", shape: [512, 512, 3, 3], view });
    expect(tiles).toMatchObject({ isMean: true, tileRows: 3, tileColumns: 3 });
    expect(textOfTile(tiles as WeightTiles)).toBe("the mean of 512 kernels of 3 × 3 in each tile");
  });

  test("are of the first channels alone where even means are too many, and say so; of a single one that is too large there are none", () => {
    const node = op("Gemm", "x w", "y");
    const sized = (side: number) => {
      const inputOf = (_: number, i: number) => i;
      const view = {
        outputs: 1000,
        inputs: 3,
        rows: side,
        columns: side,
        step: 1,
        at: (o: number, i: number) => (o * 3 + i) * side ** 2,
        inputOf,
      };
      return weightTilesOf("y", { node, weight: "w", shape: [1000, 3 * side ** 2], view });
    };
    const tiles = sized(224) as WeightTiles;
    expect(tiles).toMatchObject({ isMean: true, outputs: 41, allOutputs: 1000, tileRows: 224, tileColumns: 224 });
    expect(textOfTile(tiles)).toBe("the mean of 3 kernels of 224 × 224 in each tile, of the first 41 of 1,000 channels");
    expect(sized(2048)).toBeUndefined();
    const panels = arrangeWeights(
      [
        { value: "y", channels: [3, 999] },
        { value: "z", channels: [999] },
      ],
      {
        ...{ part: "weights", request: 1, isInColors: true },
        tiles: new Map([
          ["y", tiles],
          ["z", { ...tiles, value: "z", weight: "w2" }],
        ]),
      },
      "x",
    );
    expect(panels.map(({ channels }) => channels)).toEqual([[3]]);
  });

  test("are none where a layer has no weights", () => expect(tilesOf("flat")).toBeUndefined());
});

test("weights that are stored in 16 bits are found where they are stored", () => {
  const stored = graphOf({
    inputs: { x: [1, 3, 6, 6] },
    constants: { half: Tensor.from("float16", [2, 3, 1, 1], [1, 2, 3, 4, 5, 6]) },
    nodes: [op("Cast", "half", "w", { to: 1 }), op("Conv", "x w", "y")],
  });
  expect([storedAs(stored.nodes, "w"), storedAs(stored.nodes, "other")]).toEqual(["half", "other"]);
});

test("a change from weights that are not known is not drawn as if it were one", async () => {
  const model = {};
  setDrawable(model, { lying: () => ({ buffer: {} as GPUBuffer, offset: 0 }), before: () => undefined, isOver: false });
  const drawn = drawWeights({ model, renderer: { device: {} } } as never, {} as never, {
    ...{ part: "change", request: 1, isBoth: false },
    tiles: tilesOf("relu1") as WeightTiles,
  });
  await expect(drawn).rejects.toThrow("It is not known what 'w1' was before.");
});

test("gradients that no step has brought yet are not drawn as zeros: what to do is said, until a step is taken", async () => {
  const trainer = {
    isDisposed: false,
    steps: 7,
    parameters: ["w1"],
    keepGradients: async () => {},
    gradient: () => ({ strides: [], shape: [9] }),
  };
  const model = { changeable: async () => ({ network: {} }) };
  const wanted = { part: "gradient", tiles: [tilesOf("relu1") as WeightTiles], since: undefined } as const;
  const ask = () => drawableOf(model as never, trainer as never, wanted);
  const one = await ask();
  expect(() => one.lying("w1", true)).toThrow("The gradient comes with the next step. Where learning is paused, choose “One step”.");
  trainer.steps++;
  // It is computed now, and lies with gaps in this test.
  expect(() => one.lying("w1", true)).toThrow("lies with gaps");
  // Those that were kept already are there, whoever asks for them anew.
  const again = await ask();
  expect(() => again.lying("w1", true)).toThrow("lies with gaps");
});

describe("what is drawn while a network learns", () => {
  /** An element whose attribute is set, and a learning whose answers are too. */
  function drawingOf() {
    const [told, attributes] = [[] as string[], new Map<string, string>()];
    const host = {
      invalidate: vi.fn(),
      layers: [],
      emit: (_: string, { error }: { readonly error: Error }) => told.push(error.message) > 0,
    };
    const drawing = new Drawing(host as never, { getAttribute: (name: string) => attributes.get(name) ?? null } as never);
    const tiles = tilesOf("relu1") as WeightTiles;
    const draw = vi.fn(async (_part: string): Promise<readonly WeightTiles[]> => [tiles]);
    const learning = { draw, history: { steps: 0 } } as never;
    const update = (part = "weights") => {
      attributes.set("train-draws", part);
      return drawing.update(learning);
    };
    return { drawing, draw, update, told, arrange: () => drawing.arrange([{ value: "relu1" }]) };
  }

  test("says why it is not drawn until something else is asked for", async () => {
    const { drawing, draw, update, told } = drawingOf();
    draw.mockRejectedValueOnce(new Error("no memory"));
    for (let i = 0; i < 3; i++) await update("gradient");
    expect([drawing.problem, told, draw.mock.calls.length]).toEqual(["no memory", ["no memory"], 1]);
    await update();
    expect(drawing.problem).toBeUndefined();
    await update("all");
    await update("all");
    expect(drawing.problem).toMatch(/^train-draws 'all'/);
    expect(told).toHaveLength(2);
    await update();
    expect(drawing.problem).toBeUndefined();
  });

  test("is maps where nothing learns any more, and no longer says why something was not drawn", async () => {
    const { drawing, draw, update, arrange } = drawingOf();
    await update();
    expect(arrange()).toHaveLength(1);
    draw.mockRejectedValueOnce(new Error("no memory"));
    await update("change");
    drawing.forget();
    expect([arrange(), drawing.problem]).toEqual([undefined, undefined]);
  });
});

describe("panels of weights", () => {
  const [one, two] = [tilesOf("relu1") as WeightTiles, tilesOf("conv2") as WeightTiles];
  const tiles = new Map([
    ["conv1", { ...one, value: "conv1" }],
    ["relu1", one],
    ["conv2", two],
  ]);
  const shown = { part: "change", request: 3, tiles, isInColors: true } as const;

  test("stand once for each weights, of layers that have some; the picture stays", () => {
    const choices = ["x", "conv1", "relu1", "flat"].map((value) => ({ value }));
    const [picture, panel, ...others] = arrangeWeights(choices, shown, "x");
    expect(picture).toEqual({ value: "x" });
    expect(panel).toMatchObject({
      title: "conv1 · change",
      draws: { part: "change", tiles: { value: "conv1" }, request: 3 },
      reads: ["conv1"],
    });
    expect(panel?.layer?.shape).toEqual([1, 8, 3, 11]);
    expect(others).toEqual([]);
  });

  test("of one channel show its filter, and two branches of a pair stand one beside the other", () => {
    const arranged = arrangeWeights([{ value: "relu1", compare: "conv2", channels: [5], share: 2 }], shown, "x");
    expect(arranged.map(({ title, channels, share, compare }) => ({ title, channels, share, compare }))).toEqual([
      { title: "relu1 · change", channels: [5], share: 2, compare: undefined },
      { title: "conv2 · change", channels: [5], share: 2, compare: undefined },
    ]);
  });

  test("show both networks that learn in the same tiles, where they are alike, and two colours are chosen", () => {
    const own = {
      ...shown,
      tiles: new Map([
        ["relu1", { ...one, isShared: true }],
        ["conv2", two],
      ]),
    };
    const both = (isInColors: boolean) =>
      arrangeWeights([{ value: "relu1" }, { value: "conv2" }], { ...own, isInColors }, "x").map(({ draws }) => draws?.isBoth);
    expect([both(true), both(false)]).toEqual([
      [true, false],
      [false, false],
    ]);
  });

  test("are what the attribute says", () => {
    expect(["", " gradient ", null].map(readDrawnPart)).toEqual(["maps", "gradient", "maps"]);
    expect(() => readDrawnPart("all")).toThrow("train-draws 'all': expected maps, weights, change, gradient.");
  });
});
