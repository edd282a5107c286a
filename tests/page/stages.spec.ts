// Networks that run in stages, on the page: what comes before values are read back is drawn, and of the rest the page says why it is not.
import { expect } from "@playwright/test";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { violations } from "../support/axe.ts";
import { body, graphOf, noise, op } from "../support/graphs.ts";
import { test } from "../support/warm-page.ts";
import { dropFile, openPage } from "./page.ts";

const inputs = { x: [1, 3, 16, 16] };
const constants = {
  w: noise([4, 3, 3, 3], 2),
  zero: Tensor.from("float32", [], [0]),
  yes: Tensor.from("bool", [], [1]),
};
const maps = [op("Conv", "x w", "conv", { pads: [1, 1, 1, 1] }), op("Relu", "conv", "relu")];
const window = { kernel_shape: [2, 2], strides: [2, 2] };
const head = (from: string) => [op("GlobalAveragePool", from, "pooled"), op("Flatten", "pooled", "flat"), op("Softmax", "flat", "prob")];
const within = (output: string, ...nodes: Parameters<typeof body>[2]) => body("", output, nodes);

/** Its branches have other shapes. */
const chooses = graphOf({
  inputs,
  constants,
  nodes: [
    ...maps,
    op("ReduceMean", "x", "mean", { keepdims: 0 }),
    op("Greater", "mean zero", "above"),
    op("If", "above", "chosen", {
      then_branch: within("kept", op("Abs", "relu", "kept")),
      else_branch: within("smaller", op("MaxPool", "relu", "half", window), op("Sigmoid", "half", "smaller")),
    }),
    ...head("chosen"),
  ],
});
/** It ends by what it computes. */
const repeats = graphOf({
  inputs,
  constants: { ...constants, half: Tensor.from("float32", [], [0.5]), least: Tensor.from("float32", [], [0.1]) },
  nodes: [
    ...maps,
    op("Loop", "_ yes relu", "faint", {
      body: body("turn on state", "again next", [
        op("Mul", "state half", "next"),
        op("ReduceMax", "next", "largest", { keepdims: 0 }),
        op("Greater", "largest least", "again"),
      ]),
    }),
    ...head("faint"),
  ],
});
const finds = graphOf({
  inputs,
  constants,
  nodes: [
    ...maps,
    op("ReduceMean", "relu", "strength", { axes: [1] }),
    op("Greater", "strength zero", "above"),
    op("NonZero", "above", "places"),
    op("Transpose", "places", "rows"),
    op("GatherND", "strength rows", "picked"),
    op("ReduceSum", "picked", "sum", { keepdims: 0 }),
    op("Mul", "relu sum", "louder"),
    ...head("louder"),
  ],
  opset: 12,
});
const bytesOf = (graph: Graph) => [...encodeModel(graph)];

for (const [what, graph, operator] of [
  ["an If whose branches have other shapes", chooses, "If"],
  ["a Loop that ends by what it computes", repeats, "Loop"],
] as const)
  test(`shows all maps before ${what}, says that it runs in stages and what it answers`, async ({ warmPage: page }) => {
    await openPage(page);
    await dropFile(page, "net.onnx", "", bytesOf(graph));
    await expect(page.locator("#about")).toContainText("net.onnx");
    const line = page.locator("conv-cam .band-stages");
    await expect(line).toContainText(`This network runs in stages: from ${operator} on, shapes hang on numbers that it computes.`);
    await expect(page.locator("conv-cam figure", { hasText: "relu" }).first()).toBeVisible();
    await expect(page.locator("conv-cam .problem")).toHaveCount(0);
    await line.getByRole("button", { name: "Show what they answer" }).click();
    await expect(line.locator("li")).toHaveText(/^prob, 4: ([\d.e−-]+, ){3}[\d.e−-]+; the largest is [\d.]+, at \d$/);
    // Hidden and shown again at once: the picture is still, so that no frame asks for the answers.
    const told = await line.getByRole("button").evaluate((button: HTMLElement) => {
      button.click();
      button.click();
      return button.closest(".band-stages")?.querySelector("[role=status]")?.textContent;
    });
    expect(told).toBe("Computing…");
    await expect(line.locator("li")).toHaveText(/^prob, 4: /);
    await page.selectOption("#network", "mnist-trained");
    await expect(page.locator("#top-label")).toHaveText("3");
    await expect(line).toBeEmpty();
  });

test("says what was not measured, offers no twin, and why its answer cannot be explained", async ({ warmPage: page }) => {
  await openPage(page);
  await dropFile(page, "finds.onnx", "", bytesOf(finds));
  const band = page.locator("conv-cam .band");
  await expect(band.locator(".band-stages")).toContainText("from NonZero on");
  expect(await violations(page, {}, "conv-cam")).toEqual([]);
  await band.getByRole("button", { name: "Measure" }).click();
  await expect(band.locator(".band-note")).toContainText(/\d layers are computed later and not included\.$/);
  await expect(band.locator(".band-node", { hasText: "non zero" }).locator(".band-numbers")).toHaveCount(0);
  await band.getByRole("button", { name: "Table" }).click();
  const row = band.locator("tr", { has: page.locator("button", { hasText: "louder" }).or(page.getByText("louder", { exact: true })) });
  // Neither multiply-adds, nor a time, nor silent channels; and no parameters, which its file says.
  await expect(row).toContainText("multiply?0–––");
  await expect(page.locator("#compare option", { hasText: "blank twin" })).toHaveCount(0);
  await page.getByRole("button", { name: "Why?" }).click();
  await expect(page.locator("conv-cam")).toContainText("This network runs in stages, and its answer 'prob' is computed in a later one");
  await page.locator("#help").click();
  await page.getByRole("button", { name: "Check this GPU" }).click();
  const dialog = page.getByRole("dialog", { name: "Check this GPU" });
  await expect(dialog.locator(".check-result")).toContainText(/ \d+ layers left out: the table says why\.$/);
  await dialog.locator("summary").click();
  await expect(dialog.locator("tr", { hasText: "places" })).toContainText("it is computed after values were read back");
});
