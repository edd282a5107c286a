// The messages of an .onnx file: one table that the reader, the writer and the types share.

/**
 * Field → number and type, as in https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; "[]" marks repeated fields.
 *
 * What nothing here reads is not in the table, and is skipped like any unknown field: training information, quantization
 * annotations, device configurations, and the metadata of anything but the model.
 * Messages are written in the order of the table. The largest field comes last, so that a truncated file never looks whole.
 */
export const messages = {
  ModelProto: {
    irVersion: [1, "int64"],
    producerName: [2, "string"],
    producerVersion: [3, "string"],
    domain: [4, "string"],
    modelVersion: [5, "int64"],
    docString: [6, "string"],
    opsetImport: [8, "OperatorSetIdProto[]"],
    metadataProps: [14, "StringStringEntryProto[]"],
    functions: [25, "FunctionProto[]"],
    graph: [7, "GraphProto"],
  },
  OperatorSetIdProto: {
    domain: [1, "string"],
    version: [2, "int64"],
  },
  StringStringEntryProto: {
    key: [1, "string"],
    value: [2, "string"],
  },
  FunctionProto: {
    name: [1, "string"],
    input: [4, "string[]"],
    output: [5, "string[]"],
    attribute: [6, "string[]"],
    node: [7, "NodeProto[]"],
    docString: [8, "string"],
    opsetImport: [9, "OperatorSetIdProto[]"],
    domain: [10, "string"],
    attributeProto: [11, "AttributeProto[]"],
    valueInfo: [12, "ValueInfoProto[]"],
    overload: [13, "string"],
  },
  GraphProto: {
    node: [1, "NodeProto[]"],
    name: [2, "string"],
    docString: [10, "string"],
    input: [11, "ValueInfoProto[]"],
    output: [12, "ValueInfoProto[]"],
    valueInfo: [13, "ValueInfoProto[]"],
    sparseInitializer: [15, "SparseTensorProto[]"],
    initializer: [5, "TensorProto[]"],
  },
  NodeProto: {
    input: [1, "string[]"],
    output: [2, "string[]"],
    name: [3, "string"],
    opType: [4, "string"],
    attribute: [5, "AttributeProto[]"],
    docString: [6, "string"],
    domain: [7, "string"],
    overload: [8, "string"],
  },
  AttributeProto: {
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "int64"],
    s: [4, "bytes"],
    t: [5, "TensorProto"],
    g: [6, "GraphProto"],
    floats: [7, "float[]"],
    ints: [8, "int64[]"],
    strings: [9, "bytes[]"],
    tensors: [10, "TensorProto[]"],
    graphs: [11, "GraphProto[]"],
    docString: [13, "string"],
    tp: [14, "TypeProto"],
    typeProtos: [15, "TypeProto[]"],
    type: [20, "int32"],
    refAttrName: [21, "string"],
    sparseTensor: [22, "SparseTensorProto"],
    sparseTensors: [23, "SparseTensorProto[]"],
  },
  TensorProto: {
    dims: [1, "int64[]"],
    dataType: [2, "int32"],
    segment: [3, "Segment"],
    floatData: [4, "float[]"],
    int32Data: [5, "int32[]"],
    stringData: [6, "bytes[]"],
    int64Data: [7, "int64[]"],
    name: [8, "string"],
    doubleData: [10, "double[]"],
    uint64Data: [11, "uint64[]"],
    docString: [12, "string"],
    externalData: [13, "StringStringEntryProto[]"],
    dataLocation: [14, "int32"],
    rawData: [9, "bytes"],
  },
  Segment: {
    begin: [1, "int64"],
    end: [2, "int64"],
  },
  SparseTensorProto: {
    values: [1, "TensorProto"],
    indices: [2, "TensorProto"],
    dims: [3, "int64[]"],
  },
  ValueInfoProto: {
    name: [1, "string"],
    type: [2, "TypeProto"],
    docString: [3, "string"],
  },
  TypeProto: {
    tensorType: [1, "TensorType"],
    sequenceType: [4, "ListType"],
    mapType: [5, "MapType"],
    denotation: [6, "string"],
    sparseTensorType: [8, "TensorType"],
    optionalType: [9, "ListType"],
  },
  /** TypeProto.Tensor, TypeProto.SparseTensor */
  TensorType: {
    elemType: [1, "int32"],
    shape: [2, "TensorShapeProto"],
  },
  /** TypeProto.Sequence, TypeProto.Optional */
  ListType: {
    elemType: [1, "TypeProto"],
  },
  /** TypeProto.Map */
  MapType: {
    keyType: [1, "int32"],
    valueType: [2, "TypeProto"],
  },
  TensorShapeProto: {
    dim: [1, "Dimension[]"],
  },
  Dimension: {
    dimValue: [1, "int64"],
    dimParam: [2, "string"],
    denotation: [3, "string"],
  },
  /** SequenceProto and OptionalProto, as far as needed to tell a file of one from a TensorProto: their tensors are in field 3. */
  SequenceProto: {
    tensorValues: [3, "bytes[]"],
  },
} as const;

export type MessageName = keyof typeof messages;

/** A number where it is exact, else a bigint. `Number(x)` rounds to the nearest float64, `BigInt(x)` is exact. */
export type Int64 = number | bigint;

interface ScalarValues {
  readonly int32: number;
  readonly int64: Int64;
  readonly uint64: Int64;
  readonly float: number;
  readonly double: number;
  readonly string: string;
  readonly bytes: Uint8Array;
}

export type ScalarType = keyof ScalarValues;

/** How a scalar's bytes are found: 0 a varint, 1 eight bytes, 2 a length and as many bytes, 5 four bytes. */
export const wireTypes: { readonly [T in ScalarType]: number } = {
  int32: 0,
  int64: 0,
  uint64: 0,
  double: 1,
  string: 2,
  bytes: 2,
  float: 5,
};

/** Messages, and many numbers at once, are a length and as many bytes. */
export const delimited = 2;

type ElementOf<T> = T extends ScalarType ? ScalarValues[T] : T extends MessageName ? Message<T> : never;
type ValueOf<T> = T extends `${infer E}[]` ? readonly ElementOf<E>[] : ElementOf<T>;

/** A decoded message. Fields that are not in the file are absent. */
export type Message<M extends MessageName> = {
  readonly [F in keyof (typeof messages)[M]]?: (typeof messages)[M][F] extends readonly [number, infer T] ? ValueOf<T> | undefined : never;
};

export interface Field {
  readonly name: string;
  readonly number: number;
  readonly isRepeated: boolean;
  /** One of the two is there. */
  readonly scalar?: ScalarType;
  readonly message?: MessageName;
}

/** The fields of a message in the order of the table. */
export function fieldsOf(name: MessageName): readonly Field[] {
  return Object.entries<readonly [number, string]>(messages[name]).map(([field, [number, type]]) => {
    const element = type.replace("[]", "");
    const kind = element in wireTypes ? { scalar: element as ScalarType } : { message: element as MessageName };
    return { name: field, number, isRepeated: element !== type, ...kind };
  });
}
