// What is told where a part of the program does not load.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadPart } from "../../src/engine/errors.ts";

test("a part that does not load takes another load of the page: browsers keep what has failed", async () => {
  await expect(loadPart("to drive", () => Promise.reject(new TypeError("Importing a module script failed.")))).rejects.toThrow(
    /^The part of Convcam to drive could not be loaded\. Reload the page when online\. \(Importing a module script failed\.\)$/,
  );
});

test("in the panel of training every part that is loaded on demand is told so", () => {
  const folder = new URL("../../src/ui/train/", import.meta.url);
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(new URL(name, folder), "utf8"));
  // Behind a colon stands a type.
  const loads = sources.flatMap((source) => source.match(/.*[^:] import\(.*/g) ?? []);
  expect(loads.length).toBeGreaterThan(1);
  for (const load of loads) expect(load).toMatch(/loadPart\("[^"]+", \(\) => import\(/);
});
