// Operators on arrays that few networks have: bits, triangles, one-hot codes, places to write to, running sums, windows, determinants. A part of the
// program that is loaded for the graphs that name one.
import type { Operator } from "../operator.ts";
import bits from "./bits.ts";
import crop from "./crop.ts";
import cumulative from "./cumulative.ts";
import determinant from "./determinant.ts";
import oneHot from "./one-hot.ts";
import scatter from "./scatter.ts";
import triangle from "./triangle.ts";
import windows from "./windows.ts";

export default [...bits, ...crop, ...cumulative, determinant, oneHot, ...scatter, ...triangle, ...windows] satisfies Operator[];
