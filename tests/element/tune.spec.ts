// Tuning in a page: it goes on between frames, and IndexedDB remembers what it found.
import { expect } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { TuningReport } from "../../src/index.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { test } from "./fixtures.ts";

interface Visit {
  readonly report: TuningReport;
  readonly frames: number;
  readonly y: readonly number[];
}

test("a page that draws frames is tuned, once", async ({ page }) => {
  // Enough channels for blocks of two sizes to choose from.
  const pads = { pads: [0, 0, 1, 1] };
  const graph = graphOf({
    inputs: { x: [1, 16, 24, 24] },
    constants: { w: noise([16, 16, 2, 2], 2) },
    nodes: [op("Conv", "x w", "first", pads), op("Conv", "first w", "y", pads)],
  });
  await page.route("**/network.onnx", (route) => route.fulfill({ body: Buffer.from(encodeModel(graph)) }));
  await page.goto("/tests/element/tune.html");
  const output = page.locator("output");
  await expect(output).not.toBeEmpty({ timeout: 50_000 });
  const { first, second, allocatedBytes } = JSON.parse((await output.textContent()) ?? "") as {
    first: Visit;
    second: Visit;
    allocatedBytes: number;
  };
  expect(first.report).toMatchObject({ isComplete: true, failures: [] });
  expect(first.report.layers.map(({ nodes }) => nodes)).toEqual([["first", "y"]]);
  expect(first.frames).toBeGreaterThan(1);
  expect(second.report).toEqual({ isComplete: true, layers: [], failures: [] });
  second.y.forEach((value, i) => expect(value).toBeCloseTo(first.y[i] as number, 4));
  expect(allocatedBytes).toBe(0);
});
