// Our protobuf codec against onnx-proto, which protobufjs generated from ONNX's own definitions: same fields, same values, both ways.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import onnxProto from "onnx-proto";
import { expect, test } from "vitest";
import { ProtoReader } from "../../src/engine/onnx/proto-reader.ts";
import { type Field, fieldsOf, type Message, type MessageName, messages, type ScalarType } from "../../src/engine/onnx/proto-schema.ts";
import { ProtoWriter } from "../../src/engine/onnx/proto-writer.ts";

type Plain = Record<string, unknown>;

interface Reference {
  readonly prototype: object;
  decode(bytes: Uint8Array): object;
  encode(message: object): { finish(): Uint8Array };
  fromObject(message: object): object;
}

const { onnx } = onnxProto as unknown as { onnx: Record<string, Reference & Record<string, Reference>> };

/** What onnx-proto calls messages that it keeps inside others, and those that are one in our table. */
const referenceNames: { readonly [M in MessageName]?: readonly string[] } = {
  Segment: ["TensorProto.Segment"],
  TensorType: ["TypeProto.Tensor", "TypeProto.SparseTensor"],
  ListType: ["TypeProto.Sequence", "TypeProto.Optional"],
  MapType: ["TypeProto.Map"],
  Dimension: ["TensorShapeProto.Dimension"],
  SequenceProto: [],
};

function referencesOf(name: MessageName): readonly Reference[] {
  return (referenceNames[name] ?? [name]).map(
    (path) => path.split(".").reduce((scope, key) => (scope as Plain)[key] as object, onnx as object) as Reference,
  );
}

const names = (Object.keys(messages) as MessageName[]).filter((name) => referencesOf(name).length > 0);

/** Fields that no file with networks needs, see proto-schema.ts. */
const leftOut = ["ModelProto.trainingInfo", "GraphProto.quantizationAnnotation"];

/** Younger than onnx-proto, which ends at IR version 8. */
const newer = ["FunctionProto.attributeProto", "FunctionProto.valueInfo", "FunctionProto.overload", "NodeProto.overload"];

const withoutNewer = (name: MessageName) => fieldsOf(name).filter((field) => !newer.includes(`${name}.${field.name}`));

test.each(names)("%s has the reference's fields", (name) => {
  for (const { prototype } of referencesOf(name)) {
    const known = Object.keys(prototype).filter((field) => !leftOut.includes(`${name}.${field}`));
    expect(
      withoutNewer(name)
        .map((field) => field.name)
        .sort(),
    ).toEqual(known.filter((field) => field !== "constructor" && field !== "toJSON").sort());
  }
});

/** Own fields only, no empty lists, 64-bit integers as we have them: what two decoders must agree on. */
function plain(name: MessageName, message: object): Plain {
  const entries = withoutNewer(name).flatMap(({ name: field, message: type, isRepeated }): [string, unknown][] => {
    const value = Object.hasOwn(message, field) ? (message as Plain)[field] : undefined;
    if (value === undefined || value === null || (isRepeated && (value as unknown[]).length === 0)) return [];
    const convert = (element: unknown) => (type ? plain(type, element as object) : plainScalar(element));
    return [[field, isRepeated ? (value as unknown[]).map(convert) : convert(value)]];
  });
  return Object.fromEntries(entries);
}

function plainScalar(value: unknown): unknown {
  // A view keeps `toEqual` from telling a Buffer from an array of bytes.
  if (value instanceof Uint8Array) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (typeof value !== "object" || value === null) return value;
  const { low, high, unsigned } = value as { low: number; high: number; unsigned: boolean };
  const exact = (BigInt(unsigned ? high >>> 0 : high) << 32n) | BigInt(low >>> 0);
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}

/** Where two plain messages differ, `undefined` where they do not; `toEqual` takes seconds for a megabyte. */
function difference(a: unknown, b: unknown, path = ""): string | undefined {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0 ? undefined : path;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null)
    return Object.is(a, b) ? undefined : `${path}: ${a}, ${b}`;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) {
    const found = difference((a as Plain)[key], (b as Plain)[key], `${path}.${key}`);
    if (found) return found;
  }
  return undefined;
}

