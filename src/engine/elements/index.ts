// How elements of values come about: what they depend on, and how one of them is computed. Loaded on demand.
export { formulaOf } from "./formula.ts";
export { receptiveField } from "./receptive-field.ts";
export { elementsOfBox } from "./region.ts";
