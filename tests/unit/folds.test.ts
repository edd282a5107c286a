// Unfolding all of an overview, and why not all of a very large one.
import { expect, it } from "vitest";
import { Folds } from "../../src/ui/instrument/folds.ts";
import type { Block, Item } from "../../src/ui/overview/blocks.ts";
import type { OverviewNode } from "../../src/ui/overview/condense.ts";

const node = (id: string) => ({ id }) as OverviewNode;
const block = (id: string, ...members: Item[]) => ({ id, kind: "stage", members }) as unknown as Block;

const items = [node("a"), block("outer", node("b"), block("inner", node("c"), node("d")))];

it("unfolds every block, one within another, and folds them again", () => {
  const folds = new Folds();
  folds.unfoldAll({ nodes: ["a", "b", "c", "d"].map(node), items });
  expect([...folds.unfolded]).toEqual(["outer", "inner"]);
  folds.foldAll();
  expect(folds.unfolded.size).toBe(0);
});

it("says why a network of very many nodes is not unfolded, until somebody unfolds a block", () => {
  const folds = new Folds();
  folds.unfoldAll({ nodes: Array.from({ length: 601 }, (_, i) => node(`${i}`)), items });
  expect(folds.unfolded.size).toBe(0);
  expect(folds.refusal).toContain("601 nodes, too many to draw at once");
  folds.toggle("outer");
  expect([folds.refusal, ...folds.unfolded]).toEqual([undefined, "outer"]);
  folds.reveal(items, "c");
  expect([...folds.unfolded]).toEqual(["outer", "inner"]);
});
