// A model that keeps its weights in a second file, as PyTorch writes large ones.
import { encodeModelProto } from "../../src/engine/onnx/to-proto.ts";

/** y = 3 · x for a picture of 4 × 4; the 3 is in a file beside it, after eight other bytes. */
export function twoFiles(location = "net.onnx.data"): { readonly model: Uint8Array; readonly weights: Uint8Array } {
  const dim = [1, 1, 4, 4].map((dimValue) => ({ dimValue }));
  const model = encodeModelProto({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      input: [{ name: "x", type: { tensorType: { elemType: 1, shape: { dim } } } }],
      output: [{ name: "y" }],
      node: [{ opType: "Mul", input: ["x", "w"], output: ["y"] }],
      initializer: [
        {
          name: "w",
          dims: [1],
          dataType: 1,
          dataLocation: 1,
          externalData: Object.entries({ location, offset: "8", length: "4" }).map(([key, value]) => ({ key, value })),
        },
      ],
    },
  });
  return { model, weights: new Uint8Array(new Float32Array([1, 2, 3]).buffer) };
}
