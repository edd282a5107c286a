// Which layer an explanation is of where none is named.
import { expect, it } from "vitest";
import { lastMaps } from "../../src/engine/explanation.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { everything } from "../support/catalog.ts";
import { graphOf, ints, noise, op } from "../support/graphs.ts";

it("is the last layer that computes values with rows and columns, not one that only hands them on", () => {
  const graph = graphOf({
    constants: { f: noise([4, 3, 3, 3]), m: noise([144, 10]), split: ints(1, 4, 6, 6), flat: ints(1, 144) },
    nodes: [
      op("Conv", "x f", "conv"),
      op("Relu", "conv", "relu"),
      op("Dropout", "relu", "dropout"),
      op("Identity", "dropout", "same"),
      op("Reshape", "same split", "maps"),
      op("Reshape", "maps flat", "vector"),
      op("MatMul", "vector m", "y"),
    ],
  });
  const { graph: typed, obstacles } = inferGraph(graph, everything);
  expect(obstacles).toEqual([]);
  expect(lastMaps(typed)).toBe("relu");
});
