// Weights that are drawn while a network learns, on the page's side: which networks are in the tiles.
import { expect, test } from "vitest";
import { Drawing } from "../../src/ui/train/drawing.ts";
import { historyFor } from "../../src/ui/train/history.ts";
import type { WeightTiles } from "../../src/ui/train/weight-tiles.ts";

test("a second network that comes apart leaves the tiles, and they are asked for anew once", async () => {
  const history = historyFor({ optimizer: "adam", seed: 1, rival: { optimizer: undefined, rate: 0.1, blank: 1 } });
  let asked = 0;
  let arranged = 0;
  const tile = { value: "conv", weight: "w", inputs: 1, outputs: 1, rows: 1, columns: 1, isMean: false } as WeightTiles;
  const learning = {
    history,
    async draw() {
      asked++;
      return [{ ...tile, isShared: history.rival?.lost === undefined }];
    },
  } as never;
  const host = { invalidate: () => void arranged++, layers: [], emit: () => true } as never;
  const drawing = new Drawing(host, { getAttribute: (name: string) => (name === "train-draws" ? "weights" : null) } as never);
  const isBoth = () => drawing.arrange([{ value: "conv" } as never])?.map(({ draws }) => draws?.isBoth);

  await drawing.update(learning);
  await drawing.follow(learning);
  expect({ isBoth: isBoth(), asked, arranged }).toEqual({ isBoth: [true], asked: 1, arranged: 1 });
  history.rival?.noteUntilLost([Number.NaN]);
  await drawing.follow(learning);
  await drawing.follow(learning);
  expect({ isBoth: isBoth(), asked, arranged }).toEqual({ isBoth: [false], asked: 2, arranged: 2 });
});

test("gradients are drawn anew once, after the first step that brings them", async () => {
  const history = historyFor({ optimizer: "adam", seed: 1 });
  let arranged = 0;
  const tile = { value: "conv", weight: "w", inputs: 1, outputs: 1, rows: 1, columns: 1, isMean: false } as WeightTiles;
  let part = "gradient";
  const learning = { history, draw: async () => [tile] } as never;
  const host = { invalidate: () => void arranged++, layers: [], emit: () => true } as never;
  const drawing = new Drawing(host, { getAttribute: (name: string) => (name === "train-draws" ? part : null) } as never);
  const request = () => drawing.arrange([{ value: "conv" } as never])?.[0]?.draws?.request;

  await drawing.update(learning);
  await drawing.follow(learning);
  expect([request(), arranged]).toEqual([1, 1]);
  history.note([1]);
  await drawing.follow(learning);
  history.note([1]);
  await drawing.follow(learning);
  expect([request(), arranged]).toEqual([2, 2]);
  // Weights are there before any step.
  part = "weights";
  await drawing.update(learning);
  history.note([1]);
  await drawing.follow(learning);
  expect([request(), arranged]).toEqual([3, 3]);
});
