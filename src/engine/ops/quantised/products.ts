// Convolutions and products of matrices whose weights stay bytes on the GPU. Operators of Convcam's own, which a pass puts in the place of others, with
// what follows them up to the next rounding: y = clamp(round(factor · (Σ w · x + bias) / step), lowest, highest) · step.
import type { ActivationKind } from "../../../shaders/activations.ts";
import { hasNamedBias, scaleFields, withBytes, withScales } from "../../../shaders/steps.ts";
import { fusedDomain } from "../../graph/graph.ts";
import type { Shape } from "../../shapes.ts";
import type { Tensor } from "../../tensor.ts";
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
  type Table,
} from "../operator.ts";
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
  const isExact = context.attributes.flag("exact", false);
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
            return kernel.dispatches(inputs.slice(0, factorIndex), outputs).map((dispatch) => scaled(inBytes(dispatch), epilogue));
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

/** The same dispatch with bytes wherever it binds the weights. What computes with them while packing keeps floats. */
function inBytes(dispatch: Dispatch): Dispatch {
  const tables = Object.entries(dispatch.bindings).flatMap(([name, binding]) => {
    const table = bytesOf(binding);
    return table ? [[name, table] as const] : [];
  });
  const shader = tables.reduce((changed, [name]) => withBytes(changed, name), dispatch.shader);
  return { ...dispatch, shader, bindings: { ...dispatch.bindings, ...Object.fromEntries(tables) } };
}

function bytesOf(binding: Binding): Table | undefined {
  if ("packing" in binding)
    return binding.source.constant instanceof ByteTensor && !binding.packing.transform
      ? binding.source.constant.table(binding.packing)
      : undefined;
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

/** With kernels only that compute with the weights as they are. */
function asTheyAre(context: OperatorContext): OperatorContext {
  const families = context.families.convolution.map(
    (family): ConvolutionFamily =>
      (conv, target) =>
        family({ ...conv, keepsWeights: true }, target),
  );
  return { ...context, families: { ...context.families, convolution: families, sharing: undefined } };
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
  defineOperator("StepConvolution", { since: 1, domain: fusedDomain }, (context) => describe(asTheyAre(context), describeFused, () => 1)),
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
    const { step, lowest, highest, stored } = roundingOf(context);
    // What one step of each input is, where that holds steps; 0 where it holds numbers.
    const units = context.attributes.numbers("units", []);
    const sum = units.map((unit, i) => (unit > 0 ? `${"ab"[i]} * share_${i}` : `${"ab"[i]} / step`)).join(" + ");
    const { evaluate, ...operation } = elementWise(context, operands, {
      expression: `clip(round(${sum}), lowest, highest) * stored`,
      js: (a, b = 0) => a + b,
      dtype: context.input(0).dtype,
      scalars: { step, lowest, highest, stored, ...Object.fromEntries(units.map((unit, i) => [`share_${i}`, unit / step])) },
      nanOf: "",
    });
    return operation;
  }),
] satisfies Operator[];
