// AttributeProto to AttributeValue.
import { ModelError, UnsupportedError } from "../errors.ts";
import type { AttributeValue } from "../graph/graph.ts";
import type { ExternalBytes } from "./external-data.ts";
import type { AttributeProto } from "./proto.ts";
import { tensorFromProto } from "./tensor-proto.ts";

/** AttributeProto.AttributeType */
export const typeCodes = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 } as const;

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

/** Files older than IR version 2 name no type. It is found by the field that is present. */
function guessType(attribute: AttributeProto): number {
  const fields = ["f", "i", "s", "t", "g", "floats", "ints", "strings"] as const;
  return fields.findIndex((field) => attribute[field] !== undefined) + 1;
}

function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
