// How elements of values come about: what they depend on, and how one of them is computed. Loaded on demand.
export { formulaOf } from "./formula.ts";
export { lookerAt, originsOf } from "./origin.ts";
export { type Field, receptiveField } from "./receptive-field.ts";
export { type Box, elementsOfBox } from "./region.ts";
export type { ChannelSum, ConvolutionStep, DenseStep, Elements, GateStep, Operand, Step } from "./step.ts";
