// QuantizeLinear and DequantizeLinear: numbers to whole steps of a scale, and back. https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html
import { sizeOf } from "../../shapes.ts";
import { type DataType, dataTypesByCode, gpuTypeOf, isFloat, roundToEven, Tensor } from "../../tensor.ts";
import { elementWiseDispatch } from "../element-wise-kernel.ts";
import type { Operand, Operation, OperatorContext, PlacedOperand, Table } from "../operator.ts";
import { forEachElement, type Grid, isScaleType, partsOf, rangeOf, readGrid, scaleTypes } from "./grid.ts";
import { StepTensor } from "./step-tensor.ts";

interface Formula {
  readonly name: string;
  /** WGSL over an element, `a`, its scale, `b`, and its zero point, `c`. */
  readonly expression: string;
  readonly scalars?: Readonly<Record<string, number>>;
}

/** Applies a formula to each element, its scale and its zero point. */
function byGrid(grid: Grid, output: DataType, zeroType: DataType, formula: Formula): Pick<Operation, "kernels" | "continuesLayer"> {
  const none: Table = { label: "no zero point", data: new Int32Array(1) };
  return {
    continuesLayer: true,
    kernels: () => [
      {
        name: "element-wise",
        readsStrided: "any",
        writesStrided: true,
        dispatches: (inputs, outputs) => {
          const [x, scale, zeroPoint] = inputs as [PlacedOperand, PlacedOperand, PlacedOperand | undefined];
          const y = outputs[0] as PlacedOperand;
          const types = [x.dtype, scale.dtype, zeroType].map(gpuTypeOf);
          const { scalars = {} } = formula;
          const rule = {
            name: formula.name,
            expression: formula.expression,
            inputs: types,
            output: gpuTypeOf(output),
            scalars: Object.keys(scalars),
          };
          return partsOf(grid).map(({ shape, of, scales }) => {
            // A scale for each index of an axis lies along one stride, whatever the axes of its own.
            const along = (operand: PlacedOperand) => ({ ...scales, offset: operand.offset + scales.offset, binding: operand });
            const views = [
              { ...of(x), binding: x },
              along(scale),
              zeroPoint ? along(zeroPoint) : { binding: none, offset: 0, strides: shape.map(() => 0) },
            ];
            return elementWiseDispatch(rule, shape, { ...of(y), binding: y }, views, scalars);
          });
        },
      },
    ],
  };
}

/** The element type that an attribute names; `undefined` where it names none. */
function typeOf(context: OperatorContext, attribute: string): DataType | undefined {
  const code = context.attributes.integer(attribute, 0);
  return code === 0 ? undefined : (dataTypesByCode[code] ?? context.unsupported(`element type ${code}`));
}

export function describeQuantize(context: OperatorContext): Operation {
  const [x, scale, zeroPoint] = [context.input(0), context.input(1), context.inputs[2]];
  context.attributes.ignore("saturate", "precision");
  const asked = typeOf(context, "output_dtype");
  const dtype = zeroPoint?.dtype ?? asked ?? "uint8";
  if (asked && asked !== dtype) context.invalid(`output_dtype is ${asked}, the zero point ${dtype}`);
  if (!isFloat(x.dtype) && x.dtype !== "int32") context.invalid(`${x.dtype} elements, expected floating point or int32`);
  const [lowest, highest] = rangeOf(context, dtype);
  const grid = readGrid(context, x, scale, zeroPoint);
  const type = gpuTypeOf(dtype);
  return {
    outputs: [{ dtype, shape: x.shape }],
    ...(type === "u32" && { nonnegative: () => "always" as const }),
    evaluate: ([values, scales, zeros]) => [quantize(values as Tensor, scales as Tensor, zeros, { dtype, grid, lowest, highest })],
    ...byGrid(grid, dtype, zeroPoint ? dtype : "int32", {
      name: "quantize",
      expression: `${type}(clamp(round(f32(a) / b) + f32(c), lowest, highest))`,
      scalars: { lowest, highest },
    }),
  };
}

interface Quantization {
  readonly dtype: DataType;
  readonly grid: Grid;
  readonly lowest: number;
  readonly highest: number;
}

function quantize(x: Tensor, scale: Tensor, zeroPoint: Tensor | undefined, { dtype, grid, lowest, highest }: Quantization): Tensor {
  const [values, scales, zeros] = [x.toFloat32(), scale.toFloat32(), zeroPoint?.toNumbers()];
  const result = new Array<number>(values.length);
  forEachElement(grid, (element, at) => {
    const steps = roundToEven(Math.fround((values[element] as number) / (scales[at] as number))) + (zeros?.[at] ?? 0);
    result[element] = Math.min(highest, Math.max(lowest, steps));
  });
  return Tensor.from(dtype, x.shape, result);
}

export function describeDequantize(context: OperatorContext): Operation {
  const [x, scale, zeroPoint] = [context.input(0), context.input(1), context.inputs[2]];
  if (x.dtype !== "int32") rangeOf(context, x.dtype);
  if (zeroPoint && zeroPoint.dtype !== x.dtype) context.invalid(`the zero point is ${zeroPoint.dtype}, its steps ${x.dtype}`);
  const grid = readGrid(context, x, scale, zeroPoint);
  const dtype = typeOf(context, "output_dtype") ?? scale.dtype;
  if (!isScaleType(dtype)) context.invalid(`output_dtype is ${dtype}, expected ${scaleTypes.join(", ")}`);
  return {
    outputs: [{ dtype, shape: x.shape }],
    ...knownSteps(x, scale, zeroPoint, { dtype, grid }),
    ...byGrid(grid, dtype, zeroPoint?.dtype ?? "int32", {
      name: "dequantize",
      expression: x.dtype.startsWith("u") ? `f32(i32(a) - i32(c)) * b` : `f32(a - c) * b`,
    }),
  };
}

/** What is known at load takes no memory until it is read. */
function knownSteps(
  { constant, shape }: Operand,
  scale: Operand,
  zeroPoint: Operand | undefined,
  { dtype, grid }: Pick<Quantization, "dtype" | "grid">,
): Pick<Operation, "constantOutputs"> {
  if (!constant || !scale.constant || (zeroPoint && !zeroPoint.constant) || sizeOf(shape) === 0) return {};
  const parts = { steps: constant, scale: scale.constant, zeroPoint: zeroPoint?.constant, grid };
  return { constantOutputs: [new StepTensor(dtype, shape, parts)] };
}
