// What a Graph holds as ONNX's protobuf messages, and these as bytes. Only what writes files takes it.
import { UnsupportedError } from "../errors.ts";
import type { AttributeValue, Body, Node } from "../graph/graph.ts";
import { type DataType, dataTypeCode, Tensor } from "../tensor.ts";
import { typeCodes } from "./attribute-proto.ts";
import { isPacked, packed } from "./four-bits.ts";
import type { AttributeProto, GraphProto, Int64, ModelProto, NodeProto, TensorProto, ValueInfoProto } from "./proto.ts";
import { ProtoWriter } from "./proto-writer.ts";

/** Encodes a model with exactly one copy of its weights, which may be most of a gigabyte. */
export function encodeModelProto(model: ModelProto & { readonly graph: GraphProto }): Uint8Array {
  return new ProtoWriter().message("ModelProto", model).finish();
}

export function encodeTensorProto(tensor: TensorProto): Uint8Array {
  return new ProtoWriter().message("TensorProto", tensor).finish();
}

export function tensorToProto(tensor: Tensor, name: string): TensorProto {
  const dataType = dataTypeCode(tensor.dtype);
  const rawData = isPacked({ dataType }) ? packed(tensor.bytes) : tensor.bytes;
  return { name, dims: [...tensor.shape], dataType, rawData };
}

export function nodeToProto(node: Node): NodeProto {
  return {
    name: node.name,
    opType: node.operator,
    domain: node.domain,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: [...node.attributes].map(([name, value]) => attributeToProto(name, value, node.operator)),
  };
}

export interface EncodedType {
  readonly dtype: DataType;
  /** A string is a symbolic extent, one that starts with "?" is unknown. */
  readonly shape: readonly (number | string)[];
}

export function valueInfo(name: string, type: EncodedType | undefined): ValueInfoProto {
  if (!type) return { name };
  const dim = type.shape.map((extent) => {
    if (typeof extent === "number") return { dimValue: extent };
    return extent.startsWith("?") ? {} : { dimParam: extent };
  });
  return { name, type: { tensorType: { elemType: dataTypeCode(type.dtype), shape: { dim } } } };
}

/** What a Loop gives its body first: other runtimes want to read these types in the file. */
const loopTypes: readonly EncodedType[] = [
  { dtype: "int64", shape: [] },
  { dtype: "bool", shape: [] },
];

/** A body, whose initializers are the graph's. */
function bodyToProto(name: string, { inputs, outputs, outputTypes, nodes }: Body, operator: string): GraphProto {
  return {
    name,
    node: nodes.map(nodeToProto),
    input: inputs.map((input, i) => valueInfo(input, operator === "Loop" ? loopTypes[i] : undefined)),
    output: outputs.map((output, i) => valueInfo(output, outputTypes[i])),
  };
}

/** The proto of an attribute of a node of `operator`. */
export function attributeToProto(name: string, value: AttributeValue, operator: string): AttributeProto {
  if (typeof value === "string") return { name, type: typeCodes.string, s: encodeText(value) };
  if (typeof value === "number")
    return isFloatAttribute(operator, name, [value])
      ? { name, type: typeCodes.float, f: value }
      : { name, type: typeCodes.int, i: encodeInt(value) };
  if (value instanceof Tensor) return { name, type: typeCodes.tensor, t: tensorToProto(value, "") };
  if ("subgraph" in value) {
    if (!value.body) throw new UnsupportedError(`${operator}: attribute '${name}' is a subgraph, which this graph does not keep.`);
    return { name, type: typeCodes.graph, g: bodyToProto(value.subgraph, value.body, operator) };
  }
  if (isStrings(value)) return { name, type: typeCodes.strings, strings: value.map(encodeText) };
  if (isFloatAttribute(operator, name, value)) return { name, type: typeCodes.floats, floats: [...value] };
  return { name, type: typeCodes.ints, ints: value.map(encodeInt) };
}

/**
 * ONNX's float attributes. A Graph keeps a number as a number, so 1 may be a float or an int: the standard says which, by name.
 * A value that is no int64 is a float whatever its name.
 */
const floatAttributes: ReadonlySet<string> = new Set([
  ...["alpha", "beta", "gamma", "bias", "lambd", "epsilon", "momentum", "ratio", "threshold"],
  ...[
    "activation_alpha",
    "activation_beta",
    "activation_params",
    "clip",
    "cubic_coeff_a",
    "extrapolation_value",
    "spatial_scale",
    "scales",
    "scale",
    "softcap",
  ],
  ...["value", "value_float", "value_floats", "min", "max", "low", "high", "mean", "seed"],
]);

/** The one operator where such a name is an int. */
const intExceptions: ReadonlySet<string> = new Set(["Dropout.seed"]);

function isFloatAttribute(operator: string, name: string, values: readonly number[]): boolean {
  if (values.some((value) => !Number.isInteger(value) || Math.abs(value) > 2 ** 63)) return true;
  return floatAttributes.has(name) && !intExceptions.has(`${operator}.${name}`);
}

function isStrings(values: readonly number[] | readonly string[]): values is readonly string[] {
  return typeof values[0] === "string";
}

/** The int64 nearest to an integer, so that ±INT64_MAX sentinels survive having been numbers. */
function encodeInt(value: number): Int64 {
  return value >= 2 ** 63 ? 2n ** 63n - 1n : value;
}

function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
