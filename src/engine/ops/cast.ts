// Cast and CastLike: elements of another type.
import { type DataType, dataTypesByCode, gpuTypeOf } from "../tensor.ts";
import { elementWise } from "./element-wise.ts";
import { defineOperator, type Operator, type OperatorContext } from "./operator.ts";

const cast = (name: string) =>
  defineOperator(name, { since: name === "Cast" ? 7 : 15 }, (context) => {
    context.attributes.ignore("saturate", "round_mode");
    const x = context.input(0);
    const dtype = name === "Cast" ? onnxDataType(context, context.attributes.integer("to")) : context.input(1).dtype;
    const [from, to] = [gpuTypeOf(x.dtype), gpuTypeOf(dtype)];
    const base = elementWise(context, [x], {
      expression: dtype === "bool" ? `select(0u, 1u, a != ${from}(0))` : `${to}(a)`,
      js: (a) => (dtype === "bool" ? Number(a !== 0) : a),
      dtype,
      nanOf: "",
    });
    // The same words under another name: nothing to compute.
    const isView = from === to && dtype !== "bool" && !isNarrow(dtype);
    return { ...base, isView };
  });

function isNarrow(dtype: DataType): boolean {
  return /^u?int(4|8|16)$/.test(dtype);
}

function onnxDataType(context: OperatorContext, code: number): DataType {
  return dataTypesByCode[code] ?? context.unsupported(`element type ${code}. Cast to float32 instead`);
}

export default [cast("Cast"), cast("CastLike")] satisfies Operator[];
