// Cast and CastLike: elements of another type.
import { type DataType, dataTypesByCode, gpuTypeOf } from "../tensor.ts";
import { elementWise, narrowBits } from "./element-wise.ts";
import { defineOperator, type Operator, type OperatorContext } from "./operator.ts";

const cast = (name: string) =>
  defineOperator(name, { since: name === "Cast" ? 7 : 15 }, (context) => {
    context.attributes.ignore("saturate", "round_mode");
    const x = context.input(0);
    const dtype = name === "Cast" ? onnxDataType(context, context.attributes.integer("to")) : context.input(1).dtype;
    const [from, to] = [gpuTypeOf(x.dtype), gpuTypeOf(dtype)];
    const bits = dtype === "bool" ? 1 : narrowBits(dtype);
    return {
      ...elementWise(context, [x], {
        // A float below 0 wraps around as i32 does: WGSL's u32 would make 0 of it.
        expression: bits === 1 ? `u32(a != ${from}(0))` : `${to}(${bits ? "i32(a)" : "a"})`,
        js: (a) => (bits === 1 ? Number(a !== 0) : bits !== 4 ? a : to === "u32" ? a & 15 : (a << 28) >> 28),
        dtype,
        nanOf: "",
      }),
      // The same words under another name: nothing to compute.
      isView: from === to && !bits,
    };
  });

function onnxDataType(context: OperatorContext, code: number): DataType {
  return dataTypesByCode[code] ?? context.unsupported(`element type ${code}. Cast to float32 instead`);
}

export default [cast("Cast"), cast("CastLike")] satisfies Operator[];
