// Operators on bits: of whole numbers one by one, BitCast, and the tests for what is no number.
// https://onnx.ai/onnx/operators/onnx__BitwiseAnd.html
import { bytesPerElement, dataTypesByCode, gpuTypeOf, isFloat, Tensor } from "../../tensor.ts";
import { defineRow, type ElementWiseRow, elementWise } from "../element-wise.ts";
import { defineOperator, type OperatorContext } from "../operator.ts";

const whole = (expression: string) => ({ i32: expression, u32: expression });

/** Of 64 bits, which JavaScript's own operators do not have. */
const bitwise =
  (f: (a: bigint, b: bigint) => bigint): ElementWiseRow["js"] =>
  (a, b = 0) =>
    Number(f(whole64(a), whole64(b)));

const whole64 = (value: number) => BigInt(Math.trunc(value));

const rows: Readonly<Record<string, ElementWiseRow>> = {
  BitwiseAnd: { wgsl: whole("a & b"), js: bitwise((a, b) => a & b), operands: 2, since: 18 },
  BitwiseOr: { wgsl: whole("a | b"), js: bitwise((a, b) => a | b), operands: 2, since: 18 },
  BitwiseXor: { wgsl: whole("a ^ b"), js: bitwise((a, b) => a ^ b), operands: 2, since: 18 },
  IsNaN: { wgsl: "select(0u, 1u, is_nan(a))", js: (a) => Number(Number.isNaN(a)), output: "bool", nanOf: "", since: 9 },
};

const bitwiseNot = defineOperator("BitwiseNot", { since: 18 }, (context) => {
  const x = wholeInput(context, 0);
  const operation = elementWise(context, [x], { expression: "~a", js: (a) => ~a, dtype: x.dtype });
  return {
    ...operation,
    evaluate: ([tensor]) => [
      new Tensor(
        x.dtype,
        x.shape,
        (tensor as Tensor).bytes.map((byte) => ~byte),
      ),
    ],
  };
});

const bitShift = defineOperator("BitShift", { since: 11 }, (context) => {
  const [x, by] = [wholeInput(context, 0), wholeInput(context, 1)];
  if (gpuTypeOf(x.dtype) !== "u32") context.invalid(`${x.dtype} has a sign; only unsigned integers are shifted`);
  const direction = context.attributes.string("direction");
  if (direction !== "LEFT" && direction !== "RIGHT") context.invalid(`direction is '${direction}', not LEFT or RIGHT`);
  const isLeft = direction === "LEFT";
  return elementWise(context, [x, by], {
    // WGSL shifts by less than 32.
    expression: `select(0u, a ${isLeft ? "<<" : ">>"} (b & 31u), b < 32u)`,
    js: (a, b = 0) => {
      if (b >= 64) return 0;
      const [bits, places] = [whole64(a), whole64(b)];
      return Number(isLeft ? BigInt.asUintN(64, bits << places) : bits >> places);
    },
    dtype: x.dtype,
  });
});

function wholeInput(context: OperatorContext, index: number) {
  const operand = context.input(index);
  if (isFloat(operand.dtype) || operand.dtype === "bool") context.invalid(`input ${index} must hold whole numbers, got ${operand.dtype}`);
  return operand;
}

const isInf = defineOperator("IsInf", { since: 10 }, (context) => {
  const x = context.input(0);
  if (!isFloat(x.dtype)) context.invalid(`input 0 must be floating point, got ${x.dtype}`);
  const negative = context.attributes.flag("detect_negative", true);
  const positive = context.attributes.flag("detect_positive", true);
  const found = [...(positive ? ["0x7f800000u"] : []), ...(negative ? ["0xff800000u"] : [])];
  return elementWise(context, [x], {
    expression: `select(0u, 1u, ${found.map((bits) => `(bitcast<u32>(a) == ${bits})`).join(" | ") || "false"})`,
    js: (a) => Number((positive && a === Number.POSITIVE_INFINITY) || (negative && a === Number.NEGATIVE_INFINITY)),
    dtype: "bool",
  });
});

/** Types whose elements are, on the GPU, the very bits that the file's type has. */
const asStored: readonly string[] = ["float32", "int32", "uint32", "int8", "uint8", "int16", "uint16"];

const bitCast = defineOperator("BitCast", { since: 26 }, (context) => {
  const x = context.input(0);
  const code = context.attributes.integer("to");
  const dtype = dataTypesByCode[code] ?? context.unsupported(`element type ${code}. Cast to float32 instead`);
  if (bytesPerElement(dtype) !== bytesPerElement(x.dtype)) context.invalid(`${x.dtype} and ${dtype} differ in width`);
  if (!x.constant && ![x.dtype, dtype].every((type) => asStored.includes(type)))
    context.unsupported(`from ${x.dtype} to ${dtype}, which the GPU does not hold bit by bit. Make the input a constant`);
  const operation = elementWise(context, [x], { expression: `bitcast<${gpuTypeOf(dtype)}>(a)`, js: (a) => a, dtype, nanOf: "" });
  return {
    ...operation,
    nonnegative: () => undefined,
    evaluate: ([tensor]) => [new Tensor(dtype, x.shape, (tensor as Tensor).bytes)],
  };
});

export default [...Object.entries(rows).map(([name, row]) => defineRow(name, row)), bitwiseNot, bitShift, isInf, bitCast];
