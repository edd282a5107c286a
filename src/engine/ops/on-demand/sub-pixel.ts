// ConvTranspose with known weights as a convolution. With steps of 1 its kernels are the weights turned round. With steps of s it computes
// the s² phases of the output as channels ("sub-pixel convolution", Shi et al. 2016), which Interleave puts beside each other: where a
// transposed convolution would read mostly zeros, each phase has just the taps that fall on it.
//
// Along one axis y[i] = Σ x[o] w[i + pad − s·o]. Let i + crop = s·q + r for the phase r, and r + pad − crop = s·a + b with 0 ≤ b < s. Then
// y[i] = Σ_t x[q + a − t] w[b + s·t]: a convolution over q, whose tap at offset a − t is w[b + s·t].
import { GraphEdit } from "../../graph/edit.ts";
import { fusedDomain, type Graph, type Node } from "../../graph/graph.ts";
import type { Pass } from "../../graph/pass.ts";
import type { Layout } from "../../layout.ts";
import { type Shape, sizeOf } from "../../shapes.ts";
import { Tensor } from "../../tensor.ts";
import { type Move, moving } from "../movement.ts";
import { defineOperator, type Kernel, type Target } from "../operator.ts";

/** A ConvTranspose along one spatial axis. */
export interface TransposedAxis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly pad: number;
  readonly output: number;
}

/** What the convolution does along one axis. */
interface Phases {
  readonly size: number;
  /** Offset of the first tap from the element q. */
  readonly first: number;
  readonly crop: number;
  /** Elements of a phase. */
  readonly count: number;
  /** By phase and tap of the convolution, the tap of the transposed kernel; -1 where there is none. */
  readonly taps: readonly (readonly number[])[];
}

/** Larger steps have more phases than it pays to put beside each other one by one. */
const mostSteps = 4;

/** @param axesOf a node's axes, by its attributes and shapes */
export function subPixelPass(
  axesOf: (node: Node, spatial: readonly number[], kernel: readonly number[]) => readonly TransposedAxis[],
): Pass {
  return (graph, { keep }): Graph => {
    const edit = new GraphEdit(graph, keep);
    for (const node of graph.nodes) {
      const [input = "", weightName = "", bias = ""] = node.inputs;
      const weight = graph.types.get(weightName)?.shape ?? [];
      const spatial = graph.types.get(input)?.shape.slice(2) ?? [];
      const isOther = node.operator !== "ConvTranspose" || node.domain !== "";
      const isKnown = [weightName, bias].every((name) => !name || graph.initializers.has(name) || graph.prepared?.has(name));
      if (isOther || !isKnown || sizeOf(weight) === 0) continue;
      const axes = axesOf(node, spatial, weight.slice(2));
      const stride = axes[0]?.stride ?? 1;
      const isDilated = axes.some(({ dilation }) => dilation > 1);
      if (stride > mostSteps || axes.some((axis) => axis.stride !== stride) || (stride > 1 && (axes.length !== 2 || isDilated))) continue;
      rewrite(edit, node, { axes, stride, spatial, weight });
    }
    const rewritten = edit.graph();
    return rewritten === graph ? graph : { ...rewritten, opsets: new Map([...rewritten.opsets, [fusedDomain, 1]]) };
  };
}

interface Geometry {
  readonly axes: readonly TransposedAxis[];
  readonly stride: number;
  /** The input's. */
  readonly spatial: readonly number[];
  /** The weights' shape: C_in, C_out / group, and the kernel. */
  readonly weight: Shape;
}

function rewrite(edit: GraphEdit, node: Node, { axes, stride, spatial, weight: shape }: Geometry): void {
  const [x = "", weightName = "", biasName = ""] = node.inputs;
  const group = Number(node.attributes.get("group") ?? 1);
  const phases = axes.map(phasesOf);
  const area = stride ** axes.length;
  const dilations = axes.map(({ dilation }) => dilation);
  // As many windows as a phase has elements.
  const ends = phases.map(({ size, first, count }, i) => count - (spatial[i] as number) + (size - 1) * (dilations[i] as number) + first);
  const attributes = new Map(
    Object.entries({
      group,
      dilations,
      kernel_shape: phases.map(({ size }) => size),
      pads: [...phases.map(({ first }) => -first), ...ends],
    }),
  );
  const arrangement = { group, phases: area, kernel: phases.map(({ size }) => size), moves: movesOf(phases, shape.slice(2)) };
  // One constant's phases have one name in all plans, and other phases of it another.
  const name = `${weightName}/phases ${[group, stride, ...axes.map(({ pad }) => pad)]}`;
  const weight = arrangeWeights(edit, weightName, arrangement, name);
  const bias = biasName && area > 1 ? repeatEach(edit, biasName, (shape[1] as number) * group, area) : biasName;
  const inputs = [x, weight, ...(bias ? [bias] : [])];
  if (stride === 1) {
    edit.replace(node.name, { operator: "Conv", inputs, attributes });
    return;
  }
  const deep = edit.add({ operator: "Conv", inputs, attributes, name: `${node.outputs[0]}/phases` });
  const geometry = { stride, crop: phases.map(({ crop }) => crop), output_extent: axes.map(({ output }) => output) };
  edit.replace(node.name, { operator: "Interleave", domain: fusedDomain, inputs: [deep], attributes: new Map(Object.entries(geometry)) });
}

