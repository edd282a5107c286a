// ScatterElements (Scatter before opset 11), ScatterND and TensorScatter: a copy of a value with elements or parts of it replaced, or combined with
// others, at given places. Where several go to one place, they do so in their order.
// https://onnx.ai/onnx/operators/onnx__ScatterND.html
import scatterElementsShader from "../../../shaders/scatter-elements.wgsl";
import scatterNdShader from "../../../shaders/scatter-nd.wgsl";
import { denseStrides, normalizeAxis, type Shape, sameShape, sizeOf } from "../../shapes.ts";
import { bytesPerElement, type DataType, gpuTypeOf, isFloat, type Tensor } from "../../tensor.ts";
import { collapseAxes, padFront } from "../axes.ts";
import { checkSameType } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import { copyDispatch } from "../element-wise-kernel.ts";
import { defineComposed } from "../on-demand/composed.ts";
import {
  type Dispatch,
  defineOperator,
  type Operand,
  type Operation,
  type Operator,
  type OperatorContext,
  type PlacedOperand,
  type Scratch,
} from "../operator.ts";

const reductions = ["none", "add", "mul", "max", "min"] as const;

/** Updates that one invocation goes through one after the other. */
const mostSteps = 1 << 20;

/** Override constants that say how two elements become one. */
function combining(context: OperatorContext, dtype: DataType): { readonly TYPE: number; readonly REDUCTION: number } {
  const reduction = context.attributes.choice("reduction", reductions, "none");
  if (dtype === "bool" && reduction !== "none") context.invalid("bool elements are not combined");
  return { TYPE: ["f32", "i32", "u32"].indexOf(gpuTypeOf(dtype)), REDUCTION: reductions.indexOf(reduction) };
}

/** How far 8- and 16-bit integers lie from the upper end of a word. */
function shiftOf(dtype: DataType): number {
  return isFloat(dtype) ? 0 : Math.max(0, 32 - 8 * bytesPerElement(dtype));
}

function copied(input: PlacedOperand, output: PlacedOperand): Dispatch {
  const view = (binding: PlacedOperand) => ({ binding, offset: binding.offset, strides: binding.strides });
  return copyDispatch("copy", output.shape, view(input), view(output));
}

function indexInput(context: OperatorContext, index: number): Operand {
  const operand = context.input(index);
  if (operand.dtype !== "int32" && operand.dtype !== "int64")
    context.invalid(`input ${index} holds indices and must be int32 or int64, got ${operand.dtype}`);
  return operand;
}

function scatterElements(context: OperatorContext): Operation {
  const data = context.input(0);
  const { shape: picks } = indexInput(context, 1);
  const { dtype, shape } = data;
  checkSameType(context, 0, 2);
  const constants = combining(context, dtype);
  const axis = normalizeAxis(context.attributes.integer("axis", 0), shape.length);
  if (picks.length !== shape.length) context.invalid(`indices of rank ${picks.length} do not fit data of rank ${shape.length}`);
  if (!sameShape(picks, context.input(2).shape))
    context.invalid(`updates [${context.input(2).shape}] and indices [${picks}] have not one shape`);
  if (picks.some((extent, i) => i !== axis && extent > (shape[i] as number)))
    context.invalid(`indices of shape [${picks}] reach beyond data of shape [${shape}]`);
  const length = picks[axis] as number;
  if (length > mostSteps) context.unsupported(`${length} indices along one axis. Make them at most ${mostSteps}`);
  const [dataStrides, pickStrides] = [denseStrides(shape), denseStrides(picks)];
  const others = picks.map((_, i) => i).filter((i) => i !== axis);
  const merged = collapseAxes(
    ...([picks, dataStrides, pickStrides].map((all) => others.map((i) => all[i])) as [number[], number[], number[]]),
  );
  const extents = padFront(merged.extents, 4, 1);
  if (!extents) return context.unsupported("more than four separate axes are not supported. Reshape to fewer");
  const lines = sizeOf(extents);
  return {
    outputs: [{ dtype, shape }],
    nonnegative: () => ({ whereAll: [0, 2] }),
    kernels: () => [
      {
        name: "scatter-elements",
        readsStrided: [0],
        dispatches: ([input, indices, updates], [output]) => [
          copied(input as PlacedOperand, output as PlacedOperand),
          {
            shader: scatterElementsShader,
            constants,
            params: {
              count: length === 0 ? 0 : lines,
              length,
              extent: shape[axis] as number,
              data_stride: dataStrides[axis] as number,
              pick_stride: pickStrides[axis] as number,
              shift: shiftOf(dtype),
              shape: extents,
              data_strides: padFront(merged.strides[0] ?? [], 4, 0) ?? [],
              pick_strides: padFront(merged.strides[1] ?? [], 4, 0) ?? [],
            },
            bindings: { indices: indices as PlacedOperand, updates: updates as PlacedOperand, output: output as PlacedOperand },
            workgroups: workgroupCount(lines, 64),
          },
        ],
      },
    ],
  };
}

/** Indices per row at most, as scatter-nd.wgsl has room for. */
const mostDepth = 8;
/** How a row of indices is treated there. */
const phases = { mark: 0, marked: 1, any: 2, ordered: 3 } as const;
/** Rows of known indices that are looked through for two alike. */
const mostCompared = 1 << 16;

