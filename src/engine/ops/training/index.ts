// The operators that every training takes: cross-entropy, gradients of weights, steps of optimisers. A part of the program that is loaded for graphs
// that name one.
import type { Operator } from "../operator.ts";
import biasGradient from "./bias-gradient.ts";
import crossEntropy from "./cross-entropy.ts";
import update from "./update.ts";
import weightGradient from "./weight-gradient.ts";

export default [biasGradient, ...crossEntropy, update, weightGradient] satisfies Operator[];
