// Resize and Upsample: nearest, linear and cubic resampling along any three axes.
// https://onnx.ai/onnx/operators/onnx__Resize.html
import resizeShader from "../../../shaders/resize.wgsl";
import { normalizeAxis, sizeOf } from "../../shapes.ts";
import { collapseAxes } from "../axes.ts";
import { floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import {
  type Dispatch,
  defineOperator,
  type Kernel,
  type Operator,
  type OperatorContext,
  type PlacedOperand,
  type Table,
} from "../operator.ts";
import type { Composed, Writer } from "./composed.ts";
import { type ResampledAxis, type ResampleMode, type Resampling, resampleTaps, type Taps, tapCount } from "./resample.ts";
import { forWholeNumbers } from "./whole-numbers.ts";

const transformations = [
  "half_pixel",
  "half_pixel_symmetric",
  "pytorch_half_pixel",
  "align_corners",
  "asymmetric",
  "tf_crop_and_resize",
] as const;
const nearestModes = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"] as const;
const policies = ["stretch", "not_larger", "not_smaller"] as const;

/** What Upsample and the first Resize meant before opset 11 named it. */
const plain = {
  transformation: "asymmetric",
  nearest: "simple",
  cubicCoefficient: -0.75,
  excludesOutside: false,
  antialias: false,
} as const;

export default [defineOperator("Upsample", { since: 9 }, describeResize), defineOperator("Resize", { since: 10 }, describeResize)].map(
  (operator) => forWholeNumbers(operator, { keepsType: true, instead: nearestMoves }),
) satisfies Operator[];

/** The nearest elements of whole numbers, of any width: they are moved, axis by axis. */
function nearestMoves(context: OperatorContext): Composed["write"] | undefined {
  const { resampling } = readResizing(context);
  if (resampling.mode !== "nearest" || resampling.transformation === "tf_crop_and_resize") return undefined;
  const taps = resizeTaps(context);
  const move = (writer: Writer, value: string, tap: Taps | undefined, axis: number) =>
    tap ? writer.node("Gather", [value, writer.integers(...tap.coordinates)], { axis }) : value;
  return (writer, [x = ""]) => [taps.reduce((value, tap, axis) => move(writer, value, tap, axis), x)];
}

/** How a node resizes each axis. */
interface Resizing {
  readonly resampling: Resampling;
  readonly axes: readonly ResampledAxis[];
  /** What is written outside the region of interest. */
  readonly fill: number;
}

function readResizing(context: OperatorContext): Resizing {
  const { attributes } = context;
  const mode = readMode(context);
  if (context.opset < 11) {
    const scales = context.constant(1, "scales")?.toNumbers();
    const axes = scaleAxes(context, scales ?? context.invalid("scales are required"));
    return { resampling: { ...plain, mode }, axes, fill: 0 };
  }
  const resampling: Resampling = {
    mode,
    transformation: attributes.choice("coordinate_transformation_mode", transformations, "half_pixel"),
    nearest: attributes.choice("nearest_mode", nearestModes, "round_prefer_floor"),
    cubicCoefficient: attributes.number("cubic_coeff_a", -0.75),
    excludesOutside: attributes.flag("exclude_outside", false),
    antialias: attributes.flag("antialias", false),
  };
  return { resampling, axes: readAxes(context, resampling), fill: attributes.number("extrapolation_value", 0) };
}

/** The taps of each axis of a node; `undefined` for those that stay as they are. */
export function resizeTaps(context: OperatorContext): readonly (Taps | undefined)[] {
  const { resampling, axes } = readResizing(context);
  return axes.map((axis) => (isResampled(axis) ? resampleTaps(axis, resampling) : undefined));
}

function readMode(context: OperatorContext): ResampleMode {
  const mode = context.attributes.string("mode", "nearest");
  if (mode === "nearest" || mode === "linear" || mode === "cubic") return mode;
  // The name in Upsample's first version.
  if (mode === "bilinear") return "linear";
  return context.invalid(`mode '${mode}' is not one of nearest, linear, cubic`);
}

function scaleAxes(context: OperatorContext, scales: readonly number[]): ResampledAxis[] {
  const { shape } = context.input(0);
  if (scales.length !== shape.length) context.invalid(`${scales.length} scales do not fit rank ${shape.length}`);
  // Scales are float32, so 0.6 · 5 may come out just above or below 3.
  return shape.map((inputExtent, axis) => {
    const scale = scales[axis] as number;
    return { inputExtent, outputExtent: Math.floor(Math.fround(inputExtent * scale)), scale };
  });
}

/** How every axis is resized, since opset 11: by scales or to sizes, of all axes or of the named ones. */
function readAxes(context: OperatorContext, { transformation }: Resampling): ResampledAxis[] {
  const { shape } = context.input(0);
  const rank = shape.length;
  const axes = (context.attributes.numbers("axes") ?? shape.map((_, axis) => axis)).map((axis) => normalizeAxis(axis, rank));
  const policy = context.attributes.choice("keep_aspect_ratio_policy", policies, "stretch");
  const scales = nonEmpty(context, 2, "scales");
  const sizes = nonEmpty(context, 3, "sizes");
  const roi = transformation === "tf_crop_and_resize" ? nonEmpty(context, 1, "roi") : undefined;
  const given = scales ?? sizes ?? context.invalid("neither scales nor sizes are given");
  if (given.length !== axes.length) context.invalid(`${given.length} scales or sizes do not fit ${axes.length} axes`);
  const ratios = axes.map((axis, i) => (given[i] as number) / (shape[axis] as number));
  const shared = policy === "not_larger" ? Math.min(...ratios) : policy === "not_smaller" ? Math.max(...ratios) : undefined;
  const result: ResampledAxis[] = shape.map((extent) => ({ inputExtent: extent, outputExtent: extent, scale: 1 }));
  for (const [i, axis] of axes.entries()) {
    const inputExtent = shape[axis] as number;
    const region = roi ? { roi: [roi[i] as number, roi[axes.length + i] as number] as const } : {};
    if (scales) {
      const scale = scales[i] as number;
      result[axis] = { inputExtent, outputExtent: Math.floor(Math.fround(inputExtent * scale)), scale, ...region };
    } else if (shared === undefined)
      result[axis] = { inputExtent, outputExtent: given[i] as number, scale: ratios[i] as number, ...region };
    else result[axis] = { inputExtent, outputExtent: Math.floor(shared * inputExtent + 0.5), scale: shared, ...region };
  }
  return result;
}

/** An input that must be known at load; an empty tensor stands for an omitted one. */
function nonEmpty(context: OperatorContext, index: number, what: string): readonly number[] | undefined {
  const values = context.constant(index, what)?.toNumbers();
  return values?.length ? values : undefined;
}

function describeResize(context: OperatorContext): ReturnType<Operator["describe"]> {
  const { resampling, axes, fill } = readResizing(context);
  const { dtype } = floatInput(context, 0);
  if (axes.some(({ scale }) => !(scale > 0))) context.invalid(`scales [${axes.map(({ scale }) => scale)}] must be greater than 0`);
  const leading = axes.findIndex(isResampled);
  const entries = axes.filter(isResampled).reduce((sum, axis) => sum + axis.outputExtent * tapCount(axis, resampling), 0);
  if (entries > mostEntries)
    context.unsupported(`a table of ${entries} weights is more than the ${mostEntries} that are supported. Resize to a smaller size.`);
  if (axes.length > 4 && leading >= 0 && leading < axes.length - 3)
    context.unsupported(`only the last three axes of a tensor of rank ${axes.length} can be resized. Reshape to rank 4 at most.`);
  return {
    outputs: [{ dtype, shape: axes.map((axis) => axis.outputExtent) }],
    // Cubic interpolation overshoots.
    nonnegative: () => (resampling.mode === "cubic" || fill < 0 ? undefined : { whereAll: [0] }),
    kernels: () => [resizeKernel(resampling, axes, fill)],
  };
}

/** Entries of the table of a resize: one per output coordinate and tap. */
const mostEntries = 1 << 24;

function isResampled({ inputExtent, outputExtent, scale, roi = [0, 1] }: ResampledAxis): boolean {
  return inputExtent !== outputExtent || scale !== 1 || roi[0] !== 0 || roi[1] !== 1;
}

function resizeKernel(resampling: Resampling, axes: readonly ResampledAxis[], fill: number): Kernel {
  return {
    name: "resize",
    ...(axes.length <= 4 ? { readsStrided: [0], writesStrided: true } : {}),
    dispatches: ([input], [output]) => [resizeDispatch(resampling, axes, fill, input as PlacedOperand, output as PlacedOperand)],
  };
}

/** The value as [outer, a, b, c]. All leading unchanged axes become `outer` if one stride can cross them; otherwise only the first of four does. */
function asFour(axes: readonly ResampledAxis[], input: PlacedOperand, output: PlacedOperand): { leading: number; strides: number[][] } {
  const leading = Math.max(0, axes.length - 3);
  const firstResampled = axes.findIndex(isResampled);
  const unchanged = firstResampled < 0 ? leading : firstResampled;
  const merged = collapseAxes(input.shape.slice(0, unchanged), input.strides.slice(0, unchanged), output.strides.slice(0, unchanged));
  const isMergeable = unchanged >= leading && merged.extents.length <= 1;
  const count = isMergeable ? unchanged : leading;
  const strides = [input, output].map((operand, i) => {
    const outer = isMergeable ? (merged.strides[i]?.[0] ?? 0) : (operand.strides[0] ?? 0);
    const rest = operand.strides.slice(count);
    return [outer, ...new Array<number>(3 - rest.length).fill(0), ...rest];
  });
  return { leading: count, strides };
}

function resizeDispatch(
  resampling: Resampling,
  axes: readonly ResampledAxis[],
  fill: number,
  input: PlacedOperand,
  output: PlacedOperand,
): Dispatch {
  const { leading, strides } = asFour(axes, input, output);
  const missing: ResampledAxis[] = new Array(3 - (axes.length - leading)).fill({ inputExtent: 1, outputExtent: 1, scale: 1 });
  const walked = [...missing, ...axes.slice(leading)];
  // An axis that stays as it is needs one tap per coordinate, whatever the mode.
  const tables = walked.map((axis) => resampleTaps(axis, isResampled(axis) ? resampling : { ...plain, mode: "nearest" }));
  const data = new Uint32Array(2 * tables.reduce((sum, { weights }) => sum + weights.length, 0));
  let start = 0;
  const taps = tables.map(({ count, coordinates, weights }) => {
    const table = { start, count };
    const weightBits = new Uint32Array(weights.buffer);
    for (let i = 0; i < weights.length; i++, start++) {
      data[2 * start] = coordinates[i] as number;
      data[2 * start + 1] = weightBits[i] as number;
    }
    return table;
  });
  const count = sizeOf(output.shape);
  const packed: Table = { label: "resampling taps", data };
  return {
    shader: resizeShader,
    params: {
      count,
      input_offset: input.offset,
      output_offset: output.offset,
      fill,
      output_extent: [sizeOf(output.shape.slice(0, leading)), ...walked.map((axis) => axis.outputExtent)],
      input_strides: strides[0] as number[],
      output_strides: strides[1] as number[],
      tap_count: taps.map((tap) => tap.count),
      tap_start: taps.map((tap) => tap.start),
    },
    bindings: { input, taps: packed, output },
    workgroups: workgroupCount(count, 64),
  };
}
