// Convolutions and products of matrices whose weights stay bytes on the GPU. Operators of Convcam's own, which a pass puts in the place of others, with
// what follows them up to the next rounding: y = clamp(round(factor · (Σ w · x + bias) / step), lowest, highest) · step.
import type { ActivationKind } from "../../../shaders/activations.ts";
import type { Shader } from "../../../shaders/shader.ts";
import {
  hasNamedBias,
  lanesOfWords,
  rounded,
  scaleFields,
  withBytes,
  withKernelsInWords,
  withScales,
  withWholeSums,
} from "../../../shaders/steps.ts";
import { fusedDomain } from "../../graph/graph.ts";
import { type Shape, sizeOf } from "../../shapes.ts";
import type { Tensor } from "../../tensor.ts";
import type { Candidate } from "../convolution/case.ts";
import { costOf } from "../convolution/cost.ts";
import { describeFused } from "../convolution.ts";
import { elementWise } from "../element-wise.ts";
import type { ConvolutionFamily } from "../families.ts";
import {
  type Binding,
  type Dispatch,
  defineOperator,
  type Kernel,
  type Operation,
  type Operator,
  type OperatorContext,
  type Packing,
  type PlacedOperand,
  type Scratch,
  type Table,
} from "../operator.ts";
import { fitsHalves } from "./bounds.ts";
import { describeAs } from "./lowered.ts";
import { ByteTensor, packInto } from "./step-tensor.ts";

/** How results are rounded and cut off. Bounds count steps where there are any, that is where `step` is not 0. */
export interface Rounding {
  readonly step: number;
  readonly lowest: number;
  readonly highest: number;
  /** In place of both an activation, whose scalars are the bounds. */
  readonly instead?: ActivationKind;
}

/** With what a step is stored as: 1 where whole numbers are stored, the step where the numbers that they stand for are. */
interface Storing extends Rounding {
  readonly stored: number;
}

function roundingOf({ attributes }: OperatorContext): Storing {
  const instead = attributes.has("instead") ? (attributes.string("instead") as ActivationKind) : undefined;
  const numbers = {
    step: attributes.number("step"),
    lowest: attributes.number("lowest"),
    highest: attributes.number("highest"),
    stored: attributes.number("stored"),
  };
  return { ...numbers, ...(instead && { instead }) };
}

/** Which input has the factors, one for each channel. Input 3 is a residual. */
const factorIndex = 4;

function describe(
  context: OperatorContext,
  inner: (context: OperatorContext) => Operation,
  channelAxis: (shape: Shape) => number,
): Operation {
  const rounding = roundingOf(context);
  const isExact = context.attributes.flag("exact", false) || !fitsHalves(rounding);
  const factors = context.input(factorIndex).constant as Tensor;
  const { nonnegative, ...operation } = inner({ ...context, inputs: context.inputs.slice(0, factorIndex) });
  return {
    ...operation,
    ...(isExact && { exact }),
    kernels: (target) =>
      (operation.kernels?.(target) ?? []).map(
        (kernel): Kernel => ({
          ...kernel,
          dispatches: (inputs, outputs) => {
            const [y] = outputs as [PlacedOperand];
            const axis = channelAxis(y.shape);
            const epilogue = { factors, rounding, y, residual: inputs[3], axis };
            return kernel
              .dispatches(inputs.slice(0, factorIndex), outputs)
              .flatMap(inBytes)
              .map((dispatch) => scaled(dispatch, epilogue));
          },
        }),
      ),
  };
}

/** What is done with each number that a kernel stores. */
interface Epilogue {
  readonly factors: Tensor;
  readonly rounding: Storing;
  readonly y: PlacedOperand;
  readonly residual: PlacedOperand | undefined;
  /** Of the channels. */
  readonly axis: number;
}

/** A table as withScales wants it. @param packing the order of the factors */
function scalesOf({ factors, rounding, y, residual = y, axis }: Epilogue, packing: Packing | undefined): Table {
  const { step, lowest, highest, stored } = rounding;
  const data = new Float32Array(scaleFields.length + (packing?.length ?? factors.size));
  // Offsets and strides are whole numbers, by their bits.
  const bits = new Uint32Array(data.buffer);
  bits.set([y, residual].flatMap((value) => placesOf(value, axis)));
  data.set([stored, lowest, highest], scaleFields.indexOf("stored"));
  const values = factors.toFloat32().map((factor) => (step > 0 ? factor / step : factor));
  const packed = data.subarray(scaleFields.length);
  if (packing) packInto(packed, values, packing);
  else packed.set(values);
  // Numbers are kept by their bits: a whole number may look like a NaN.
  return { label: "factors of channels", data: bits };
}

