// The weights of a ConvTranspose as those of the convolution that computes it, see sub-pixel.ts.
import type { GraphEdit } from "../../graph/edit.ts";
import { fusedDomain } from "../../graph/graph.ts";
import { type Shape, sizeOf } from "../../shapes.ts";
import { Tensor } from "../../tensor.ts";
import { type Move, moving } from "../movement.ts";
import { defineOperator, type Kernel, type Target } from "../operator.ts";

/** How the weights of a ConvTranspose become those of the convolution that computes it. */
export interface Arrangement {
  readonly group: number;
  readonly phases: number;
  /** Of the convolution. */
  readonly kernel: readonly number[];
  /** Triples: phase, tap of the source, tap of the result. All other taps are 0. */
  readonly moves: readonly number[];
}

/**
 * Constants are arranged when they are packed, parameters by an operator whenever they change.
 *
 * @param scale one factor for each input channel, or one for all; for constants only
 * @returns the name of the convolution's weights
 */
export function arrangeWeights(edit: GraphEdit, weight: string, arrangement: Arrangement, name: string, scale?: Tensor): string {
  const known = edit.initializers.get(weight);
  const elements = (tensor: Tensor) => () => arranged(tensor, arrangement, scale?.toNumbers());
  if (known) return edit.constant(name, new Tensor(known.dtype, arrangedShape(known.shape, arrangement), elements(known)));
  const { kernel, ...attributes } = arrangement;
  return edit.add({
    operator: "PhaseWeights",
    domain: fusedDomain,
    inputs: [weight],
    attributes: { ...attributes, kernel_shape: kernel },
    name,
  });
}

function arrangedShape([channelsIn = 1, perGroup = 1]: Shape, { group, phases, kernel }: Arrangement): Shape {
  return [group * perGroup * phases, channelsIn / group, ...kernel];
}

/** The bytes of the arranged weights. */
function arranged(weight: Tensor, arrangement: Arrangement, scale?: readonly number[]): Uint8Array {
  const { group, phases, kernel, moves } = arrangement;
  const [channelsIn = 1, perGroup = 1, ...from] = weight.shape;
  const [inPerGroup, area, taps] = [channelsIn / group, sizeOf(from), sizeOf(kernel)];
  const source = weight.data;
  const target = source.slice(0, 0);
  const result = new (target.constructor as new (length: number) => typeof target)(channelsIn * perGroup * phases * taps);
  for (let i = 0; i < channelsIn; i++) {
    const factor = scale?.[scale.length === 1 ? 0 : i];
    for (let o = 0; o < perGroup; o++) {
      const filter = (Math.floor(i / inPerGroup) * perGroup + o) * phases;
      const read = (i * perGroup + o) * area;
      for (let m = 0; m < moves.length; m += 3) {
        const row = (filter + (moves[m] as number)) * inPerGroup + (i % inPerGroup);
        const element = source[read + (moves[m + 1] as number)] as number;
        result[row * taps + (moves[m + 2] as number)] = factor === undefined ? element : element * factor;
      }
    }
  }
  return new Uint8Array(result.buffer);
}

/**
 * PhaseWeights, an operator of Convcam's own: weights [C_in, C_out / group, …] of a ConvTranspose as those of the convolution that computes
 * it, [C_out · phases, C_in / group, …]. A channel's phases follow one another. `moves` holds triples: phase, tap of the source, tap of the
 * result; all other taps are 0.
 */
export default defineOperator("PhaseWeights", { since: 1, domain: fusedDomain }, (context) => {
  const { attributes } = context;
  const { dtype, shape } = context.input(0);
  const [channelsIn = 1, perGroup = 1, ...kernel] = shape;
  const group = attributes.integer("group", undefined, 1);
  const phases = attributes.integer("phases", undefined, 1);
  const size = attributes.integers("kernel_shape", [], 1);
  const moves = attributes.integers("moves", []);
  const arrangement = { group, phases, kernel: size, moves };
  const inPerGroup = channelsIn / group;
  const [area, taps] = [sizeOf(kernel), sizeOf(size)];
  // Rows of the result: group, channel, phase.
  const row = inPerGroup * taps;
  const copies = runsOf(moves).map(
    ({ phase, from, to, fromStep, toStep, count }): Move => ({
      input: 0,
      output: 0,
      shape: [group, perGroup, inPerGroup, count],
      from: ({ offset }) => ({ offset: offset + from, strides: [inPerGroup * perGroup * area, area, perGroup * area, fromStep] }),
      to: ({ offset }) => ({ offset: offset + phase * row + to, strides: [perGroup * phases * row, phases * row, taps, toStep] }),
    }),
  );
  const isWhole = moves.length === 3 * phases * taps;
  const operation = moving([{ dtype, shape: arrangedShape(shape, arrangement) }], copies, isWhole ? undefined : 0);
  // The moves count on elements without gaps.
  const kernels = operation.kernels;
  return {
    ...operation,
    ...(kernels && {
      kernels: (target: Target) => kernels(target).map(({ dispatches, name }): Kernel => ({ name, dispatches })),
    }),
  };
});

/** Taps of a phase that lie at equal distances, both where they come from and where they go. */
interface Run {
  readonly phase: number;
  readonly from: number;
  readonly to: number;
  readonly fromStep: number;
  readonly toStep: number;
  readonly count: number;
}

/** As few runs as the triples make in their order: weights that are turned round are one. */
function runsOf(moves: readonly number[]): readonly Run[] {
  const runs: Run[] = [];
  for (let i = 0; i < moves.length; i += 3) {
    const [phase = 0, from = 0, to = 0] = moves.slice(i, i + 3);
    const last = runs.at(-1);
    const [fromStep, toStep] = last && last.count === 1 ? [from - last.from, to - last.to] : [last?.fromStep ?? 0, last?.toStep ?? 0];
    const goesOn = last?.phase === phase && from === last.from + last.count * fromStep && to === last.to + last.count * toStep;
    if (goesOn) runs[runs.length - 1] = { ...last, fromStep, toStep, count: last.count + 1 };
    else runs.push({ phase, from, to, fromStep: 0, toStep: 0, count: 1 });
  }
  return runs;
}
