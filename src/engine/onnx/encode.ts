// A Graph to the bytes of an .onnx file.
import type { Graph, GraphInput } from "../graph/graph.ts";
import type { Tensor } from "../tensor.ts";
import type { ModelProto } from "./proto.ts";
import { type EncodedType, encodeModelProto, encodeTensorProto, nodeToProto, tensorToProto, valueInfo } from "./to-proto.ts";

/** The first that has all a Graph can hold; the oldest one is what most tools read. */
const irVersion = 8;

export interface EncodeOptions {
  /**
   * Types of values by name. The standard wants them for graph outputs; those of other values are written as value_info.
   * A TypedGraph brings its own.
   */
  readonly types?: ReadonlyMap<string, EncodedType>;
}

/**
 * Encodes a graph as an ONNX model. Importing the result gives an equal graph, whose floats are rounded to float32.
 *
 * @throws UnsupportedError for subgraphs that came from no file, and beyond 2 GiB
 */
export function encodeModel(graph: Graph & { readonly types?: ReadonlyMap<string, EncodedType> }, options: EncodeOptions = {}): Uint8Array {
  const types = knownTypes(graph, options.types ?? graph.types);
  const given = new Set([...graph.inputs.map((input) => input.name), ...graph.initializers.keys()]);
  const inner = [...types.keys()].filter((name) => !given.has(name) && !graph.outputs.includes(name));
  return encodeModelProto({
    irVersion,
    opsetImport: [...graph.opsets].map(([domain, version]) => ({ domain, version })),
    ...metadataToProto(graph.metadata),
    graph: {
      name: graph.name || "graph",
      node: graph.nodes.map(nodeToProto),
      initializer: [...graph.initializers].map(([name, tensor]) => tensorToProto(tensor, name)),
      input: graph.inputs.map((input) => valueInfo(input.name, input)),
      output: graph.outputs.map((name) => valueInfo(name, types.get(name))),
      valueInfo: inner.map((name) => valueInfo(name, types.get(name))),
    },
  });
}

/** Encodes a lone tensor as ONNX's test data does. */
export function encodeTensor(tensor: Tensor, name = ""): Uint8Array {
  return encodeTensorProto(tensorToProto(tensor, name));
}

/** The given types, and those of inputs and initializers, which an output may be. */
function knownTypes(graph: Graph, types: ReadonlyMap<string, EncodedType> | undefined): ReadonlyMap<string, EncodedType> {
  return new Map<string, EncodedType>([
    ...(types ?? []),
    ...graph.initializers,
    ...graph.inputs.map((input: GraphInput) => [input.name, input] as const),
  ]);
}

/** The inverse of how import fills the metadata: some keys are fields of the model, the rest its metadata_props. */
function metadataToProto(metadata: ReadonlyMap<string, string>): Partial<ModelProto> {
  const version = metadata.get("model_version");
  return {
    producerName: metadata.get("producer_name"),
    producerVersion: metadata.get("producer_version"),
    domain: metadata.get("domain"),
    docString: metadata.get("doc_string"),
    modelVersion: version === undefined ? undefined : Number(version),
    metadataProps: [...metadata].filter(([key]) => !modelFields.has(key)).map(([key, value]) => ({ key, value })),
  };
}

const modelFields: ReadonlySet<string> = new Set(["producer_name", "producer_version", "domain", "doc_string", "model_version"]);
