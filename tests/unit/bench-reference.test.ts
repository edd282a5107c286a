// What the bench compares outputs with.
import { expect, test } from "vitest";
import { taskOf } from "../../src/bench/cases.ts";
import { computeReference } from "../../src/cli/commands/bench.ts";
import { graphOf, op } from "../support/graphs.ts";

test("outputs of 64-bit whole numbers are compared as floats are", async () => {
  const graph = graphOf({
    inputs: { x: [1, 5] },
    nodes: [op("ArgMax", "x", "best", { axis: 1 }), op("Relu", "x", "y")],
    outputs: ["best", "y"],
    opset: 13,
  });
  const task = taskOf(graph);
  const data = Array.from(task.inputs["x"]?.data ?? []);
  const [best, y] = (await computeReference(task)) ?? [];
  expect(best).toEqual(Float32Array.of(data.indexOf(Math.max(...data))));
  expect(y).toEqual(Float32Array.from(data, (value) => Math.max(0, value)));
});
