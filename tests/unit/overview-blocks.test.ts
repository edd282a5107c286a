// Which parts of a network fold into one node, what they are called, and that folding loses nothing.
import { describe, expect, it, test } from "vitest";
import type { Node } from "../../src/engine/graph/graph.ts";
import { numberBlocks } from "../../src/ui/overview/block-numbers.ts";
import { findBlocks, type Item, isBlock, nodesOf } from "../../src/ui/overview/blocks.ts";
import { condense, type Overview, type OverviewNode } from "../../src/ui/overview/condense.ts";
import { allBlocks, blocksAround, edgesBetween, fold } from "../../src/ui/overview/fold.ts";
import { type Numbered, Regions } from "../../src/ui/overview/regions.ts";
import { findRepeats } from "../../src/ui/overview/repeats.ts";
import { titleOf } from "../../src/ui/overview/scopes.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { factsOfGraph, factsOfNetwork, overviewNetworks } from "../support/overview.ts";

async function overviewOf(name: string): Promise<Overview> {
  const facts = await factsOfNetwork(name);
  if (!facts) throw new Error(`${name} cannot be read`);
  return condense(facts);
}

const titlesOf = (items: readonly Item[]) => items.map(({ title }) => title);

test.each<[network: string, titles: readonly string[]]>([
  [
    "squeezenet1_1",
    "input|Conv 3×3 + ReLU|max pool 3×3|Fire 2|Fire 3|max pool 3×3|Fire 4|Fire 5|max pool 3×3|Fire 6|Fire 7|Fire 8|Fire 9|Conv 1×1 + ReLU|global average pool".split(
      "|",
    ),
  ],
  [
    "resnet50",
    [
      ..."input|Conv 7×7 + ReLU|max pool 3×3".split("|"),
      ...Array.from({ length: 8 }, (_, i) => `bottleneck ${i + 1}`),
      ..."bottleneck × 5|bottleneck 14|bottleneck 15|bottleneck 16|global average pool|dense".split("|"),
    ],
  ],
  [
    "xception",
    [
      ..."input|Conv 3×3 + ReLU|Conv 3×3 + ReLU|residual block 1|residual block 2|residual block 3|residual block × 8".split("|"),
      ..."residual block 12|block14|global average pool|dense + softmax".split("|"),
    ],
  ],
  [
    "inception-resnet-v2",
    [
      ..."input|Conv 3×3 + ReLU|Conv 3×3 + ReLU|Conv 3×3 + ReLU|max pool 3×3|Conv 1×1 + ReLU|Conv 3×3 + ReLU|max pool 3×3".split("|"),
      ..."inception 1|residual block × 10|inception 2|residual block × 20|inception 3|residual block × 9|residual block 40".split("|"),
      ..."Conv 1×1 + ReLU|global average pool|dense + softmax".split("|"),
    ],
  ],
  [
    "mobilenetv2",
    [
      ..."input|Conv 3×3 + ReLU6|depthwise Conv 3×3 + ReLU6|Conv 1×1".split("|"),
      ...Array.from({ length: 16 }, (_, i) => `inverted residual ${i + 1}`),
      ..."Conv 1×1 + ReLU6|global average pool|dense".split("|"),
    ],
  ],
  [
    "dual-backbone",
    [
      "input",
      ..."Conv 3×3 + ReLU|residual block a1|residual block a2|residual block a3|global average pool|dense + sigmoid".split("|"),
      ..."Conv 3×3 + ReLU|residual block b1|residual block b2|residual block b3|global average pool|dense + sigmoid".split("|"),
    ],
  ],
])("%s is folded as people draw it", async (name, titles) => {
  expect(titlesOf(findBlocks(await overviewOf(name)))).toEqual(titles);
});

test("blocks are counted along each of several ways that run side by side, and on from the highest behind them", () => {
  // 0 → 1 → (2 → 3 → 4 | 5 → 6) → 7 → 8; and 9 behind it, beside nothing of its kind.
  const sources = [[], [0], [1], [2], [3], [1], [5], [4, 6], [7], [8]];
  const targets = sources.map((_, node) => sources.flatMap((own, target) => (own.includes(node) ? target : [])));
  const block = (node: number, kind = "block") => ({ kind, nodes: [node] });
  const numbers = (...blocks: readonly ReturnType<typeof block>[]) => numberBlocks({ sources, targets }, blocks);
  expect(numbers(block(1), block(2), block(5), block(3), block(6), block(4), block(8))).toEqual(["1", "a2", "b2", "a3", "b3", "a4", "5"]);
  // Of a kind that one way has only, nothing stands beside it.
  expect(numbers(block(2, "Fire"), block(5), block(3, "Fire"), block(8))).toEqual(["2", "1", "3", "2"]);
  // What holds nodes of all ways lies in none.
  expect(numbers({ kind: "block", nodes: [2, 5, 7] }, block(8))).toEqual(["1", "2"]);
});