const scatterNd = defineOperator("ScatterND", { since: 11 }, (context) => {
  const { dtype, shape } = context.input(0);
  const indices = indexInput(context, 1);
  const updates = context.input(2);
  checkSameType(context, 0, 2);
  const constants = combining(context, dtype);
  const depth = indices.shape.at(-1) ?? 0;
  if (depth < 1 || depth > shape.length) context.invalid(`indices of shape [${indices.shape}] do not fit data of shape [${shape}]`);
  if (depth > mostDepth) context.unsupported(`${depth} indices per part, only up to ${mostDepth}. Reshape the data to fewer axes`);
  const slice = shape.slice(depth);
  const expected = [...indices.shape.slice(0, -1), ...slice];
  if (!sameShape(updates.shape, expected)) context.invalid(`updates have the shape [${updates.shape}], expected [${expected}]`);
  const rows = sizeOf(indices.shape.slice(0, -1));
  const inner = sizeOf(slice);
  const isOrdered = constants.REDUCTION > 0;
  if (isOrdered && rows > mostSteps) context.unsupported(`${rows} parts are combined. Make them at most ${mostSteps}`);
  const indexed = shape.slice(0, depth);
  const isApart = !isOrdered && areApart(indices.constant, depth, indexed);
  return {
    outputs: [{ dtype, shape }],
    nonnegative: () => ({ whereAll: [0, 2] }),
    kernels: () => [
      {
        name: "scatter-nd",
        readsStrided: [0],
        dispatches: (inputs, [output]) => {
          const [input, places, parts] = inputs as PlacedOperand[];
          const own = { indices: places as PlacedOperand, updates: parts as PlacedOperand, output: output as PlacedOperand };
          const phase = (PHASE: number, count: number, marks: Scratch): Dispatch => ({
            shader: scatterNdShader,
            constants: { ...constants, PHASE },
            params: {
              count,
              rows,
              inner,
              depth,
              shift: shiftOf(dtype),
              extent: [...indexed, ...new Array<number>(mostDepth - depth).fill(1)],
              strides: [...denseStrides(indexed), ...new Array<number>(mostDepth - depth).fill(0)],
            },
            bindings: { ...own, marks },
            workgroups: workgroupCount(count, 64),
          });
          const copy = copied(input as PlacedOperand, own.output);
          if (isOrdered) return [copy, phase(phases.ordered, rows === 0 ? 0 : inner, { scratchBytes: 4 })];
          if (isApart) return [copy, phase(phases.any, rows * inner, { scratchBytes: 4 })];
          const marks = { scratchBytes: 4 * Math.max(1, sizeOf(indexed)) };
          const cleared = copyDispatch(
            "fill",
            [sizeOf(indexed)],
            { binding: { label: "no marks", data: new Uint32Array(1) }, offset: 0, strides: [0] },
            { binding: marks, offset: 0, strides: [1] },
          );
          return [copy, cleared, phase(phases.mark, rows, marks), phase(phases.marked, rows * inner, marks)];
        },
      },
    ],
  };
});

/** Whether no two rows of known indices are alike. */
function areApart(indices: Tensor | undefined, depth: number, extents: Shape): boolean {
  if (!indices || indices.size / depth > mostCompared) return false;
  const strides = denseStrides(extents);
  const values = indices.toNumbers();
  const places = new Set<number>();
  for (let i = 0; i < values.length; i += depth) {
    let place = 0;
    for (let level = 0; level < depth; level++) {
      const index = values[i + level] as number;
      place += (index < 0 ? index + (extents[level] as number) : index) * (strides[level] as number);
    }
    places.add(place);
  }
  return places.size === values.length / depth;
}

const tensorScatter = defineComposed("TensorScatter", { since: 24 }, (context) => {
  const cache = context.input(0);
  const update = context.input(1);
  checkSameType(context, 0, 1);
  const rank = cache.shape.length;
  const axis = normalizeAxis(context.attributes.integer("axis", -2), rank);
  const isCircular = context.attributes.choice("mode", ["linear", "circular"], "linear") === "circular";
  if (axis === 0) context.invalid("axis 0 is the batch");
  if (
    update.shape.length !== rank ||
    update.shape.some((extent, i) => (i === axis ? extent > (cache.shape[i] as number) : extent !== cache.shape[i]))
  )
    context.invalid(`an update of shape [${update.shape}] does not fit a cache of shape [${cache.shape}]`);
  if ((update.shape[axis] as number) > mostSteps)
    context.unsupported(`an update of ${update.shape[axis]} places. Make them at most ${mostSteps}`);
  const extent = cache.shape[axis] as number;
  const batch = cache.shape[0] as number;
  const starts = context.inputs[2] && indexInput(context, 2);
  if (starts && !sameShape(starts.shape, [batch])) context.invalid(`write_indices have the shape [${starts.shape}], expected [${batch}]`);
  const along = (at: number, length: number) => cache.shape.map((_, i) => (i === at ? length : 1));
  return {
    outputs: [{ dtype: cache.dtype, shape: cache.shape }],
    nonnegative: () => ({ whereAll: [0, 1] }),
    write: (writer, [past = "", values = "", given = ""]) => {
      const length = update.shape[axis] as number;
      const steps = writer.reshape(writer.integers(...Array.from({ length }, (_, i) => i)), along(axis, length));
      const first = given && writer.reshape(starts?.dtype === "int64" ? given : writer.cast(given, "int64"), along(0, batch));
      const places = first ? writer.add(first, steps) : steps;
      const within = isCircular ? writer.node("Mod", [places, writer.number("int64", Math.max(1, extent))]) : places;
      const all = writer.node("Expand", [within, writer.integers(...update.shape)]);
      return [writer.node("ScatterElements", [past, all, values], { axis })];
    },
  };
});

export default [
  defineOperator("Scatter", { since: 9 }, scatterElements),
  defineOperator("ScatterElements", { since: 11 }, scatterElements),
  scatterNd,
  tensorScatter,
] satisfies Operator[];
