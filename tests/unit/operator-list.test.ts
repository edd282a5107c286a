// docs/operators.md names exactly the operators that there are, and from which opset on.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { everything } from "../support/catalog.ts";

/** Files of older opsets are read in the forms of this one, so the list does not tell them apart. */
const oldestOpset = 9;

test("the documented operators are those of the code", () => {
  const text = readFileSync(new URL("../../docs/operators.md", import.meta.url), "utf8");
  const firstCells = [...text.matchAll(/^\|([^|]*)\|/gm)].map(([, cell]) => cell ?? "");
  const documented = firstCells.flatMap((cell) =>
    [...cell.matchAll(/`(\w+)`(?: (\d+))?/g)].map(([, name, since]) => [name, Number(since ?? oldestOpset)]),
  );
  const implemented = everything.operators
    .filter(({ domain }) => domain === "")
    .map(({ name, since }) => [name, Math.max(oldestOpset, since)]);
  // Sorted, so that a name listed twice shows.
  expect(documented.sort()).toEqual(implemented.sort());
});

test("each documented operator stands in a table: below its head, with no empty line between", () => {
  const lines = readFileSync(new URL("../../docs/operators.md", import.meta.url), "utf8").split("\n");
  const begins = lines.flatMap((line, i) => (line.startsWith("|") && !lines[i - 1]?.startsWith("|") ? [i] : []));
  expect(begins.length).toBeGreaterThan(5);
  expect(begins.filter((i) => !/^\|( ---:? \|)+$/.test(lines[i + 1] ?? "")).map((i) => lines[i])).toEqual([]);
});

test("no operator is defined twice: which one a model gets would hang on what was loaded", () => {
  const names = everything.operators.map(({ domain, name }) => `${domain}:${name}`);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});
