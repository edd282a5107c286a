// What was measured, as numbers of nodes and blocks; what somebody calls layers; and what is found by either.
import { describe, expect, it, test } from "vitest";
import { findBlocks, isBlock, nodesOf } from "../../src/ui/overview/blocks.ts";
import { condense } from "../../src/ui/overview/condense.ts";
import type { NetworkFacts } from "../../src/ui/overview/facts.ts";
import { readLayerNames, withLayerName } from "../../src/ui/overview/layer-names.ts";
import { numbersOf } from "../../src/ui/overview/layer-numbers.ts";
import { asksForSilence, searchItems } from "../../src/ui/overview/search.ts";
import { sortRows, tableRows } from "../../src/ui/overview/table.ts";
import { factsOfNetwork } from "../support/overview.ts";

const overview = condense((await factsOfNetwork("squeezenet1_1")) as NetworkFacts);
const items = findBlocks(overview);
const layers = overview.nodes.filter(({ role }) => role === "layer");
/** Node k of the graph takes k ms; each layer has one silent channel of ten more than the one before. */
const names = overview.nodes.flatMap((node) => node.names);
const times = { clock: "gpu", totalMs: 1, nodes: new Map(names.map((name, i) => [name, i])) } as const;
const silence = new Map(layers.map(({ id }, i) => [id, { silent: i % 3, nonFinite: 0, channels: 10 }]));
const total = (names.length * (names.length - 1)) / 2;

describe("what is measured", () => {
  it("is of all graph nodes that a node or a block stands for", () => {
    for (const item of items) {
      const own = nodesOf(item).flatMap((node) => node.names);
      const ms = own.reduce((sum, name) => sum + names.indexOf(name), 0);
      const numbers = numbersOf(item, { times, silence });
      expect(numbers.ms).toBe(ms);
      expect(numbers.timeShare).toBeCloseTo(ms / total, 12);
      if (item.macs > 0) expect(numbers.gflops).toBeCloseTo((2 * item.macs) / (ms / 1000) / 1e9, 6);
      const silent = nodesOf(item).map(({ id }) => silence.get(id)?.silent ?? 0);
      expect(numbers.silent ?? 0).toBe(silent.reduce((sum, count) => sum + count, 0));
    }
    const shares = items.map((item) => numbersOf(item, { times }).timeShare ?? 0);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  });

  it("is not there where nothing was measured, or a value is not kept", () => {
    const [, block] = items.filter(isBlock);
    expect(numbersOf(block as (typeof items)[number], {})).toEqual({});
    expect(numbersOf(block as (typeof items)[number], { silence: new Map() })).toEqual({});
    expect(numbersOf(layers[0] as (typeof layers)[number], { times: { ...times, nodes: new Map() } })).toEqual({ ms: 0 });
  });

  it("is nothing of layers that are computed in a later stage", () => {
    const [layer] = layers;
    expect(numbersOf({ ...(layer as (typeof layers)[number]), shape: undefined }, { times })).toEqual({});
  });

  it("is in the table, which sorts by it, what is not known last", () => {
    const rows = tableRows(overview.nodes, { times, silence: new Map([...silence].slice(0, 5)) });
    const bySilence = sortRows(rows, "silent", "descending");
    expect(bySilence.slice(0, 6).map(({ silent }) => silent)).toEqual([2, 1, 1, 0, 0, undefined]);
    const byTime = sortRows(rows, "ms", "descending").map(({ ms }) => ms as number);
    expect(byTime).toEqual(byTime.toSorted((a, b) => b - a));
  });
});

test("what has silent channels is found by the word, in any order of words", () => {
  const isSilent = (item: (typeof items)[number]) => (numbersOf(item, { silence }).silent ?? 0) > 0;
  const found = searchItems(items, "silent", { isSilent });
  expect(found).toEqual(searchItems(items, "all silent channels", { isSilent }));
  expect(found.filter((id) => silence.has(id)).toSorted()).toEqual(
    [...silence]
      .filter(([, { silent }]) => silent > 0)
      .map(([id]) => id)
      .toSorted(),
  );
  expect(["silent", "all silent", " Silent channels"].every(asksForSilence)).toBe(true);
  expect(["", "conv", "silently", "not silent"].some(asksForSilence)).toBe(false);
});

describe("names of layers", () => {
  it.each<[string | null, string, readonly (readonly [string, string])[]]>([
    [null, "none", []],
    ["", "none", []],
    ['{"conv_1":"edges","x":" "}', "an empty one is none", [["conv_1", "edges"]]],
  ])("%s is %s", (text, _, expected) => {
    expect([...readLayerNames(text)]).toEqual(expected);
  });

  it.each(["edges", "[]", '["edges"]', '{"conv_1":1}', "null", "{"])("%s is refused in a sentence", (text) => {
    expect(() => readLayerNames(text)).toThrow('expected JSON such as {"conv_1":"edges"}');
  });

  it("are changed one by one; a value's own name is none", () => {
    const one = withLayerName(new Map(), "conv_1", " edges ");
    expect(one).toBe('{"conv_1":"edges"}');
    const two = withLayerName(readLayerNames(one as string), "pool", "half");
    expect([...readLayerNames(two as string)]).toEqual([
      ["conv_1", "edges"],
      ["pool", "half"],
    ]);
    expect(withLayerName(readLayerNames(one as string), "conv_1", "conv_1")).toBeUndefined();
    expect(withLayerName(readLayerNames(one as string), "conv_1", "")).toBeUndefined();
    expect(readLayerNames(withLayerName(new Map(), "a", "long ".repeat(99)) as string).get("a")).toHaveLength(80);
  });

  it("find layers, and stand beside the file's own in the table", () => {
    const given = new Map([["features.1", "rims and dots"]]);
    expect(searchItems(items, "dots", { names: given })).toEqual(["features.1"]);
    expect(tableRows(overview.nodes, {}, given)[0]).toMatchObject({ name: "features.1", shownName: "rims and dots" });
    expect(sortRows(tableRows(overview.nodes, {}, given), "name", "descending")[0]?.name).toBe("features.1");
  });
});
