// A network's file with a new last layer, for classes of one's own. Loaded when it is asked for.
import { withNewHead } from "./graph/new-head.ts";
import { encodeModel } from "./onnx/encode.ts";
import { type ModelSource, readModel } from "./source.ts";

/**
 * @param seed of the new weights
 * @returns an .onnx file, and the names of the parameters that know nothing yet
 * @throws ModelError where the network does not end in a layer that tells classes
 */
export async function withClasses(
  source: ModelSource,
  classes: readonly string[],
  seed = 0,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly parameters: readonly string[] }> {
  const { graph, parameters } = withNewHead(await readModel(source), classes, seed);
  return { bytes: encodeModel(graph) as Uint8Array<ArrayBuffer>, parameters };
}
