// AttributeProto to AttributeValue and back.
import { ModelError, UnsupportedError } from "../errors.ts";
import type { AttributeValue } from "../graph/graph.ts";
import { Tensor } from "../tensor.ts";
import type { ExternalBytes } from "./external-data.ts";
import type { AttributeProto, Int64 } from "./proto.ts";
import { tensorFromProto, tensorToProto } from "./tensor-proto.ts";

/** AttributeProto.AttributeType */
const typeCodes = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 } as const;

type Read = (attribute: AttributeProto, where: string, external: ExternalBytes | undefined) => AttributeValue;

const readers: { readonly [code: number]: Read } = {
  [typeCodes.float]: ({ f }) => f ?? 0,
  [typeCodes.int]: ({ i }) => Number(i ?? 0),
  [typeCodes.string]: ({ s }) => decodeText(s ?? new Uint8Array(0)),
  [typeCodes.tensor]: ({ t }, where, external) => tensorFromProto(t ?? {}, where, external),
  [typeCodes.graph]: ({ g }) => ({ subgraph: g?.name ?? "" }),
  [typeCodes.floats]: ({ floats }) => floats ?? [],
  [typeCodes.ints]: ({ ints }) => (ints ?? []).map(Number),
  [typeCodes.strings]: ({ strings }) => (strings ?? []).map(decodeText),
};

const otherTypes: { readonly [code: number]: string } = {
  9: "a list of tensors",
  10: "a list of graphs",
  11: "a sparse tensor",
  12: "a list of sparse tensors",
  13: "a type",
  14: "a list of types",
};

/** The value of an attribute. `where` names node and attribute in errors. */
export function attributeFromProto(attribute: AttributeProto, where: string, external: ExternalBytes | undefined): AttributeValue {
  if (attribute.refAttrName) throw new ModelError(`${where}: refers to '${attribute.refAttrName}' outside a function.`);
  const code = attribute.type || guessType(attribute);
  const read = readers[code];
  if (read) return read(attribute, where, external);
  const other = otherTypes[code];
  if (other) throw new UnsupportedError(`${where}: ${other} as an attribute is not supported.`);
  throw new ModelError(`${where}: the attribute has no value of a known type (type ${code}).`);
}

/** The proto of an attribute of a node of `operator`. */
export function attributeToProto(name: string, value: AttributeValue, operator: string): AttributeProto {
  if (typeof value === "string") return { name, type: typeCodes.string, s: encodeText(value) };
  if (typeof value === "number")
    return isFloatAttribute(operator, name, [value])
      ? { name, type: typeCodes.float, f: value }
      : { name, type: typeCodes.int, i: encodeInt(value) };
  if (value instanceof Tensor) return { name, type: typeCodes.tensor, t: tensorToProto(value, "") };
  if ("subgraph" in value) throw new UnsupportedError(`${operator}: attribute '${name}' is a subgraph, which a Graph does not keep.`);
  if (isStrings(value)) return { name, type: typeCodes.strings, strings: value.map(encodeText) };
  if (isFloatAttribute(operator, name, value)) return { name, type: typeCodes.floats, floats: [...value] };
  return { name, type: typeCodes.ints, ints: value.map(encodeInt) };
}

/** Files older than IR version 2 name no type. It is found by the field that is present. */
function guessType(attribute: AttributeProto): number {
  const fields = ["f", "i", "s", "t", "g", "floats", "ints", "strings"] as const;
  return fields.findIndex((field) => attribute[field] !== undefined) + 1;
}

/**
 * ONNX's float attributes. A Graph keeps a number as a number, so 1 may be a float or an int: the standard says which, by name.
 * A value that is no int64 is a float whatever its name.
 */
const floatAttributes: ReadonlySet<string> = new Set([
  ...["alpha", "beta", "gamma", "bias", "lambd", "epsilon", "momentum", "ratio", "threshold"],
  ...["activation_alpha", "activation_beta", "clip", "cubic_coeff_a", "extrapolation_value", "spatial_scale", "scales", "scale", "softcap"],
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

function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
