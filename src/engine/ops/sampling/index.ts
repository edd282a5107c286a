// Operators that look values up at computed places: grids, regions, deformed windows, and windows laid back. A part of the program that is loaded for
// the graphs that name one.
import type { Operator } from "../operator.ts";
import { deformColumns, deformConv } from "./deform-conv.ts";
import { affineGrid, gridSample } from "./grid-sample.ts";
import { roiAlign } from "./roi-align.ts";
import { col2Im, maxUnpool } from "./unpool.ts";

export default [affineGrid, col2Im, deformColumns, deformConv, gridSample, maxUnpool, roiAlign] satisfies Operator[];
