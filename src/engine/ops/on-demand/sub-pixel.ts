// ConvTranspose with known weights as a convolution. With steps of 1 its kernels are the weights turned round. With steps of s it computes
// the s² phases of the output as channels ("sub-pixel convolution", Shi et al. 2016), which Interleave puts beside each other: where a
// transposed convolution would read mostly zeros, each phase has just the taps that fall on it. A depthwise one does both in one dispatch.
//
// Along one axis y[i] = Σ x[o] w[i + pad − s·o]. Let i + crop = s·q + r for the phase r, and r + pad − crop = s·a + b with 0 ≤ b < s. Then
// y[i] = Σ_t x[q + a − t] w[b + s·t]: a convolution over q, whose tap at offset a − t is w[b + s·t].
import { GraphEdit } from "../../graph/edit.ts";
import { fusedDomain, type Graph, type Node, type TypedGraph } from "../../graph/graph.ts";
import type { Pass } from "../../graph/pass.ts";
import { type Shape, sameShape, sizeOf } from "../../shapes.ts";
import { Tensor } from "../../tensor.ts";
import { arrangeWeights } from "./phase-weights.ts";

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
      if (
        axes.length > 2 ||
        stride > mostSteps ||
        axes.some((axis) => axis.stride !== stride) ||
        (stride > 1 && (axes.length !== 2 || isDilated))
      )
        continue;
      rewrite(edit, node, { axes, stride, spatial, weight, scaled: scaledBy(graph, edit, node) });
    }
    for (const node of edit.nodes) addPhases(edit, node);
    return edit.graph();
  };
}

/** Of a phase. With more, the weights of all phases would not stay in registers. */
const mostDepthwiseTaps = 9;

interface Geometry {
  readonly axes: readonly TransposedAxis[];
  readonly stride: number;
  /** The input's. */
  readonly spatial: readonly number[];
  /** The weights' shape: C_in, C_out / group, and the kernel. */
  readonly weight: Shape;
  readonly scaled: Scaled | undefined;
}

/** What the input is, times a constant for each channel, which the weights take in. */
interface Scaled {
  readonly mul: Node;
  readonly input: string;
  readonly scale: string;
}

function scaledBy({ types }: TypedGraph, edit: GraphEdit, node: Node): Scaled | undefined {
  const [x = "", weight = ""] = node.inputs;
  const mul = edit.producer(x);
  if (mul?.operator !== "Mul" || mul.domain !== "" || edit.soleReader(x) !== node) return undefined;
  if (edit.initializers.get(weight)?.dtype !== "float32") return undefined;
  const shape = types.get(x)?.shape ?? [];
  const scale = mul.inputs.find((name) => {
    const own = edit.initializers.get(name)?.shape;
    return (
      own?.toReversed().every((extent, i) => extent === 1 || (i === shape.length - 2 && extent === shape[1])) && own.length <= shape.length
    );
  });
  const input = mul.inputs.find((name) => name !== scale);
  const isWhole = input !== undefined && sameShape(types.get(input)?.shape ?? [], shape);
  return scale !== undefined && isWhole ? { mul, input, scale } : undefined;
}

/** A sum of interleaved phases is interleaved when it is summed: the sum is then the residual of a convolution. */
function addPhases(edit: GraphEdit, node: Node): void {
  const [one, other] = node.inputs.map((input) => (edit.soleReader(input) === node ? edit.producer(input) : undefined));
  const isAdd = node.operator === "Add" && node.domain === "" && node.inputs.length === 2;
  if (!isAdd || one?.operator !== "Interleave" || other?.operator !== "Interleave" || one === other) return;
  const isAlike = [...one.attributes].every(([name, value]) => String(other.attributes.get(name)) === String(value));
  if (!isAlike) return;
  const name = `${node.outputs[0]}/phases`;
  const deep = edit.add({ operator: "Add", inputs: [one.inputs[0] as string, other.inputs[0] as string], name });
  for (const phases of [one, other]) edit.drop(phases.name);
  edit.replace(node.name, { operator: one.operator, domain: one.domain, attributes: one.attributes, inputs: [deep] });
}

function rewrite(edit: GraphEdit, node: Node, { axes, stride, spatial, weight: shape, scaled }: Geometry): void {
  const [given = "", weightName = "", biasName = ""] = node.inputs;
  const x = scaled?.input ?? given;
  if (scaled) edit.drop(scaled.mul.name);
  const group = Number(node.attributes.get("group") ?? 1);
  const phases = axes.map(phasesOf);
  const area = stride ** axes.length;
  const dilations = axes.map(({ dilation }) => dilation);
  // As many windows as a phase has elements.
  const ends = phases.map(({ size, first, count }, i) => count - (spatial[i] as number) + (size - 1) * (dilations[i] as number) + first);
  const kernel = phases.map(({ size }) => size);
  const pads = [...phases.map(({ first }) => -first), ...ends];
  const attributes = new Map(Object.entries({ group, dilations, kernel_shape: kernel, pads }));
  const arrangement = { group, phases: area, kernel, moves: movesOf(phases, shape.slice(2)) };
  // One constant's phases have one name in all plans, and other phases of it another.
  const name = `${weightName}/phases ${[group, stride, ...axes.map(({ pad }) => pad), ...(scaled ? [scaled.scale] : [])]}`;
  const weight = arrangeWeights(edit, weightName, arrangement, name, scaled && edit.initializers.get(scaled.scale));
  const bias = biasName && area > 1 ? repeatEach(edit, biasName, (shape[1] as number) * group, area) : biasName;
  const inputs = [x, weight, ...(bias ? [bias] : [])];
  if (stride === 1) {
    edit.replace(node.name, { operator: "Conv", inputs, attributes });
    return;
  }
  const isDepthwise = shape[0] === group && shape[1] === 1 && sizeOf(kernel) <= mostDepthwiseTaps && pads.every((pad) => pad >= 0);
  if (isDepthwise && phases.every(({ crop, count }, i) => crop === 0 && count * stride === axes[i]?.output)) {
    const taps = arrangement.moves.filter((_, i) => i % 3 !== 1);
    const own = new Map(Object.entries({ stride, pads, taps }));
    edit.replace(node.name, { operator: "InterleavedDepthwise", domain: fusedDomain, inputs, attributes: own });
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
