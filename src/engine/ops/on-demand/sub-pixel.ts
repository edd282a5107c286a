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
import { sizeOf } from "../../shapes.ts";
import { Tensor } from "../../tensor.ts";
import { type Move, moving } from "../movement.ts";
import { defineOperator } from "../operator.ts";

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

/** @param axesOf a node's axes, by its attributes and shapes */
export function subPixelPass(
  axesOf: (node: Node, spatial: readonly number[], kernel: readonly number[]) => readonly TransposedAxis[],
): Pass {
  return (graph, { keep }): Graph => {
    const edit = new GraphEdit(graph, keep);
    let interleaves = false;
    for (const node of graph.nodes) {
      const [input = "", weightName = "", bias = ""] = node.inputs;
      const weight = graph.initializers.get(weightName);
      const spatial = graph.types.get(input)?.shape.slice(2) ?? [];
      const isOther = node.operator !== "ConvTranspose" || node.domain !== "";
      if (isOther || !weight || sizeOf(weight.shape) === 0 || (bias && !graph.initializers.has(bias))) continue;
      const axes = axesOf(node, spatial, weight.shape.slice(2));
      const stride = axes[0]?.stride ?? 1;
      const isDilated = axes.some(({ dilation }) => dilation > 1);
      if (axes.some((axis) => axis.stride !== stride) || (stride > 1 && (axes.length !== 2 || isDilated))) continue;
      rewrite(edit, node, { axes, stride, spatial });
      interleaves ||= stride > 1;
    }
    const rewritten = edit.graph();
    return interleaves ? { ...rewritten, opsets: new Map([...rewritten.opsets, [fusedDomain, 1]]) } : rewritten;
  };
}

interface Geometry {
  readonly axes: readonly TransposedAxis[];
  readonly stride: number;
  /** The input's. */
  readonly spatial: readonly number[];
}

function rewrite(edit: GraphEdit, node: Node, { axes, stride, spatial }: Geometry): void {
  const [x = "", weightName = "", biasName = ""] = node.inputs;
  const constantOf = (name: string) => edit.initializers.get(name) as Tensor;
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
  const weight = edit.constant(`${weightName}/phases`, phasesOfWeight(constantOf(weightName), group, phases));
  const bias = biasName && area > 1 ? edit.constant(`${biasName}/phases`, repeatEach(constantOf(biasName), area)) : biasName;
  const inputs = [x, weight, ...(bias ? [bias] : [])];
  if (stride === 1) {
    edit.replace(node.name, { operator: "Conv", inputs, attributes });
    return;
  }
  const deep = edit.add({ operator: "Conv", inputs, attributes, name: `${node.outputs[0]}/phases` });
  const interleave = { stride, crop: phases.map(({ crop }) => crop), output_extent: axes.map(({ output }) => output) };
  edit.replace(node.name, { operator: "Interleave", domain: fusedDomain, inputs: [deep], attributes: new Map(Object.entries(interleave)) });
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

/** Weights [C_in, C_out / group, …] as [C_out · phases, C_in / group, …]: a channel's phases follow one another. */
function phasesOfWeight(weight: Tensor, group: number, phases: readonly Phases[]): Tensor {
  const [channelsIn = 1, perGroup = 1, ...kernel] = weight.shape;
  const inPerGroup = channelsIn / group;
  const points = combine(phases.map(({ taps }) => taps));
  const area = sizeOf(kernel);
  const from = weight.toNumbers();
  const to: number[] = [];
  for (let out = 0; out < group * perGroup; out++)
    for (const taps of points)
      for (let i = 0; i < inPerGroup; i++) {
        const plane = ((Math.floor(out / perGroup) * inPerGroup + i) * perGroup + (out % perGroup)) * area;
        for (const tap of taps) to.push(tap.some((one) => one < 0) ? 0 : (from[plane + indexOf(tap, kernel)] as number));
      }
  return Tensor.from(weight.dtype, [group * perGroup * points.length, inPerGroup, ...phases.map(({ size }) => size)], to);
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

function repeatEach(tensor: Tensor, count: number): Tensor {
  const elements = tensor.toNumbers().flatMap((element) => new Array<number>(count).fill(element));
  return Tensor.from(tensor.dtype, [elements.length], elements);
}

/**
 * Interleave, an operator of Convcam's own: channel c · s² + r of the input holds phase r of channel c. Along each axis element q of phase r
 * becomes element s·q + r − crop of the output.
 */
export default defineOperator("Interleave", { since: 1, domain: fusedDomain }, (context) => {
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