/** Numbers in 0…2³²−1, the same in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state ^ (state >>> 15)) >>> 0;
  };
}

const scalars: { readonly [T in ScalarType]: readonly unknown[] } = {
  int32: [0, 1, 127, 128, 300, 2 ** 31 - 1, -1, -128, -(2 ** 31)],
  int64: [0, 1, -1, 127, 128, 2 ** 32, -(2 ** 32) - 1, 2 ** 53 - 1, -(2 ** 53) + 1, 2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)],
  uint64: [0, 1, 2 ** 28, 2 ** 35 - 1, 2 ** 53 - 1, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n],
  float: [0, -0, 1.5, -2, 2 ** -149, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
  double: [0, -0, 0.1, -1e300, 5e-324, Number.NEGATIVE_INFINITY, Number.NaN],
  string: ["", "x", "größer 😀", "\ufeffBOM", "z".repeat(200)],
  bytes: [new Uint8Array(0), Uint8Array.of(0, 255), new Uint8Array(3000).fill(7)],
};

/** Half of a message's fields at random, messages in it down to four levels. */
function generate(name: MessageName, random: () => number, depth = 0): Plain {
  const value = ({ scalar, message }: Field): unknown => {
    if (message) return generate(message, random, depth + 1);
    const list = scalars[scalar as ScalarType];
    return list[random() % list.length];
  };
  const entries = withoutNewer(name)
    .filter(({ message }) => random() % 2 === 0 && !(message && depth >= 4))
    .map((field) => [field.name, field.isRepeated ? Array.from({ length: 1 + (random() % 3) }, () => value(field)) : value(field)]);
  return Object.fromEntries(entries);
}

/** 64-bit integers as protobufjs takes them. */
function forReference(value: unknown): unknown {
  if (typeof value === "bigint") {
    const high = Number(BigInt.asIntN(32, value >> 32n));
    return { low: Number(BigInt.asIntN(32, value)), high, unsigned: value >= 2n ** 63n };
  }
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(forReference);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, forReference(inner)]));
}

const write = (name: MessageName, message: object) => new ProtoWriter().message(name, message as Message<MessageName>).finish();
const read = (name: MessageName, bytes: Uint8Array) => plain(name, new ProtoReader(bytes).message(name));

test.each(names)("generated messages %s are read and written as the reference does", (name) => {
  const random = randomNumbers(1);
  for (let round = 0; round < 200; round++) {
    const message = generate(name, random);
    for (const reference of referencesOf(name)) {
      const theirs = reference.encode(forReference(message) as object).finish();
      expect(difference(read(name, theirs), message), "we read what it wrote").toBeUndefined();
      const ours = write(name, message);
      expect(difference(plain(name, reference.decode(ours)), message), "it reads what we wrote").toBeUndefined();
      expect(ours.byteLength).toBe(theirs.byteLength);
    }
  }
});

test("newer fields are read back as written", () => {
  const message = { overload: "o", attributeProto: [{ name: "a", i: 1 }], valueInfo: [{ name: "v" }], node: [{ overload: "p" }] };
  expect(new ProtoReader(write("FunctionProto", message)).message("FunctionProto")).toEqual(message);
});

const folder = process.env.CONVCAM_DATA ?? resolve(import.meta.dirname, "../../../shared/data");

function filesUnder(path: string, extension: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => join(entry.parentPath, entry.name));
}

test.each([
  [".onnx", "ModelProto"],
  [".pb", "TensorProto"],
] as const)("every %s file reads as the reference reads it, before and after we write it", { timeout: 120_000 }, (extension, name) => {
  const [reference] = referencesOf(name) as [Reference];
  for (const file of [...filesUnder(folder, extension), ...filesUnder(resolve(import.meta.dirname, "../../models"), extension)]) {
    const bytes = readFileSync(file);
    let theirs: Plain;
    try {
      theirs = plain(name, reference.decode(bytes));
    } catch (error) {
      if (extension === ".pb") continue; // A sequence or an optional, which no TensorProto is.
      throw error;
    }
    const ours = new ProtoReader(bytes).message(name);
    expect(difference(plain(name, ours), theirs), file).toBeUndefined();
    expect(difference(plain(name, reference.decode(write(name, ours))), theirs), `${file}, written again`).toBeUndefined();
  }
});
