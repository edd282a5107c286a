// The smallest model, with which a runtime starts before the clock does.

import { singleNodeGraph } from "../src/bench/layers.ts";
import { encodeModel } from "../src/engine/onnx/encode.ts";

export function warmUpModel(): Uint8Array<ArrayBuffer> {
  const graph = singleNodeGraph({ name: "warm-up", operator: "Relu", inputs: { x: [1, 1, 1, 1] } });
  return encodeModel(graph) as Uint8Array<ArrayBuffer>;
}
