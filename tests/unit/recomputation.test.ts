// What of a step of training is computed again so that it fits: how much work it is to choose that.
import { expect, test } from "vitest";
import { Recomputation } from "../../src/engine/gradient/training/recompute.ts";
import type { TypedGraph, ValueType } from "../../src/engine/graph/graph.ts";
import { graphOf, op } from "../support/graphs.ts";

const type: ValueType = { dtype: "float32", shape: [1, 1000] };
const bytes = 4000;

/** A way of so many layers and its way back, which reads what each layer has computed; and how often a type is asked for. */
function chainOf(layers: number) {
  const forward = Array.from({ length: layers }, (_, i) => op("Relu", `v${i}`, `v${i + 1}`));
  const back = forward.map((_, i) => op("Mul", `g${i + 1} v${i + 1}`, `g${i}`)).toReversed();
  const nodes = [...forward, op("Neg", `v${layers}`, `g${layers}`), ...back];
  let asked = 0;
  class Types extends Map<string, ValueType> {
    override get(name: string) {
      asked++;
      return super.get(name);
    }
  }
  const types = new Types(["v0", ...nodes.flatMap(({ outputs }) => outputs)].map((name) => [name, type]));
  const { inputs, ...rest } = graphOf({ inputs: { v0: type.shape }, nodes, outputs: ["g0"] });
  const graph: TypedGraph = { ...rest, inputs: inputs.map((input) => ({ ...input, ...type })), types, prepared: new Set() };
  return { choice: new Recomputation(graph, new Map(), [`v${layers}`]), asked: () => asked };
}

function workOf(layers: number): number {
  const { choice, asked } = chainOf(layers);
  expect(choice.chooseFor((layers / 2) * bytes)).toBe(true);
  // No more than half of the layers, and a few at the peak.
  expect(choice.chosen.size).toBeGreaterThanOrEqual(layers / 2);
  expect(choice.chosen.size).toBeLessThan(0.6 * layers);
  return asked();
}

test("twice as many layers take about four times the work to choose among, not eight times", () => {
  expect(workOf(128) / workOf(64)).toBeLessThan(5);
});
