// Rules of operators that only move elements: what one is, follows from where it comes from.
import type { Facts } from "./facts.ts";
import { type Grid, gridOfElement, type Index, isEmpty } from "./region.ts";
import type { Rule } from "./rule.ts";
import type { StepBody } from "./step.ts";

/** @param fillOf what an element is that comes from nowhere */
export function movedBy(reads: Rule["reads"], fillOf: (facts: Facts) => number = () => 0): Rule {
  return {
    reads,
    isMove: true,
    step(facts, index, at): StepBody {
      const sources = reads(facts, gridOfElement(index)).flatMap((grids, input) =>
        grids.filter((grid) => !isEmpty(grid)).map((grid) => ({ input, index: elementOf(grid) })),
      );
      const [source] = sources;
      if (!source) return { kind: "copy", from: undefined, result: fillOf(facts) };
      const x = at(source.input, source.index);
      return { kind: "copy", from: { value: facts.node.inputs[source.input] ?? "", index: source.index, x }, result: x };
    },
  };
}

/** The element that a grid has, where it is only one. */
export function elementOf(grid: Grid): Index {
  return grid.map((runs) => runs[0]?.[0] as number);
}