test.each(["vgg16_features", "mnist"])("%s is small, so nothing of it is folded", async (name) => {
  const overview = await overviewOf(name);
  expect(findBlocks(overview)).toEqual(overview.nodes);
});

describe("a block", () => {
  it("has the name that exporters gave it, and shows its last value", async () => {
    const items = findBlocks(await overviewOf("resnet50"));
    const named = items.filter(isBlock).map(({ name, value, role }) => [role, name, value]);
    expect(named.slice(0, 2)).toEqual([
      ["block", "layer1.0", "layer1.0"],
      ["block", "layer1.1", "layer1.1"],
    ]);
    expect(named).toContainEqual(["run", "layer3", "layer3.5"]);
    const fire = findBlocks(await overviewOf("squeezenet1_1")).find(isBlock);
    expect(fire).toMatchObject({ name: "features.3", value: "features.3", kind: "Fire", nodeCount: 4 });
  });

  it("counts what is in it, and says what of it cannot run", async () => {
    const layers = Array.from({ length: 16 }, (_, i): Node[] => {
      const [from, join] = [i === 0 ? "x" : `b${i - 1}`, `b${i}`];
      const odd = i === 3 ? op("Mystery", `u${i}`, `v${i}`) : op("Tanh", `u${i}`, `v${i}`);
      return [
        op("Conv", `${from} w`, `t${i}`),
        op("MaxPool", `t${i}`, `u${i}`, { kernel_shape: [1, 1] }),
        odd,
        op("Add", `${from} v${i}`, join),
      ];
    });
    const overview = condense(await factsOfGraph(graphOf({ constants: { w: noise([3, 3, 1, 1]) }, nodes: layers.flat() })));
    const items = findBlocks(overview);
    expect(items.flatMap(({ obstacles }) => obstacles).length).toBe(1);
    expect(items.find(({ obstacles }) => obstacles.length > 0)?.title).toBe("residual block 4");
    expect(items.reduce((sum, { parameterCount }) => sum + parameterCount, 0)).toBe(9);
  });
});

const node = (id: string, title = "Conv 3×3", names = [id]): OverviewNode => ({
  id,
  title,
  role: "layer",
  names,
  operators: [title.split(" ")[0] as string],
  values: [id],
  outputs: [],
  shape: [1, 8, 4, 4],
  parameterCount: 0,
  macs: 0,
  obstacles: [],
});

function chain(nodes: readonly OverviewNode[]): Overview {
  return { nodes, edges: nodes.slice(1).map(({ id }, i) => ({ from: (nodes[i] as OverviewNode).id, to: id })) };
}

describe("nodes in series", () => {
  it("are a run where many are equal", () => {
    const items = findBlocks(chain([node("input", "input"), ...Array.from({ length: 34 }, (_, i) => node(`c${i}`))]));
    expect(titlesOf(items)).toEqual(["input", "Conv 3×3 × 34"]);
  });

  it("are blocks where they repeat, at the shortest period", () => {
    const period = ["Conv 3×3", "batch norm", "max pool 2×2"];
    const items = findBlocks(chain([node("input", "input"), ...Array.from({ length: 33 }, (_, i) => node(`v${i}`, period[i % 3]))]));
    expect(titlesOf(items)).toEqual(["input", "block × 11"]);
    expect(titlesOf(items.filter(isBlock).flatMap(({ members }) => members)).slice(0, 2)).toEqual(["block 1", "block 2"]);
  });

  it("are blocks where exporters name them, whatever they are", () => {
    const kinds = ["Conv 3×3", "Conv 1×1", "max pool 2×2", "Conv 5×5", "dense"];
    const named = ["stage1", "stage2", "stage3"].flatMap((stage, s) =>
      ["a", "b", "c", "d"].slice(s).map((leaf, i) => node(`${stage}/${leaf}`, kinds[(i + s) % 5])),
    );
    const rest = Array.from({ length: 25 }, (_, i) => node(`v${i}`, `op${i}`));
    expect(titlesOf(findBlocks(chain([...named, ...rest]))).slice(0, 4)).toEqual(["stage1", "stage2", "max pool 2×2", "Conv 5×5"]);
  });
});

