// Where nodes stand: apart from each other, inside the frames of their blocks, and joined by lines that begin and end at their borders.
import { describe, expect, it, test } from "vitest";
import { findBlocks, type Item, isBlock } from "../../src/ui/overview/blocks.ts";
import { condense } from "../../src/ui/overview/condense.ts";
import { allBlocks, type BlockedOverview, fold } from "../../src/ui/overview/fold.ts";
import type { Box, Direction, Level, Point } from "../../src/ui/overview/geometry.ts";
import { OverviewPlacer } from "../../src/ui/overview/layout.ts";
import { LevelPlacer } from "../../src/ui/overview/level.ts";
import { factsOfNetwork, overviewNetworks } from "../support/overview.ts";

/** Sizes differ from node to node, as thumbnails do. */
const sizeOf = ({ title, id }: Item) => ({ width: 40 + 3 * title.length, height: 60 + (id.length % 5) * 10 });

async function blockedOverview(name: string): Promise<BlockedOverview | undefined> {
  const facts = await factsOfNetwork(name);
  const overview = facts && condense(facts);
  return overview && { ...overview, items: findBlocks(overview) };
}

const overlap = (a: Box, b: Box) =>
  a.x + a.width > b.x + 1e-6 && b.x + b.width > a.x + 1e-6 && a.y + a.height > b.y + 1e-6 && b.y + b.height > a.y + 1e-6;

function holds(outer: Box, { x, y, width, height }: Box): boolean {
  return (
    x >= outer.x - 1e-6 && y >= outer.y - 1e-6 && x + width <= outer.x + outer.width + 1e-6 && y + height <= outer.y + outer.height + 1e-6
  );
}

/** Dagre rounds nothing, but a line that ends in a corner may be off by a little. */
function touches(box: Box | undefined, point: Point | undefined): boolean {
  return (
    box !== undefined &&
    point !== undefined &&
    holds({ x: box.x - 1, y: box.y - 1, width: box.width + 2, height: box.height + 2 }, { ...point, width: 0, height: 0 })
  );
}

const lines = (edges: readonly { readonly from: string; readonly to: string }[]) =>
  edges.map(({ from, to }) => `${from} → ${to}`).toSorted();

function check(overview: BlockedOverview, unfolded: ReadonlySet<string>, direction: Direction): void {
  const { boxes, frames, edges, width, height } = new OverviewPlacer(overview, { direction, sizeOf }).place(unfolded);
  const folded = fold(overview, unfolded);
  expect([...boxes.keys()].toSorted()).toEqual(folded.shown.map(({ id }) => id).toSorted());
  expect([...frames.keys()].toSorted()).toEqual(folded.open.map(({ id }) => id).toSorted());
  expect(lines(edges)).toEqual(lines(folded.edges));
  for (const item of folded.shown) expect(boxes.get(item.id)).toMatchObject(sizeOf(item));
  const all = [...boxes.values()];
  const overlapping = all.flatMap((box, i) => all.slice(i + 1).filter((other) => overlap(box, other)));
  expect(overlapping).toEqual([]);
  for (const box of [...all, ...frames.values()]) expect(holds({ x: 0, y: 0, width, height }, box)).toBe(true);
  for (const block of folded.open)
    for (const member of block.members) {
      const own = boxes.get(member.id) ?? frames.get(member.id);
      expect(own && holds(frames.get(block.id) as Box, own), `${member.title} in ${block.title}`).toBe(true);
    }
  const untouched = edges.filter(({ from, to, points }) => !touches(boxes.get(from), points[0]) || !touches(boxes.get(to), points.at(-1)));
  expect(lines(untouched)).toEqual([]);
}

describe.each(overviewNetworks)("%s", (name) => {
  it("has no overlapping nodes, and its own edges, folded or not", async () => {
    const overview = await blockedOverview(name);
    if (!overview) return;
    check(overview, new Set(), "right");
    const blocks = allBlocks(overview.items);
    if (blocks.length > 0) check(overview, new Set(blocks), "down");
  });
});

