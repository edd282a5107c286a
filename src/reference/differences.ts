// Central differences in double precision: the derivative of a weighted sum of an output along a direction, with nothing differentiated.
import type { Graph } from "../engine/graph/graph.ts";
import type { NdArray } from "./array.ts";
import { type Arrays, type EvaluateOptions, evaluateGraph } from "./evaluate.ts";
import { piecesOf } from "./kinks.ts";

export interface Derivative {
  /** Σ weight · dy along the direction. */
  readonly value: number;
  /** How far it went to both sides. */
  readonly step: number;
  /** Whether both sides are on the same pieces of every function, so that the value means something. */
  readonly isSmooth: boolean;
  /** What is smaller cannot be told from the rounding of the output, in float64. */
  readonly resolution: number;
}

/** Of what a deep graph computes in float64, relative: a hundred roundings. */
const roundingShare = 2 ** -46;

export interface Along {
  /** The graph's inputs. */
  readonly at: Arrays;
  /** Directions by input. Inputs that are not named stay as they are. */
  readonly direction: Arrays;
  readonly output: string;
  /** The weights of the output's elements. */
  readonly weights: Float64Array;
  /** The first step to try. */
  readonly step: number;
  /** The smallest step to try: steps are made smaller until no kink lies between the sides. */
  readonly leastStep: number;
}

/** (y(x + step · v) − y(x − step · v)) / (2 · step), weighted and added up. */
export async function derivativeAlong(graph: Graph, along: Along): Promise<Derivative> {
  const here = await evaluateSide(graph, along, 0);
  for (let { step } = along; ; step /= 10) {
    const isLast = step / 10 < along.leastStep;
    const pieces = isLast ? undefined : here.pieces;
    const above = await evaluateSide(graph, along, step, pieces);
    const below = above && (await evaluateSide(graph, along, -step, pieces));
    if (!above || !below) continue;
    const sum = weightedChange(along.weights, above.y.data, below.y.data);
    const isSmooth = [above, below].every((side) => side.pieces.every((piece, i) => piece === here.pieces[i]));
    const terms = along.weights.map((weight, i) => Math.abs(weight * (here.y.data[i] as number)));
    const size = terms.filter(Number.isFinite).reduce((total, term) => total + term, 0);
    return { value: sum / (2 * step), step, isSmooth, resolution: (roundingShare * size) / (2 * step) };
  }
}

/** Σ weight · (above − below). What is infinite and stays so has not changed. */
export function weightedChange(weights: Float64Array, above: Float64Array, below: Float64Array): number {
  return weights.reduce((sum, weight, i) => {
    const [a, b] = [above[i] as number, below[i] as number];
    return a === b ? sum : sum + weight * (a - b);
  }, 0);
}

/** The output at a place of the direction. */
interface Side {
  readonly y: NdArray;
  /** Per node, a checksum of the pieces of its function that it is on. */
  readonly pieces: readonly number[];
}

/** Ends an evaluation. */
class OtherPiece extends Error {}

async function evaluateSide(graph: Graph, along: Along, step: number): Promise<Side>;
/** @param expected pieces; `undefined` comes back as soon as a node is on another one */
async function evaluateSide(graph: Graph, along: Along, step: number, expected: readonly number[] | undefined): Promise<Side | undefined>;
async function evaluateSide(
  graph: Graph,
  { at, direction, output }: Along,
  step: number,
  expected?: readonly number[],
): Promise<Side | undefined> {
  const moved = new Map(at);
  for (const [name, v] of direction) moved.set(name, move(at.get(name) as NdArray, v, step));
  const pieces: number[] = [];
  const onNode: NonNullable<EvaluateOptions["onNode"]> = (node, inputs, outputs) => {
    pieces.push(checksum(piecesOf(node, inputs, outputs)));
    if (expected && pieces.at(-1) !== expected[pieces.length - 1]) throw new OtherPiece();
  };
  try {
    const results = await evaluateGraph({ ...graph, outputs: [output] }, moved, { onNode });
    return { y: results.get(output) as NdArray, pieces };
  } catch (error) {
    if (error instanceof OtherPiece) return undefined;
    throw error;
  }
}

function checksum(numbers: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum = (Math.imul(sum ^ (numbers[i] as number), 0x9e3779b1) + i) | 0;
  return sum;
}

/** x + step · v */
export function move(x: NdArray, v: NdArray, step: number): NdArray {
  return { ...x, data: x.data.map((value, i) => value + step * (v.data[i] as number)) };
}

/** Random numbers in [−1, 1), the same for the same seed. */
export function randomSource(seed: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) + 0x6d2b79f5) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}
