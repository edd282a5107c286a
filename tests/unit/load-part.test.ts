// What is told where a part of the program does not load.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadPart } from "../../src/engine/errors.ts";

test("a part that does not load takes another load of the page: browsers keep what has failed", async () => {
  await expect(loadPart("to drive", () => Promise.reject(new TypeError("Importing a module script failed.")))).rejects.toThrow(
    /^The part of Convcam to drive could not be loaded\. Reload the page when online\. \(Importing a module script failed\.\)$/,
  );
});

/** Where a source loads a part without {@link loadPart}. What stands before a name with a capital, or behind typeof, is a type. */
function bareLoads(source: string): readonly string[] {
  const loads = [...source.matchAll(/(?<!\btypeof )\bimport\((?!"[^"]+"\)\.[A-Z])/g)];
  const isTold = (index: number) => /\bloadPart\(\s*"[^"]+",\s*\(\) =>\s*$/.test(source.slice(0, index));
  return loads.flatMap(({ index }) => (isTold(index) ? [] : source.slice(index, index + 40)));
}

test.each([
  ["one in a line", 'await loadPart("that draws", () => import("./a.ts"))', 0],
  ["one on lines of its own", 'await loadPart(\n  "that draws",\n  () =>\n    import("./a.ts"),\n)', 0],
  ["a type", 'let a: import("./a.ts").A | undefined; let b: typeof import("./b.ts");', 0],
  ["a bare one", 'const a = await import("./a.ts");', 1],
  ["a bare one at the start of a line", 'const a = await\nimport("./a.ts");', 1],
  ["a bare one behind a colon", 'const a = b ? c : import("./a.ts").then(({ A }) => A);', 1],
  ["a bare one behind another", 'loadPart("that draws", () => import("./a.ts")); import(name);', 1],
] as const)("of loads it is known whether they are told: %s", (_, source, count) => expect(bareLoads(source)).toHaveLength(count));

test("in the panel of training every part that is loaded on demand is told so", () => {
  const folder = new URL("../../src/ui/train/", import.meta.url);
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(new URL(name, folder), "utf8"));
  expect(sources.filter((source) => source.includes("loadPart(")).length).toBeGreaterThan(1);
  expect(sources.flatMap(bareLoads)).toEqual([]);
});
