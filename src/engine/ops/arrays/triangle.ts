// Trilu, which keeps one side of a diagonal, and EyeLike. https://onnx.ai/onnx/operators/onnx__Trilu.html
import triluShader from "../../../shaders/trilu.wgsl";
import { sizeOf } from "../../shapes.ts";
import { bytesPerElement, dataTypesByCode, Tensor } from "../../tensor.ts";
import { workgroupCount } from "../dispatch.ts";
import { computed } from "../on-demand/shapes.ts";
import { defineOperator, type Operator, type PlacedOperand } from "../operator.ts";

const trilu = defineOperator("Trilu", { since: 14 }, (context) => {
  const { dtype, shape } = context.input(0);
  const isUpper = context.attributes.flag("upper", true);
  const [rows, columns] = shape.slice(-2);
  if (rows === undefined || columns === undefined) return context.invalid(`a value of shape [${shape}] has no rows and columns`);
  // Beyond the corners all diagonals are alike.
  const k = Math.min(columns, Math.max(-rows, context.constant(1, "k")?.toNumbers()[0] ?? 0));
  const isKept = (row: number, column: number) => (isUpper ? column - row >= k : column - row <= k);
  return {
    outputs: [{ dtype, shape }],
    nonnegative: () => ({ whereAll: [0] }),
    evaluate: ([x]) => {
      const width = bytesPerElement(dtype);
      const bytes = (x as Tensor).bytes.slice();
      for (let i = 0; i < sizeOf(shape); i++)
        if (!isKept(Math.floor(i / columns) % rows, i % columns)) bytes.fill(0, i * width, (i + 1) * width);
      return [new Tensor(dtype, shape, bytes)];
    },
    kernels: () => [
      {
        name: "trilu",
        dispatches: ([input], [output]) => [
          {
            shader: triluShader,
            params: { count: sizeOf(shape), rows, columns, k, sign: isUpper ? 1 : -1 },
            bindings: { input: input as PlacedOperand, output: output as PlacedOperand },
            workgroups: workgroupCount(sizeOf(shape), 64),
          },
        ],
      },
    ],
  };
});

/** Elements of one matrix. */
const mostElements = 1 << 22;

const eyeLike = defineOperator("EyeLike", { since: 9 }, (context) => {
  const x = context.input(0);
  const code = context.attributes.has("dtype") ? context.attributes.integer("dtype") : undefined;
  const dtype = code === undefined ? x.dtype : (dataTypesByCode[code] ?? context.unsupported(`element type ${code}. Use float32`));
  const k = context.attributes.integer("k", 0);
  const [rows, columns, more] = x.shape;
  if (rows === undefined || columns === undefined || more !== undefined)
    return context.invalid(`the shape is [${x.shape}], expected rows and columns`);
  if (rows * columns > mostElements) context.unsupported(`a matrix of ${rows} × ${columns}. Make it at most ${mostElements} elements`);
  return computed(dtype, x.shape, () => {
    const values = new Float32Array(rows * columns);
    for (let row = Math.max(0, -k); row < Math.min(rows, columns - k); row++) values[row * columns + row + k] = 1;
    return values;
  });
});

export default [trilu, eyeLike] satisfies Operator[];
