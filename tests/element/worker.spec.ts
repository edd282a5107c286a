// The engine needs no page: it runs in a worker.
import { expect } from "@playwright/test";
import { test } from "./fixtures.ts";

test("a worker loads and runs a model", async ({ warmPage: page }) => {
  await page.goto("/tests/element/worker.html");
  const output = page.locator("output");
  await expect(output).not.toBeEmpty();
  const { probabilities, allocatedBytes } = JSON.parse((await output.textContent()) ?? "") as {
    probabilities: number[];
    allocatedBytes: number;
  };
  expect(probabilities.indexOf(Math.max(...probabilities))).toBe(1);
  expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 4);
  expect(allocatedBytes).toBe(0);
});