/** Where a value begins, and how far apart elements are from one channel to itself in the next of what is around it, and to the next channel. */
function placesOf({ offset, strides, shape }: PlacedOperand, axis: number): readonly [offset: number, outer: number, inner: number] {
  const inner = strides[axis] as number;
  const hasOuter = axis > 0 && (shape[axis - 1] as number) > 1;
  return [offset, hasOuter ? (strides[axis - 1] as number) : inner * (shape[axis] as number), inner];
}

/** The same dispatch with bytes wherever it binds the weights, behind those that transform them in each run. */
function inBytes(dispatch: Dispatch): readonly Dispatch[] {
  const before: Dispatch[] = [];
  const bindings = { ...dispatch.bindings };
  let { shader } = dispatch;
  for (const [name, binding] of Object.entries(dispatch.bindings)) {
    const transformed = transformedInEachRun(binding);
    const table = transformed?.memory ?? bytesOf(binding, lanesOfWords(shader, name) === 4);
    if (table) bindings[name] = table;
    if (transformed) before.push(...transformed.dispatches);
    else if (table) shader = withBytes(shader, name);
  }
  return [...before, { ...dispatch, shader, bindings }];
}

/** What a kernel makes of bytes before it multiplies, in memory that other layers use as well; `undefined` where it takes them as they are. */
function transformedInEachRun(binding: Binding): { readonly memory: Scratch; readonly dispatches: readonly Dispatch[] } | undefined {
  if (!("packing" in binding && binding.source.constant instanceof ByteTensor)) return undefined;
  const { source, packing } = binding;
  const { transform } = packing;
  if (!transform) return undefined;
  const memory = { scratchBytes: packing.length * 4 };
  const kernels = binding.source.constant.kernels();
  const dispatches = packing.moves
    .filter(({ shape }) => sizeOf(shape) > 0)
    .map((move): Dispatch => {
      const { shader, params, bindings, ...rest } = transform.dispatch(move, source, memory);
      return { ...rest, shader: withKernelsInWords(shader), params: inWords(params), bindings: { ...bindings, kernels } };
    });
  return { memory, dispatches };
}

/** Places among kernels of nine elements, where these take three words. */
function inWords(params: Dispatch["params"]): Dispatch["params"] {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, name.startsWith("source") ? Number(value) / 3 : value]));
}

/** @param isShared whether each four lanes share sixteen, in words of their own */
function bytesOf(binding: Binding, isShared: boolean): Table | undefined {
  if ("packing" in binding)
    return binding.source.constant instanceof ByteTensor ? binding.source.constant.table(binding.packing, isShared) : undefined;
  return "memory" in binding && binding.constant instanceof ByteTensor ? binding.constant.table() : undefined;
}

function scaled(dispatch: Dispatch, epilogue: Epilogue): Dispatch {
  const name = Object.entries(dispatch.bindings).find(([, binding]) => binding === epilogue.y)?.[0];
  if (name === undefined) return dispatch;
  const bias = dispatch.bindings["bias"];
  const packing = hasNamedBias(dispatch.shader) && bias && "packing" in bias ? bias.packing : undefined;
  const { step, instead } = epilogue.rounding;
  const shader = withScales(dispatch.shader, name, { isRounded: step > 0, ...(instead && { activation: instead }) });
  return { ...dispatch, shader, bindings: { ...dispatch.bindings, scales: scalesOf(epilogue, packing) } };
}

/** @param change what becomes of each kernel for a convolution */
function withKernels(
  context: OperatorContext,
  change: (candidate: Candidate, ...to: Parameters<ConvolutionFamily>) => readonly Candidate[],
) {
  const convolution = context.families.convolution.map(
    (family): ConvolutionFamily =>
      (...to) =>
        family(...to).flatMap((candidate) => change(candidate, ...to)),
  );
  return { ...context, families: { ...context.families, convolution, sharing: undefined } };
}

/** What is known of the steps that a convolution reads, and of those behind it. */
interface KnownSteps {
  readonly isWhole: boolean;
  /** Their largest size; 0 where it reads no steps. */
  readonly most: number;
  /** What a result that is not rounded here is rounded to further on, less where sums lie between; 0 where it is not. */
  readonly behind: number;
}

function knownStepsOf({ attributes }: OperatorContext): KnownSteps {
  return { isWhole: attributes.flag("whole", false), most: attributes.number("most", 0), behind: attributes.number("behind", 0) };
}

/** With kernels only that compute with the weights as they are. */
function asTheyAre(context: OperatorContext): OperatorContext {
  return withKernels(context, (candidate) => (candidate.transformed ? [] : [candidate]));
}

