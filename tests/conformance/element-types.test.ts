// Whole numbers of each width, with and without a sign, and truth values: every operator that takes them gives what ONNX Runtime gives, wrap-around and all.
import { expect, test } from "vitest";
import type { Device } from "../../src/engine/gpu/device.ts";
import { loadModel } from "../../src/engine/model.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { type DataType, isFloat, type Tensor, Tensor as TensorOf } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { allowedFor, leaderOf, nameOf, type TypedCase, typedCases, withTypes } from "../support/element-types.ts";
import { runReference } from "../support/onnxruntime.ts";
import { graphOfCase, type OperatorCase } from "../support/operator-case.ts";
import { withDevice } from "../support/with-device.ts";

const inputsOf = ({ inputs, known = [] }: OperatorCase) =>
  Object.fromEntries(inputs.flatMap((tensor, i) => (tensor && !known.includes(i) ? [[`x${i}`, tensor] as const] : [])));

async function byRuntime(one: OperatorCase): Promise<readonly Tensor[] | undefined> {
  try {
    return [...(await runReference(graphOfCase(one), inputsOf(one))).values()];
  } catch {
    return undefined;
  }
}

/** Type, shape and elements; of 64 bits those 32 that the GPU has. */
function described({ dtype, shape, data }: Tensor): string {
  const elements = Array.from(data as ArrayLike<number | bigint>, (value) =>
    typeof value === "bigint" ? BigInt.asUintN(32, value) : value,
  );
  return `${dtype} [${shape}] ${elements}`;
}

/** Which input's type is varied: the one that says what is computed with. */
const variedInput = ({ operator, inputs }: TypedCase): number =>
  inputs.findIndex((_, i) => operator !== "Where" || leaderOf(operator, i) > 0);

/**
 * What an operator gives for inputs of a type. Where ONNX Runtime has no kernel for it, what it gives for the same numbers in a type with more bits,
 * wrapped around.
 */
async function expectedOf(one: TypedCase, dtype: DataType): Promise<readonly Tensor[] | undefined> {
  const input = variedInput(one);
  const exact = withTypes(one, new Map([[input, dtype]]));
  const types = inferGraph(graphOfCase(exact), everything).graph.types;
  for (const wider of [dtype, ...(dtype === "uint32" ? [] : ["int32" as const]), "uint32", "int64", "float64", "int32"] as const) {
    const inputs = exact.inputs.map((tensor, i) =>
      tensor && leaderOf(one.operator, i) === input ? TensorOf.from(wider, tensor.shape, tensor.toNumbers()) : tensor,
    );
    const found = await byRuntime({ ...exact, inputs });
    if (found)
      return found.map((tensor, i) => {
        const type = types.get(`y${i}`)?.dtype ?? dtype;
        return type === tensor.dtype ? tensor : TensorOf.from(type, tensor.shape, tensor.toNumbers());
      });
  }
  return undefined;
}

async function byConvcam(device: Device, one: OperatorCase): Promise<readonly Tensor[]> {
  const graph = graphOfCase(one);
  const model = await loadModel(device, graph);
  try {
    model.run(inputsOf(one));
    return await Promise.all(graph.outputs.map((name) => model.read(name)));
  } finally {
    model.dispose();
  }
}

/** Cases that are computed with whole numbers in one submit. */
const isTaken = (one: TypedCase, dtype: DataType): boolean =>
  inferGraph(graphOfCase(withTypes(one, new Map([[variedInput(one), dtype]]))), everything).obstacles.length === 0;
const cases = typedCases.flatMap((one) => {
  const dtypes = allowedFor(one.operator, variedInput(one)).filter((dtype) => !isFloat(dtype) && isTaken(one, dtype));
  return dtypes.length > 0 ? [{ name: nameOf(one), one, dtypes }] : [];
});

test("most operators are among them", () => expect(new Set(cases.map(({ one }) => one.operator)).size).toBeGreaterThan(50));

test.each(cases)("$name: $dtypes", ({ one, dtypes }) =>
  withDevice(async (device) => {
    for (const dtype of dtypes) {
      const expected = await expectedOf(one, dtype);
      expect(expected, `ONNX Runtime on ${dtype}`).toBeDefined();
      const actual = await byConvcam(device, withTypes(one, new Map([[variedInput(one), dtype]])));
      for (const [i, tensor] of actual.entries()) {
        const wanted = expected?.[i] as Tensor;
        expect(described(tensor), `output ${i} of ${dtype}`).toBe(described(wanted));
      }
    }
  }),
);
