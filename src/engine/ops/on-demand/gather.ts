// Gather, GatherElements and GatherND: elements picked by index. They move words and so take every element type.
// https://onnx.ai/onnx/operators/onnx__Gather.html
import gatherShader from "../../../shaders/gather.wgsl";
import gatherElementsShader from "../../../shaders/gather-elements.wgsl";
import gatherNdShader from "../../../shaders/gather-nd.wgsl";
import type { ParamValues, Shader } from "../../../shaders/shader.ts";
import { ModelError } from "../../errors.ts";
import { denseStrides, normalizeAxis, sameShape, sizeOf } from "../../shapes.ts";
import { bytesPerElement, Tensor } from "../../tensor.ts";
import { aroundAxis, collapseAxes, padFront } from "../axes.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type Kernel, type Operand, type Operator, type OperatorContext, type PlacedOperand } from "../operator.ts";

export default [
  defineOperator("Gather", { since: 1 }, (context) => {
    const data = context.input(0);
    const indices = indexInput(context, 1);
    if (data.shape.length === 0) context.invalid("a scalar has no axis to gather along");
    const axis = normalizeAxis(context.attributes.integer("axis", 0), data.shape.length);
    const { outer, extent, inner } = aroundAxis(data.shape, axis);
    const shape = [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)];
    return {
      outputs: [{ dtype: data.dtype, shape }],
      nonnegative: () => ({ whereAll: [0] }),
      evaluate: ([x, picked]) => {
        const width = inner * bytesPerElement(data.dtype);
        const rows = (picked as Tensor).toNumbers().map((index) => fromStart(index, extent));
        const bytes = new Uint8Array(outer * rows.length * width);
        // Read once: a constant may compute its elements each time.
        const { bytes: source } = x as Tensor;
        for (let o = 0; o < outer; o++)
          for (const [j, row] of rows.entries()) {
            const start = (o * extent + row) * width;
            bytes.set(source.subarray(start, start + width), (o * rows.length + j) * width);
          }
        return [new Tensor(data.dtype, shape, bytes)];
      },
      kernels: () => [gatherKernel("gather", gatherShader, { extent, picks: sizeOf(indices.shape), inner })],
    };
  }),

  defineOperator("GatherElements", { since: 11 }, (context) => {
    const data = context.input(0);
    const { shape } = indexInput(context, 1);
    if (shape.length !== data.shape.length) context.invalid(`indices of rank ${shape.length} do not fit data of rank ${data.shape.length}`);
    const axis = normalizeAxis(context.attributes.integer("axis", 0), data.shape.length);
    if (shape.some((extent, i) => i !== axis && extent > (data.shape[i] as number)))
      context.invalid(`indices of shape [${shape}] reach beyond data of shape [${data.shape}]`);
    const strides = denseStrides(data.shape);
    const merged = collapseAxes(
      shape,
      strides.map((stride, i) => (i === axis ? 0 : stride)),
      denseStrides(shape),
    );
    const extents = padFront(merged.extents, 4, 1);
    if (!extents) return context.unsupported("more than four separate axes are not supported. Reshape to fewer.");
    return {
      outputs: [{ dtype: data.dtype, shape }],
      nonnegative: () => ({ whereAll: [0] }),
      kernels: () => [
        gatherKernel("gather-elements", gatherElementsShader, {
          extent: data.shape[axis] as number,
          axis_stride: strides[axis] as number,
          shape: extents,
          strides: padFront(merged.strides[0] ?? [], 4, 0) ?? [],
        }),
      ],
    };
  }),

  defineOperator("GatherND", { since: 11 }, (context) => {
    const data = context.input(0);
    const indices = indexInput(context, 1);
    const batchAxes = context.attributes.integer("batch_dims", 0, 0);
    const depth = indices.shape.at(-1) ?? 0;
    if (depth < 1 || batchAxes + depth > data.shape.length)
      context.invalid(`indices of shape [${indices.shape}] do not fit data of shape [${data.shape}]`);
    if (depth > 4) context.unsupported(`${depth} indices per element are not supported, only up to 4. Reshape the data to fewer axes.`);
    if (!sameShape(indices.shape.slice(0, batchAxes), data.shape.slice(0, batchAxes)))
      context.invalid(`the first ${batchAxes} axes of indices [${indices.shape}] and data [${data.shape}] differ`);
    const slice = data.shape.slice(batchAxes + depth);
    const indexed = data.shape.slice(batchAxes, batchAxes + depth);
    return {
      nonnegative: () => ({ whereAll: [0] }),
      outputs: [{ dtype: data.dtype, shape: [...indices.shape.slice(0, -1), ...slice] }],
      kernels: () => [
        gatherKernel("gather-nd", gatherNdShader, {
          picks: sizeOf(indices.shape.slice(batchAxes, -1)),
          inner: sizeOf(slice),
          depth,
          batch_stride: sizeOf(data.shape.slice(batchAxes)),
          extent: indexed,
          strides: denseStrides(data.shape).slice(batchAxes, batchAxes + depth),
        }),
      ],
    };
  }),
] satisfies Operator[];

/** The operand at `index`, refused unless it is int32 or int64, as indices are. */
function indexInput(context: OperatorContext, index: number): Operand {
  const operand = context.input(index);
  if (operand.dtype !== "int32" && operand.dtype !== "int64")
    context.invalid(`input ${index} holds indices and must be int32 or int64, got ${operand.dtype}`);
  return operand;
}

function gatherKernel(name: string, shader: Shader, params: ParamValues): Kernel {
  return {
    name,
    dispatches: ([input, indices], [output]) => {
      const count = sizeOf((output as PlacedOperand).shape);
      return [
        {
          shader,
          params: { count, ...params },
          bindings: { input: input as PlacedOperand, indices: indices as PlacedOperand, output: output as PlacedOperand },
          workgroups: workgroupCount(count, 64),
        },
      ];
    },
  };
}

function fromStart(index: number, extent: number): number {
  const result = index < 0 ? index + extent : index;
  if (result < 0 || result >= extent) throw new ModelError(`index ${index} is outside an axis of extent ${extent}`);
  return result;
}