test("unfolding one block leaves others as they are, in another place", async () => {
  const overview = await blockedOverview("squeezenet1_1");
  const placer = new OverviewPlacer(overview as BlockedOverview, { direction: "right", sizeOf });
  const [first, second] = (overview?.items ?? []).filter(isBlock).map(({ id }) => id) as [string, string];
  const one = placer.place(new Set([first]));
  const both = placer.place(new Set([first, second]));
  const relative = (layout: typeof one) => {
    const { x, y } = layout.frames.get(first) as Box;
    const members = overview?.items.find(({ id }) => id === first) as Item & { members: readonly Item[] };
    return members.members.map(({ id }) => {
      const box = layout.boxes.get(id) as Box;
      return [Math.round(box.x - x), Math.round(box.y - y)];
    });
  };
  expect(relative(both)).toEqual(relative(one));
  expect(placer.place(new Set([first, second, "nothing of this name"]))).toEqual(both);
});

test.each<Direction>(["right", "down"])("depth grows to the %s, beginning at the input", async (direction) => {
  const overview = await blockedOverview("xception");
  const { boxes, width, height } = new OverviewPlacer(overview as BlockedOverview, { direction, sizeOf }).place(new Set());
  const places = (overview?.items ?? []).map(({ id }) => boxes.get(id)?.[direction === "right" ? "x" : "y"] as number);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(direction === "right" ? width > height : height > width).toBe(true);
});

test.each<Direction>(["right", "down"])(
  "a dense block of 60 layers, each of which reads all before it, is placed in rows to the %s",
  (direction) => {
    const names = Array.from({ length: 60 }, (_, i) => `layer ${i}`);
    const level: Level = {
      nodes: names.map((id) => ({ id, width: 40, height: 30 })),
      edges: names.flatMap((from, i) => names.slice(i + 1).map((to) => ({ from, to }))),
    };
    const { boxes, edges } = new LevelPlacer(direction, { along: 20, across: 10 }).place(level);
    const axis = direction === "right" ? "x" : "y";
    expect(names.map((name) => boxes.get(name)?.[axis])).toEqual(names.map((_, i) => i * (direction === "right" ? 60 : 50)));
    expect(edges.length).toBe(level.edges.length);
    for (const { from, to, points } of edges)
      expect(touches(boxes.get(from), points[0]) && touches(boxes.get(to), points.at(-1))).toBe(true);
  },
);

test("40 nodes each of which 40 others read are placed in rows", () => {
  const nodes = Array.from({ length: 80 }, (_, i) => ({ id: `${i}`, width: 40, height: 30 }));
  const edges = nodes.slice(0, 40).flatMap(({ id: from }) => nodes.slice(40).map(({ id: to }) => ({ from, to })));
  const placed = new LevelPlacer("right", { along: 20, across: 10 }).place({ nodes, edges });
  expect(new Set(nodes.map(({ id }) => placed.boxes.get(id)?.x))).toEqual(new Set([0, 60]));
  expect(placed.edges.length).toBe(1600);
});

test("a value may have any name", () => {
  const ids = ["__proto__", "constructor", "toString", ""];
  const level = {
    nodes: ids.map((id) => ({ id, width: 10, height: 10 })),
    edges: ids.slice(1).map((to, i) => ({ from: ids[i] as string, to })),
  };
  const { boxes, edges } = new LevelPlacer("right", { along: 5, across: 5 }).place(level);
  expect(ids.map((id) => boxes.get(id)?.x)).toEqual([0, 15, 30, 45]);
  expect(edges.map(({ points }) => points.length > 1)).toEqual([true, true, true]);
});

test("nothing has no size", () => {
  expect(new LevelPlacer("right", { along: 1, across: 1 }).place({ nodes: [], edges: [] })).toMatchObject({ width: 0, height: 0 });
});