test.each([
  ["fire2", "Fire", "Fire 2"],
  ["inception_3a", "inception", "Inception 3a"],
  ["/features/fire9", "Fire", "Fire 9"],
  ["layer1.0", "bottleneck", undefined],
  ["features.12", "Fire", undefined],
  ["block14", "block", "block14"],
])("%s is called %s by its structure and shown as %s", (scope, kind, title) => {
  expect(titleOf(scope, kind)).toBe(title);
});

test("regions are what has one way in and one way out", () => {
  // 0 → 1 → {2, 3} → 4 → 5, a skip 1 → 5, and 6, which reads 3's reader 4 but leads elsewhere.
  const sources = [[], [0], [1], [1], [2, 3], [1, 4], [5]];
  const regions = new Regions(numbered(sources));
  expect(regions.all.map((region) => [region.entry, region.exit, region.size, regions.membersOf(region)])).toEqual([
    [1, 4, 3, [2, 3, 4]],
    [1, 5, 4, [2, 3, 4, 5]],
  ]);
  const largest = (part: readonly number[], limit: number) => regions.largest(part, limit).map(({ exit }) => exit);
  expect([largest([0, 1, 2, 3, 4, 5, 6], 7), largest([0, 1, 2, 3, 4, 5, 6], 3), largest([3, 4, 5], 7)]).toEqual([[5], [4], []]);
  expect(new Regions(numbered([...sources, [3]])).all).toEqual([]);
});

test("an inner region is passed in one step, also where its entry is read by the outer one", () => {
  // 1 → {2, 3} → 4, and 4 and 1 → 5; 6 reads 1 and 5, with 7 on its way; 8 reads 1 and 0, so its region is all.
  const regions = new Regions(numbered([[], [0], [1], [1], [2, 3], [1, 4], [5], [1, 6], [0, 7]]));
  expect(regions.all.map((region) => [region.entry, region.exit, regions.membersOf(region)])).toEqual([
    [1, 4, [2, 3, 4]],
    [1, 5, [2, 3, 4, 5]],
    [1, 7, [2, 3, 4, 5, 6, 7]],
    [0, 8, [1, 2, 3, 4, 5, 6, 7, 8]],
  ]);
});

function numbered(sources: readonly (readonly number[])[]): Numbered {
  const targets: number[][] = sources.map(() => []);
  for (const [to, own] of sources.entries()) for (const from of own) targets[from]?.push(to);
  return { sources, targets };
}

describe("a graph that takes long to divide", () => {
  /** Graphs over `count` nodes, by what makes them hard. */
  const graphs: readonly (readonly [what: string, (count: number) => readonly (readonly number[])[]])[] = [
    [
      "skips each of which is inside another",
      (count) => Array.from({ length: count }, (_, i) => (i < 2 ? [0].slice(0, i) : i % 2 ? [i - 1] : [0, i - 1])),
    ],
    [
      "the same, with one more reader of its first node",
      (count) => Array.from({ length: count }, (_, i) => (i < 2 ? [0].slice(0, i) : i === count - 1 ? [1] : i % 2 ? [i - 1] : [0, i - 1])),
    ],
    [
      "joins of the ends of a long chain",
      (count) => Array.from({ length: count }, (_, i) => (i === 0 ? [] : i < count / 2 ? [i - 1] : [0, Math.ceil(count / 2) - 1])),
    ],
    ["all nodes reading one", (count) => Array.from({ length: count }, (_, i) => (i === 0 ? [] : [0]))],
    ["equal nodes in series", (count) => Array.from({ length: count }, (_, i) => (i === 0 ? [] : [i - 1]))],
    [
      "U-shaped skips",
      (count) => Array.from({ length: count }, (_, i) => (i === 0 ? [] : i <= count / 2 ? [i - 1] : [i - 1, count - 1 - i])),
    ],
  ];

  it.each(graphs)("is looked at a bounded number of times: %s", (_, sourcesOf) => {
    const looksFor = (count: number): number => {
      let looks = 0;
      const counted = (lists: readonly (readonly number[])[]) =>
        new Proxy(lists, {
          get: (target, key) => {
            looks++;
            return Reflect.get(target, key);
          },
        });
      const { sources, targets } = numbered(sourcesOf(count));
      new Regions({ sources: counted(sources), targets: counted(targets) });
      return looks;
    };
    expect(looksFor(8000)).toBeLessThan(3.2e6);
  });

  it.each(graphs)("has every node once, in blocks that are not too deep: %s", (_, sourcesOf) => {
    const sources = sourcesOf(2000);
    const nodes = sources.map((own, i) => node(`v${i}`, i === 0 ? "input" : own.length > 1 ? "add" : "Conv 3×3"));
    const edges = sources.flatMap((own, to) => own.map((from) => ({ from: `v${from}`, to: `v${to}` })));
    const items = findBlocks({ nodes, edges });
    expect(items.flatMap(nodesOf).length).toBe(2000);
    const depthOf = (item: Item): number => (isBlock(item) ? 1 + Math.max(...item.members.map(depthOf)) : 0);
    expect(Math.max(...items.map(depthOf))).toBeLessThan(24);
  });

  it("divides a chain of 500 skips in full, although each is inside the next", () => {
    const regions = new Regions(numbered((graphs[0]?.[1] ?? (() => []))(1001)));
    expect(regions.all.length).toBe(500);
    expect(regions.membersOf(regions.all.at(-1) as (typeof regions.all)[number]).length).toBe(1000);
  });

  it("has names as long as a file", () => {
    const names = Array.from({ length: 40 }, (_, i) => `${"1.".repeat(20_000)}${i}`);
    expect(findBlocks(chain(names.map((name) => node(name)))).flatMap(nodesOf).length).toBe(40);
  });
});

