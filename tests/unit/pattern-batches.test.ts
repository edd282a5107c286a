// The part of a network that patterns are found for computes as many pictures as there are channels, whatever batch the file fixes.
import { expect, test } from "vitest";
import { partWithBatch } from "../../src/engine/gradient/batch.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";

const constants = {
  w: noise([4, 3, 3, 3]),
  mask: noise([1, 1, 6, 6], 2),
  flat: ints(1, 144),
  flats: ints(2, 144),
  twice: ints(1, 4, 12, 12),
  wide: ints(1, 4, 6, 6),
  places: ints(12, 12),
};

test.each([
  ["a Reshape", 1, [op("Reshape", "c flat", "y")], [5, 144]],
  ["a Reshape, of two pictures", 2, [op("Reshape", "c flats", "y")], [5, 144]],
  ["a Resize to a size", 1, [op("Resize", "c _ _ twice", "y")], [5, 4, 12, 12]],
  ["a Resize that names its axes", 1, [op("Resize", "c _ _ places", "y", { axes: [2, 3] })], [5, 4, 12, 12]],
  [
    "an Expand",
    1,
    [op("ReduceMean", "c", "m", { axes: [2, 3] }), op("Expand", "m wide", "e"), op("Concat", "c e", "y", { axis: 1 })],
    [5, 8, 6, 6],
  ],
  ["a constant that is joined to the picture", 1, [op("Concat", "c mask", "y", { axis: 1 })], [5, 5, 6, 6]],
])("%s that holds for %s goes on with five", (_, batch, nodes, shape) => {
  const graph = graphOf({ inputs: { x: [batch, 3, 8, 8] }, constants, nodes: [op("Conv", "x w", "c"), ...nodes], opset: 13 });
  const { graph: typed, obstacles } = inferGraph(graph, everything);
  expect(obstacles).toEqual([]);
  const part = inferGraph(partWithBatch(typed, "y", "x", [5, 3, 8, 8]), everything);
  expect(part.obstacles).toEqual([]);
  expect(part.graph.types.get("y")?.shape).toEqual(shape);
});
