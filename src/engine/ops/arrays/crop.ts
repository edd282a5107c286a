// CenterCropPad and ReverseSequence. https://onnx.ai/onnx/operators/onnx__CenterCropPad.html
import reverseShader from "../../../shaders/reverse-sequence.wgsl";
import { checkShape, normalizeAxis, sameShape, sizeOf } from "../../shapes.ts";
import { workgroupCount } from "../dispatch.ts";
import { moving, piece } from "../movement.ts";
import { defineOperator, type Operator, type PlacedOperand } from "../operator.ts";

const centerCropPad = defineOperator("CenterCropPad", { since: 18 }, (context) => {
  const x = context.input(0);
  const target = context.constant(1, "shape")?.toNumbers() ?? context.invalid("a shape is required");
  const axes = (context.attributes.integers("axes") ?? x.shape.map((_, i) => i)).map((axis) => normalizeAxis(axis, x.shape.length));
  if (new Set(axes).size !== axes.length || axes.length !== target.length || target.some((extent) => !(extent >= 0)))
    context.invalid(`the shape [${target}] does not fit the axes [${axes}]`);
  const shape = [...x.shape];
  axes.forEach((axis, i) => {
    shape[axis] = target[i] as number;
  });
  checkShape(shape);
  // Of an odd rest the larger half lies behind.
  const before = shape.map((extent, axis) => Math.floor(Math.abs(extent - (x.shape[axis] as number)) / 2));
  const isLarger = shape.map((extent, axis) => extent > (x.shape[axis] as number));
  const from = piece(before.map((count, axis) => (isLarger[axis] ? 0 : count)));
  const to = piece(before.map((count, axis) => (isLarger[axis] ? count : 0)));
  const kept = shape.map((extent, axis) => Math.min(extent, x.shape[axis] as number));
  return moving([{ dtype: x.dtype, shape }], [{ input: 0, output: 0, shape: kept, from, to }], isLarger.includes(true) ? 0 : undefined);
});

const reverseSequence = defineOperator("ReverseSequence", { since: 10 }, (context) => {
  const { dtype, shape } = context.input(0);
  const batchAxis = context.attributes.integer("batch_axis", 1, 0);
  const timeAxis = context.attributes.integer("time_axis", 0, 0);
  if (shape.length < 2 || batchAxis + timeAxis !== 1)
    context.invalid(`axes ${timeAxis} and ${batchAxis} of [${shape}]; time and batch are 0 and 1`);
  const lengths = context.input(1);
  if (!sameShape(lengths.shape, [shape[batchAxis] as number]) || lengths.dtype !== "int64")
    context.invalid(`lengths are ${lengths.dtype} [${lengths.shape}], expected int64 [${shape[batchAxis]}]`);
  const count = sizeOf(shape);
  return {
    outputs: [{ dtype, shape }],
    nonnegative: () => ({ whereAll: [0] }),
    kernels: () => [
      {
        name: "reverse-sequence",
        dispatches: ([input, given], [output]) => [
          {
            shader: reverseShader,
            params: { count, second: shape[1] as number, inner: sizeOf(shape.slice(2)), time_axis: timeAxis },
            bindings: { input: input as PlacedOperand, lengths: given as PlacedOperand, output: output as PlacedOperand },
            workgroups: workgroupCount(count, 64),
          },
        ],
      },
    ],
  };
});

export default [centerCropPad, reverseSequence] satisfies Operator[];
