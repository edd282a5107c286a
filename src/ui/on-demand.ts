// What a viewer seldom needs, in one file: loaded with the first gate, other weights, a second network, a preparation by numbers, or a look at
// one element.
export { changeGates } from "./change-gates.ts";
export { changeWeights } from "./change-weights.ts";
export { checkPreparation } from "./check-preparation.ts";
export { describeUnshared } from "./comparison.ts";
export { readElement } from "./read-element.ts";
