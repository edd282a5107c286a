// Operators that change shape or type but no element, and those that make arrays from shapes.
import { normalizeAxis, sizeOf } from "../../engine/shapes.ts";
import { type DataType, dataTypesByCode, isFloat, isSigned, type Tensor } from "../../engine/tensor.ts";
import { fromTensor, map, type NdArray, ndArray, reshape, vector } from "../array.ts";
import { type Call, type Evaluate, list, type Operators } from "../operator.ts";

/** 0 keeps an extent, −1 takes what is left. */
const reshapeTo: Evaluate = (call) => {
  const x = call.input(0);
  const given = list(call, "shape", 1) ?? call.unsupported("there is no shape.");
  const keepsZeros = call.attributes.flag("allowzero", false);
  const shape = given.map((extent, axis) => (extent === 0 && !keepsZeros ? (x.shape[axis] as number) : extent));
  const rest = x.data.length / sizeOf(shape.filter((extent) => extent !== -1));
  return reshape(
    x,
    shape.map((extent) => (extent === -1 ? rest : extent)),
  );
};

const flatten: Evaluate = ({ attributes, input }) => {
  const { shape } = input(0);
  const given = attributes.number("axis", 1);
  const axis = given < 0 ? given + shape.length : given;
  return reshape(input(0), [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))]);
};

const squeeze: Evaluate = (call) => {
  const x = call.input(0);
  const axes = list(call, "axes", 1)?.map((axis) => normalizeAxis(axis, x.shape.length));
  return reshape(
    x,
    x.shape.filter((extent, axis) => !(axes ? axes.includes(axis) : extent === 1)),
  );
};

const unsqueeze: Evaluate = (call) => {
  const x = call.input(0);
  const given = list(call, "axes", 1) ?? [];
  const rank = x.shape.length + given.length;
  const axes = given.map((axis) => normalizeAxis(axis, rank));
  const rest = x.shape.values();
  return reshape(
    x,
    Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (rest.next().value ?? 1))),
  );
};

/** Between floats nothing is rounded: all are doubles here. */
function castTo(x: NdArray, dtype: DataType): NdArray {
  if (isFloat(dtype)) return { ...x, dtype };
  if (dtype === "bool") return map(x, (value) => Number(value !== 0), dtype);
  const bits = Number(/\d+$/.exec(dtype)?.[0]);
  return map(x, bits > 32 ? Math.trunc : (value) => wrapped(Math.trunc(value), bits, isSigned(dtype)), dtype);
}

/** What the lowest bits of a whole number say. */
function wrapped(value: number, bits: number, hasSign: boolean): number {
  if (!Number.isFinite(value)) return 0;
  const range = 2 ** bits;
  const low = value - Math.floor(value / range) * range;
  return hasSign && low >= range / 2 ? low - range : low;
}

const cast: Evaluate = ({ attributes, input, unsupported }) => {
  const code = attributes.number("to");
  return castTo(input(0), dataTypesByCode[code] ?? unsupported(`element type ${code} is not known.`));
};

const constant: Evaluate = ({ attributes, unsupported }) => {
  if (attributes.has("value")) return fromTensor(attributes.tensor("value") as Tensor);
  if (attributes.has("value_float")) return ndArray("float32", [], Float64Array.of(attributes.number("value_float")));
  if (attributes.has("value_int")) return ndArray("int64", [], Float64Array.of(attributes.number("value_int")));
  if (attributes.has("value_ints")) return vector(attributes.numbers("value_ints", []));
  if (!attributes.has("value_floats")) unsupported("a constant of strings is not part of the float64 reference.");
  return { ...vector(attributes.numbers("value_floats", [])), dtype: "float32" };
};

const constantOfShape: Evaluate = ({ attributes, input }) => {
  const shape = Array.from(input(0).data);
  const value = attributes.tensor("value");
  const { dtype, data } = value ? fromTensor(value) : ndArray("float32", [1], new Float64Array(1));
  return ndArray(dtype, shape, new Float64Array(sizeOf(shape)).fill(data[0] as number));
};

const range: Evaluate = ({ input }) => {
  const [start = 0, limit = 0, delta = 1] = [0, 1, 2].map((i) => input(i).data[0] as number);
  const length = Math.max(0, Math.ceil((limit - start) / delta));
  return ndArray(
    input(0).dtype,
    [length],
    Float64Array.from({ length }, (_, i) => start + i * delta),
  );
};

const shapeOf: Evaluate = ({ attributes, input }) => {
  const { shape } = input(0);
  return vector(shape.slice(attributes.number("start", 0), attributes.has("end") ? attributes.number("end") : undefined));
};

/** At inference nothing is dropped. */
const dropout: Evaluate = (call: Call) => {
  const x = call.input(0);
  if (call.inputs[2]?.data[0] && call.inputs[1]?.data[0] !== 0) call.unsupported("training mode is not part of the float64 reference.");
  return [x, map(x, () => 1, "bool")];
};

export const shapes: Operators = {
  Reshape: reshapeTo,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Cast: cast,
  CastLike: ({ input }) => castTo(input(0), input(1).dtype),
  Dropout: dropout,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  Shape: shapeOf,
  Size: ({ input }) => ndArray("int64", [], Float64Array.of(input(0).data.length)),
};
