// InstanceNormalization, GroupNormalization and LayerNormalization: rows brought to mean 0 and deviation 1.
// https://onnx.ai/onnx/operators/onnx__InstanceNormalization.html
import normalizeRowsShader from "../../../shaders/normalize-rows.wgsl";
import { fusedDomain } from "../../graph/graph.ts";
import { normalizeAxis, type Shape, sizeOf } from "../../shapes.ts";
import { checkSameType, floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import { type Dispatch, defineOperator, type Operator, type PlacedOperand, type Table, type Target } from "../operator.ts";

/** How rows lie in the input, and which scale and bias each element takes; see normalize-rows.wgsl. */
interface Rows {
  readonly epsilon: number;
  /** The rows, on two axes. */
  readonly rowExtent: readonly [number, number];
  /** A row: channels, height, width. */
  readonly extent: readonly [number, number, number];
  readonly period: number;
  readonly rowStep: number;
  readonly inner: number;
  readonly elementStep: number;
}

const operators = [
  defineOperator("InstanceNormalization", { since: 6 }, (context) => {
    const { dtype, shape } = floatInput(context, 0);
    checkSameType(context, 0, 1, 2);
    const epsilon = context.attributes.number("epsilon", 1e-5);
    const channels = shape[1] ?? 1;
    const spatial = sizeOf(shape.slice(2));
    for (const index of [1, 2])
      if (sizeOf(floatInput(context, index).shape) !== channels) context.invalid(`input ${index} must have ${channels} elements`);
    const rows = { epsilon, ...groupRows(shape, channels), period: channels, rowStep: 1, inner: spatial, elementStep: 0 };
    return { outputs: [{ dtype, shape }], continuesLayer: true, kernels: (target) => [groupKernel(shape, rows, target)] };
  }),
  defineOperator("GroupNormalization", { since: 18 }, (context) => {
    const { dtype, shape } = floatInput(context, 0);
    const { attributes } = context;
    checkSameType(context, 0, 1, 2);
    attributes.ignore("stash_type");
    const epsilon = attributes.number("epsilon", 1e-5);
    const groups = attributes.integer("num_groups", undefined, 1);
    const channels = shape[1] ?? 1;
    if (channels % groups !== 0) context.invalid(`${channels} channels do not divide into ${groups} groups`);
    const perGroup = channels / groups;
    const spatial = sizeOf(shape.slice(2));
    // Opset 21 made scale and bias per channel; before, they were per group.
    const isPerChannel = context.opset >= 21;
    const steps = isPerChannel
      ? { rowStep: perGroup, inner: spatial, elementStep: 1 }
      : { rowStep: 1, inner: perGroup * spatial, elementStep: 0 };
    for (const index of [1, 2]) {
      const expected = isPerChannel ? channels : groups;
      if (sizeOf(floatInput(context, index).shape) !== expected) context.invalid(`input ${index} must have ${expected} elements`);
    }
    const rows = { epsilon, ...groupRows(shape, groups), period: groups, ...steps };
    return { outputs: [{ dtype, shape }], continuesLayer: true, kernels: (target) => [groupKernel(shape, rows, target)] };
  }),
  defineOperator("LayerNormalization", { since: 17 }, (context) => {
    const { dtype, shape } = floatInput(context, 0);
    const { attributes } = context;
    checkSameType(context, 0, 1, 2);
    attributes.ignore("stash_type");
    const epsilon = attributes.number("epsilon", 1e-5);
    const axis = normalizeAxis(attributes.integer("axis", -1), shape.length);
    const length = sizeOf(shape.slice(axis));
    for (const index of [1, 2]) {
      const operand = context.inputs[index];
      if (operand && sizeOf(operand.shape) !== length)
        context.unsupported(
          `input ${index} of shape [${operand.shape}] broadcasts over the normalised axes [${shape.slice(axis)}]. Expand it before export.`,
        );
    }
    const rows: Rows = {
      epsilon,
      rowExtent: [1, sizeOf(shape.slice(0, axis))],
      extent: [1, 1, length],
      period: 1,
      rowStep: 0,
      inner: 1,
      elementStep: 1,
    };
    const statistics = { dtype: "float32" as const, shape: shape.map((extent, i) => (i < axis ? extent : 1)) };
    return {
      outputs: [{ dtype, shape }, statistics, statistics].slice(0, Math.max(1, context.outputCount)),
      kernels: (target) => [
        {
          name: "normalize-rows",
          dispatches: (inputs, outputs) => [
            normalizeDispatch(
              rows,
              target,
              inputs,
              outputs,
              { row: [0, length], inner: [0, 0, 1] },
              { row: [0, length], inner: [0, 0, 1] },
            ),
          ],
        },
      ],
    };
  }),
] satisfies Operator[];

/** For passes, which write them into files of any opset. */
const own = operators
  .filter(({ name }) => name !== "GroupNormalization")
  .map((operator) => ({ ...operator, domain: fusedDomain, since: 1 }));

export default [...operators, ...own];

/** [n, c, …] as n · groups rows of [c / groups, height, width]; further spatial axes count as height. */
function groupRows(shape: Shape, groups: number): Pick<Rows, "rowExtent" | "extent"> {
  const [n = 1, channels = 1] = shape;
  const width = shape.length > 2 ? (shape.at(-1) as number) : 1;
  return { rowExtent: [n, groups], extent: [channels / groups, sizeOf(shape.slice(2)) / width, width] };
}

interface RowStrides {
  readonly row: readonly number[];
  readonly inner: readonly number[];
}

function groupKernel(shape: Shape, rows: Rows, target: Target) {
  const stridesOf = ({ strides }: PlacedOperand): RowStrides => {
    const [n = 0, c = 0] = strides;
    const width = shape.length > 2 ? strides.at(-1) : 0;
    const height = shape.length > 3 ? strides.at(-2) : 0;
    return { row: [n, c * rows.extent[0]], inner: [c, height ?? 0, width ?? 0] };
  };
  return {
    name: "normalize-rows",
    // The spatial axes before the last two become one axis, which is possible only where they are dense.
    ...(shape.length <= 4 ? { readsStrided: [0], writesStrided: true } : {}),
    dispatches: (inputs: readonly (PlacedOperand | undefined)[], outputs: readonly PlacedOperand[]) => [
      normalizeDispatch(rows, target, inputs, outputs, stridesOf(inputs[0] as PlacedOperand), stridesOf(outputs[0] as PlacedOperand)),
    ],
  };
}

function normalizeDispatch(
  { epsilon, rowExtent, extent, period, rowStep, inner, elementStep }: Rows,
  { profile }: Target,
  [input, scale, bias]: readonly (PlacedOperand | undefined)[],
  [output, means, inverseDeviations]: readonly PlacedOperand[],
  from: RowStrides,
  to: RowStrides,
): Dispatch {
  const rows = rowExtent[0] * rowExtent[1];
  const length = sizeOf(extent);
  const constant = (label: string, value: number): Table => ({
    label,
    data: new Float32Array(sizeOf(scale?.shape ?? [1])).fill(value),
  });
  return {
    shader: normalizeRowsShader,
    // On SwiftShader lanes add up one after another: 64 took twenty times as long as 4 for rows of 96.
    constants: { LANES: length >= 64 && profile !== "software" ? 64 : 4 },
    params: {
      length,
      width: extent[2],
      height: extent[1],
      epsilon,
      rows,
      rows_y: rowExtent[1],
      period,
      row_step: rowStep,
      inner,
      element_step: elementStep,
      input_offset: (input as PlacedOperand).offset,
      output_offset: (output as PlacedOperand).offset,
      input_row_strides: from.row,
      output_row_strides: to.row,
      input_strides: from.inner,
      output_strides: to.inner,
    },
    bindings: {
      input: input as PlacedOperand,
      scale: scale ?? constant("scale of one", 1),
      bias: bias ?? constant("no bias", 0),
      output: output as PlacedOperand,
      means: means ?? { scratchBytes: rows * 4 },
      inverse_deviations: inverseDeviations ?? { scratchBytes: rows * 4 },
    },
    workgroups: workgroupCount(rows, 1),
  };
}
