// Central differences in double precision: the derivative of a weighted sum of an output along a direction, with nothing differentiated.
import type { Graph } from "../engine/graph/graph.ts";
import type { NdArray } from "./array.ts";
import { type Arrays, evaluateGraph } from "./evaluate.ts";
import { piecesOf } from "./kinks.ts";

export interface Derivative {
  /** Σ weight · dy along the direction. */
  readonly value: number;
  /** How far it went to both sides. */
  readonly step: number;
  /** Whether both sides are on the same pieces of every function, so that the value means something. */
  readonly isSmooth: boolean;
}

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
  for (let { step } = along; ; step /= 10) {
    const [above, below] = [await side(graph, along, step), await side(graph, along, -step)];
    const isSmooth = above.pieces === below.pieces;
    const isLast = step / 10 < along.leastStep;
    if (!isSmooth && !isLast) continue;
    let sum = 0;
    along.weights.forEach((weight, i) => {
      sum += weight * ((above.y.data[i] as number) - (below.y.data[i] as number));
    });
    return { value: sum / (2 * step), step, isSmooth };
  }
}

/** The output at one side, and a checksum of the pieces that all nodes are on. */
async function side(graph: Graph, { at, direction, output }: Along, step: number): Promise<{ y: NdArray; pieces: number }> {
  const moved = new Map(at);
  for (const [name, v] of direction) moved.set(name, move(at.get(name) as NdArray, v, step));
  let pieces = 0;
  const results = await evaluateGraph({ ...graph, outputs: [output] }, moved, {
    onNode: (node, inputs, outputs) => {
      const own = piecesOf(node, inputs, outputs);
      for (let i = 0; i < own.length; i++) pieces = (Math.imul(pieces ^ (own[i] as number), 0x9e3779b1) + i) | 0;
    },
  });
  return { y: results.get(output) as NdArray, pieces };
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