test("repeats are found one after the other", () => {
  expect(findRepeats([..."xababyabab"], 2, () => true)).toEqual([
    { start: 1, period: 2, count: 2 },
    { start: 6, period: 2, count: 2 },
  ]);
});

describe.each(overviewNetworks)("%s", (name) => {
  it("is the condensed graph again when all is unfolded, and has every node once at any time", async () => {
    const facts = await factsOfNetwork(name);
    if (!facts) return;
    const overview = condense(facts);
    const items = findBlocks(overview);
    const blocked = { ...overview, items };
    const everything = fold(blocked, new Set(allBlocks(items)));
    expect(new Set(everything.shown)).toEqual(new Set(overview.nodes));
    expect(everything.shown.length).toBe(overview.nodes.length);
    const lines = ({ edges }: Pick<Overview, "edges">) => edges.map(({ from, to }) => `${from} → ${to}`).toSorted();
    expect(lines(everything)).toEqual(lines(overview));
    expect(new Set(allBlocks(items)).size).toBe(everything.open.length);

    const folded = fold(blocked, new Set());
    expect(folded.shown).toEqual(items);
    const nodes = items.flatMap(nodesOf);
    expect(nodes.length).toBe(overview.nodes.length);
    expect(new Set(nodes).size).toBe(nodes.length);
    const position = new Map(folded.shown.map(({ id }, i) => [id, i]));
    for (const { from, to } of folded.edges) expect(position.get(from)).toBeLessThan(position.get(to) as number);
    for (const id of allBlocks(items)) {
      const path = blocksAround(items, id);
      const { shown } = fold(blocked, new Set(path));
      expect(shown.map((item) => item.id)).toContain(id);
    }
  });

  it("has blocks with one way in and one way out", async () => {
    const facts = await factsOfNetwork(name);
    if (!facts) return;
    const overview = condense(facts);
    const check = (items: readonly Item[]): void => {
      for (const item of items.filter(isBlock)) {
        const inside = new Set(nodesOf(item).map(({ id }) => id));
        const ins = overview.edges.filter(({ from, to }) => !inside.has(from) && inside.has(to));
        const outs = overview.edges.filter(({ from, to }) => inside.has(from) && !inside.has(to));
        expect(new Set(outs.map(({ from }) => from)).size, item.title).toBeLessThanOrEqual(1);
        for (const { from } of outs) expect(from).toBe(item.value);
        const first = nodesOf(item)[0]?.id;
        expect(new Set(ins.map(({ from }) => from)).size === 1 || ins.every(({ to }) => to === first), item.title).toBe(true);
        check(item.members);
      }
    };
    check(findBlocks(overview));
    expect(edgesBetween(overview.nodes, overview.edges).length).toBe(overview.edges.length);
  });
});
