// What people type finds the nodes that they mean, the best first; and the table sorts as people expect.
import { expect, test } from "vitest";
import { findBlocks } from "../../src/ui/overview/blocks.ts";
import { condense } from "../../src/ui/overview/condense.ts";
import type { NetworkFacts } from "../../src/ui/overview/facts.ts";
import { everyItem, searchItems } from "../../src/ui/overview/search.ts";
import { sortRows, tableRows } from "../../src/ui/overview/table.ts";
import { factsOfNetwork } from "../support/overview.ts";

const itemsOf = async (name: string) => findBlocks(condense((await factsOfNetwork(name)) as NetworkFacts));
const squeezenet = await itemsOf("squeezenet1_1");

test.each<[text: string, why: string, first: readonly string[], count: number]>([
  ["all convs", "every convolution, by the word", ["features.1", "features.3.squeeze_activation"], 26],
  ["conv", "the same", ["features.1", "features.3.squeeze_activation"], 26],
  ["Conv 3×3", "those of one kernel", ["features.1", "features.3.expand3x3_activation"], 9],
  ["relu", "by the activation", ["features.1"], 26],
  ["max pools", "several words", ["features.2", "features.5", "features.8"], 3],
  ["maxpool", "by the operator", ["features.2", "features.5", "features.8"], 3],
  ["Fire 4", "a block by its title, before features.4, which is a Fire, too", ["block features.6", "block features.4"], 2],
  ["fire", "blocks by their kind", ["block features.3"], 8],
  ["features.8", "a name", ["features.8"], 1],
  ["features.1", "a name is found before those that begin with it", ["features.1", "block features.10"], 16],
  ["expand1x1", "part of a name", ["features.3.expand1x1_activation"], 8],
  ["squeeze conv", "words in any order", ["features.3.squeeze_activation"], 8],
  ["128x55x55", "a shape", ["block features.3", "features.3", "block features.4", "features.4"], 4],
  ["128×55²", "a shape as it is shown", ["block features.3", "features.3", "block features.4", "features.4"], 4],
  ["[1, 128, 55, 55]", "with the batch", ["block features.3", "features.3", "block features.4", "features.4"], 4],
  ["13x13", "part of a shape", ["features.8"], 22],
  ["1000", "channels", ["features.8"].slice(1).concat(["classifier.2", "flatten"]), 2],
  ["111", "any extent", ["features.1"], 1],
  ["", "nothing", [], 0],
  ["all ", "nothing yet", [], 0],
  ["no such thing", "nothing", [], 0],
])("'%s' finds %s", (text, _, first, count) => {
  const found = searchItems(squeezenet, text);
  expect(found.slice(0, first.length)).toEqual(first);
  expect(found.length).toBe(count);
});

test("what is found is an item that there is, once", () => {
  const ids = everyItem(squeezenet).map(({ id }) => id);
  for (const text of ["e", "1", "features", "conv 1x1"]) {
    const found = searchItems(squeezenet, text);
    expect(new Set(found).size).toBe(found.length);
    expect(ids).toEqual(expect.arrayContaining([...found]));
  }
});

test("the table has one row a layer, whose shares make the whole", async () => {
  const { nodes } = condense((await factsOfNetwork("mobilenetv2")) as NetworkFacts);
  const rows = tableRows(nodes);
  expect(rows.length).toBe(64);
  expect(rows[0]).toMatchObject({ id: "features.0.2", operator: "Conv 3×3 + ReLU6", shape: [1, 32, 112, 112], parameterCount: 992 });
  expect(rows.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
});

test("rows are sorted by any column, numbers in names as numbers, and equal ones stay in order", async () => {
  const rows = tableRows(condense((await factsOfNetwork("squeezenet1_1")) as NetworkFacts).nodes);
  const names = (sorted: typeof rows) => sorted.map(({ name }) => name);
  expect(
    names(sortRows(rows, "name", "ascending"))
      .filter((name) => /^features\.\d+$/.test(name))
      .slice(-3),
  ).toEqual(["features.10", "features.11", "features.12"]);
  expect(names(sortRows(rows, "parameterCount", "descending")).slice(0, 1)).toEqual(["classifier.2"]);
  expect(names(sortRows(rows, "shape", "descending"))[0]).toBe("features.1");
  expect(names(sortRows(rows, "share", "descending"))).toEqual(names(sortRows(rows, "macs", "descending")));
  expect(sortRows(rows, "operator", "ascending")[0]?.operator).toBe("concat");
  const concats = names(sortRows(rows, "operator", "descending")).slice(-8);
  expect(concats).toEqual(names(rows.filter(({ operator }) => operator === "concat")));
});

test("a column of the caller's own may lack values, which come last either way", async () => {
  const rows = tableRows(condense((await factsOfNetwork("mnist")) as NetworkFacts).nodes);
  const ms = new Map(rows.slice(0, 3).map(({ id }, i) => [id, [2, Number.NaN, 5][i]]));
  for (const [order, first] of [
    ["ascending", 0],
    ["descending", 2],
  ] as const) {
    const sorted = sortRows(rows, ({ id }) => ms.get(id), order);
    expect(sorted[0]).toBe(rows[first]);
    expect(sorted.slice(2)).toEqual([rows[1], ...rows.slice(3)]);
  }
});