/** With the crop that takes the smallest kernel. */
function phasesOf(axis: TransposedAxis): Phases {
  const choices = Array.from({ length: axis.stride }, (_, crop) => croppedBy(axis, crop));
  return choices.reduce((best, one) => (one.size < best.size ? one : best));
}

function croppedBy({ kernel, stride, dilation, pad, output }: TransposedAxis, crop: number): Phases {
  const phases = Array.from({ length: stride }, (_, r) => {
    const at = r + pad - crop;
    const a = Math.floor(at / stride);
    const b = at - stride * a;
    const count = Math.max(0, Math.ceil((kernel - b) / stride));
    return Array.from({ length: count }, (_, t) => ({ offset: a - t * dilation, tap: b + stride * t }));
  });
  const offsets = phases.flat().map(({ offset }) => offset);
  const first = Math.min(...offsets);
  const size = (Math.max(...offsets) - first) / dilation + 1;
  const taps = phases.map((known) =>
    Array.from({ length: size }, (_, u) => known.find(({ offset }) => offset === first + u * dilation)?.tap ?? -1),
  );
  return { size, first, crop, count: Math.floor((output - 1 + crop) / stride) + 1, taps };
}

/** For each tap that a phase has, the phase, the tap of the transposed kernel, and that of the convolution. */
function movesOf(phases: readonly Phases[], kernel: Shape): readonly number[] {
  const points = combine(phases.map(({ taps }) => taps));
  return points.flatMap((taps, phase) => taps.flatMap((tap, to) => (tap.some((one) => one < 0) ? [] : [phase, indexOf(tap, kernel), to])));
}

/** For each combination of phases, row by row, the transposed taps at each tap of the convolution, row by row. */
function combine(taps: readonly (readonly (readonly number[])[])[]): readonly (readonly (readonly number[])[])[] {
  const cross = <T>(lists: readonly (readonly T[])[]): T[][] =>
    lists.reduce<T[][]>((heads, list) => heads.flatMap((head) => list.map((one) => [...head, one])), [[]]);
  return cross(taps).map((axes) => cross(axes));
}

function indexOf(position: readonly number[], extents: readonly number[]): number {
  return position.reduce((index, at, i) => index * (extents[i] as number) + at, 0);
}

/** Each element of a vector several times, by operators that constants and parameters have alike. */
function repeatEach(edit: GraphEdit, vector: string, length: number, count: number): string {
  const name = `${vector}/phases`;
  const known = edit.initializers.get(vector);
  if (known) {
    const from = known.toNumbers();
    const repeated = Array.from({ length: length * count }, (_, i) => from[Math.floor(i / count)] as number);
    return edit.constant(`${name} ${count}`, Tensor.from(known.dtype, [repeated.length], repeated));
  }
  const shape = (...extents: number[]) => edit.constant(`${name} shape`, Tensor.int64([extents.length], extents));
  const column = edit.add({ operator: "Reshape", inputs: [vector, shape(length, 1)], name });
  const rows = edit.add({ operator: "Tile", inputs: [column, shape(1, count)], name });
  return edit.add({ operator: "Reshape", inputs: [rows, shape(length * count)], name });
}

/** How the weights of a ConvTranspose become those of the convolution that computes it. */
interface Arrangement {
  readonly group: number;
  readonly phases: number;
  /** Of the convolution. */
  readonly kernel: readonly number[];
  /** Triples: phase, tap of the source, tap of the result. All other taps are 0. */
  readonly moves: readonly number[];
}

