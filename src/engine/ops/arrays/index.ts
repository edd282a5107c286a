// Operators on arrays that few networks have: bits, triangles, one-hot codes, places to write to, running sums, windows, determinants, what is counted or
// chosen by values. A part of the
// program that is loaded for the graphs that name one.
import type { Operator } from "../operator.ts";
import bits from "./bits.ts";
import counted from "./counted.ts";
import crop from "./crop.ts";
import cumulative from "./cumulative.ts";
import determinant from "./determinant.ts";
import nonMaxSuppression from "./non-max-suppression.ts";
import oneHot from "./one-hot.ts";
import scatter from "./scatter.ts";
import tfIdf from "./tf-idf.ts";
import triangle from "./triangle.ts";
import windows from "./windows.ts";

export default [
  ...bits,
  ...counted,
  ...crop,
  ...cumulative,
  determinant,
  nonMaxSuppression,
  oneHot,
  ...scatter,
  tfIdf,
  ...triangle,
  ...windows,
] satisfies Operator[];