/** Input channels up to which sums by tiles of 4×4 come so close to whole numbers that rounding finds them, see docs/decisions/0028. */
const mostChannelsByTiles = 256;
/** How far sums by tiles of 2×2, or of 4×4, may be off, as a share of the largest sum that there may be: twice the most that was found. */
const errors = { small: 12 / 2 ** 24, large: 20 / 2 ** 24 };
/** How far a sum may be off: by a share of the step that it is rounded to, here or behind it, or of its own unit, so that rounding finds the whole number. */
const mostOff = { ofStep: 1 / 8, ofUnit: 1 / 2 };

/** With kernels that transform bytes in each run, so that these alone are kept. */
function transformingInEachRun(context: OperatorContext, known: KnownSteps): OperatorContext {
  const { isWhole } = known;
  let largest: number | undefined;
  return withKernels(context, (candidate, { inChannels, outChannels }, target) => {
    const { transformed, cost } = candidate;
    if (!transformed) return [candidate];
    const isLarge = transformed > 16;
    // Kernels of the quick start take four channels a turn, zeros behind the last, which nothing writes here.
    if (target.quickStartBlock && inChannels % 4 > 0) return [];
    if (isWhole && isLarge && inChannels > mostChannelsByTiles) return [];
    largest ??= largestSum(context, known);
    if (largest * errors[isLarge ? "large" : "small"] > 1) return [];
    // Three loads, and as much again for each three steps to be taken out of them.
    const work = { invocations: inChannels * outChannels, loads: 9, stores: transformed, multiplyAdds: 4 * transformed };
    const kernel = isWhole ? withLastDispatch(candidate.kernel, withWholeSums) : candidate.kernel;
    return [{ ...candidate, kernel, cost: cost + costOf(target).of(work) }];
  });
}

/** The largest size that a sum may have, in what it may be off; 0 where nothing is rounded, or what is read is no steps. */
function largestSum(context: OperatorContext, { isWhole, most, behind }: KnownSteps): number {
  const step = roundingOf(context).step || behind;
  if (most === 0 || (step === 0 && !isWhole)) return 0;
  const factors = (context.input(factorIndex).constant as Tensor).toFloat32();
  const inSteps = factors.reduce((size, one) => Math.max(size, one), 0) / (step * mostOff.ofStep);
  const inUnits = isWhole ? 1 / mostOff.ofUnit : inSteps;
  return most * (context.input(1).constant as ByteTensor).largestSum * Math.min(inUnits, inSteps);
}

/** @param change of the shader that stores the results */
function withLastDispatch(kernel: Kernel, change: (shader: Shader) => Shader): Kernel {
  return {
    ...kernel,
    dispatches: (inputs, outputs) => {
      const all = kernel.dispatches(inputs, outputs);
      return all.map((dispatch, i) => (i === all.length - 1 ? { ...dispatch, shader: change(dispatch.shader) } : dispatch));
    },
  };
}

/** Sums that must not be stored in halves. */
const exact = [0];

export default [
  defineOperator("ExactConv", { since: 1, domain: fusedDomain }, (context) => ({ ...describeFused(asTheyAre(context)), exact })),
  ...["Gemm", "MatMul"].map((name) =>
    defineOperator(`Exact${name}`, { since: 1, domain: fusedDomain }, (context) => ({
      ...describeAs(context, name, context.inputs),
      exact,
    })),
  ),
  defineOperator("StepConvolution", { since: 1, domain: fusedDomain }, (context) => {
    const known = knownStepsOf(context);
    const isExact = context.attributes.flag("exact", false);
    return describe(isExact ? asTheyAre(context) : transformingInEachRun(context, known), describeFused, () => 1);
  }),
  defineOperator("StepProduct", { since: 1, domain: fusedDomain }, (context) => {
    const product = context.attributes.choice("product", ["Gemm", "MatMul", "FusedGemm"], "Gemm");
    return describe(
      context,
      (inner) => describeAs(inner, product, inner.inputs),
      (shape) => shape.length - 1,
    );
  }),
  defineOperator("Requantize", { since: 1, domain: fusedDomain }, (context) => {
    const operands = context.inputs.map((_, i) => context.input(i));
    const rounding = roundingOf(context);
    const { step, lowest, highest, stored } = rounding;
    // What one step of each input is, where that holds steps; 0 where it holds numbers.
    const units = context.attributes.numbers("units", []);
    const sum = units.map((unit, i) => (unit > 0 ? `${"ab"[i]} * share_${i}` : `${"ab"[i]} / step`)).join(" + ");
    const { evaluate, ...operation } = elementWise(context, operands, {
      expression: `${rounded(`clip(${sum}, lowest, highest)`)} * stored`,
      js: (a, b = 0) => a + b,
      dtype: context.input(0).dtype,
      scalars: { step, lowest, highest, stored, ...Object.fromEntries(units.map((unit, i) => [`share_${i}`, unit / step])) },
      nanOf: "",
    });
    return { ...operation, ...(!fitsHalves(rounding) && { exact }) };
  }),
] satisfies Operator[];