/** Constants are arranged when they are packed, parameters by an operator whenever they change. @returns the name of the convolution's weights */
function arrangeWeights(edit: GraphEdit, weight: string, arrangement: Arrangement, name: string): string {
  const known = edit.initializers.get(weight);
  if (known)
    return edit.constant(name, new Tensor(known.dtype, arrangedShape(known.shape, arrangement), () => arranged(known, arrangement)));
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
function arranged(weight: Tensor, arrangement: Arrangement): Uint8Array {
  const { group, phases, kernel, moves } = arrangement;
  const [channelsIn = 1, perGroup = 1, ...from] = weight.shape;
  const [inPerGroup, area, taps] = [channelsIn / group, sizeOf(from), sizeOf(kernel)];
  const source = weight.data;
  const target = source.slice(0, 0);
  const result = new (target.constructor as new (length: number) => typeof target)(channelsIn * perGroup * phases * taps);
  for (let i = 0; i < channelsIn; i++)
    for (let o = 0; o < perGroup; o++) {
      const filter = (Math.floor(i / inPerGroup) * perGroup + o) * phases;
      const read = (i * perGroup + o) * area;
      for (let m = 0; m < moves.length; m += 3) {
        const row = (filter + (moves[m] as number)) * inPerGroup + (i % inPerGroup);
        result[row * taps + (moves[m + 2] as number)] = source[read + (moves[m + 1] as number)] as never;
      }
    }
  return new Uint8Array(result.buffer);
}

/**
 * PhaseWeights, an operator of Convcam's own: weights [C_in, C_out / group, …] of a ConvTranspose as those of the convolution that computes
 * it, [C_out · phases, C_in / group, …]. A channel's phases follow one another. `moves` holds triples: phase, tap of the source, tap of the
 * result; all other taps are 0.
 */
const phaseWeights = defineOperator("PhaseWeights", { since: 1, domain: fusedDomain }, (context) => {
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
  const count = Math.floor(moves.length / 3);
  const copies = Array.from({ length: count }, (_, i): Move => {
    const [phase = 0, from = 0, to = 0] = moves.slice(3 * i, 3 * i + 3);
    return {
      input: 0,
      output: 0,
      shape: [group, perGroup, inPerGroup],
      from: ({ offset }) => ({ offset: offset + from, strides: [inPerGroup * perGroup * area, area, perGroup * area] }),
      to: ({ offset }) => ({ offset: offset + phase * row + to, strides: [perGroup * phases * row, phases * row, taps] }),
    };
  });
  const operation = moving([{ dtype, shape: arrangedShape(shape, arrangement) }], copies, 0);
  // The moves count on elements without gaps.
  const kernels = operation.kernels;
  return {
    ...operation,
    ...(kernels && {
      kernels: (target: Target) => kernels(target).map(({ dispatches, name }): Kernel => ({ name, dispatches })),
    }),
  };
});

/**
 * Interleave, an operator of Convcam's own: channel c · s² + r of the input holds phase r of channel c. Along each axis element q of phase r
 * becomes element s·q + r − crop of the output.
 */
const interleave = defineOperator("Interleave", { since: 1, domain: fusedDomain }, (context) => {
  const { dtype, shape: deep } = context.input(0);
  const stride = context.attributes.integer("stride", undefined, 1);
  const crops = context.attributes.integers("crop", [0, 0], 0);
  const extents = context.attributes.integers("output_extent", [], 0);
  const [n = 1, channels = 1] = deep;
  const area = stride ** 2;
  const shape = [n, channels / area, ...extents];
  const moves = Array.from({ length: area }, (_, phase): Move => {
    const rows = runOf(Math.floor(phase / stride), stride, crops[0] as number, extents[0] as number);
    const columns = runOf(phase % stride, stride, crops[1] as number, extents[1] as number);
    return {
      input: 0,
      output: 0,
      shape: [n, channels / area, rows.count, columns.count],
      from: ({ offset, strides: [sn = 0, sc = 0, sh = 0, sw = 0] }: Layout) => ({
        offset: offset + phase * sc + rows.from * sh + columns.from * sw,
        strides: [sn, sc * area, sh, sw],
      }),
      to: ({ offset, strides: [sn = 0, sc = 0, sh = 0, sw = 0] }: Layout) => ({
        offset: offset + rows.to * sh + columns.to * sw,
        strides: [sn, sc, sh * stride, sw * stride],
      }),
    };
  });
  return moving([{ dtype, shape }], moves);
});

/** Where a phase's elements come from and go to along one axis. */
function runOf(phase: number, stride: number, crop: number, extent: number): { from: number; to: number; count: number } {
  const to = (((phase - crop) % stride) + stride) % stride;
  return { from: (to + crop - phase) / stride, to, count: Math.max(0, Math.ceil((extent - to) / stride)) };
}

export default [interleave, phaseWeights];
