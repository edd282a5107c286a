// The bytes of an .onnx file to a Graph.
import { ModelError, UnsupportedError } from "../errors.ts";
import { type AttributeValue, fusedDomain, type Graph, type GraphInput, type Node } from "../graph/graph.ts";
import { Tensor } from "../tensor.ts";
import { attributeFromProto } from "./attribute-proto.ts";
import type { ExternalBytes, ReadExternal } from "./external-data.ts";
import {
  decodeModelProto,
  type FunctionProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  normalizeDomain,
  type TensorProto,
  type ValueInfoProto,
} from "./proto.ts";
import { dataTypeOf, isExternal, tensorFromProto } from "./tensor-proto.ts";

/** Of ai.onnx. Each operator checks the versions it implements, from the plain one on: older files are rewritten in its forms. */
const plainOpset = 9;
const newestOpset = 26;

export interface ImportOptions {
  /** Reads weights kept in files beside the model. */
  readonly readExternal?: ReadExternal | undefined;
  /** What to do where they cannot be read, as the end of a sentence; about {@link readExternal} unless given. */
  readonly externalAdvice?: string | undefined;
}

/**
 * Decodes an .onnx file. Weights stay views of `bytes`; nodes come out in topological order under unique names.
 *
 * @throws ModelError when the file is damaged or not ONNX, UnsupportedError with every reason when the graph cannot hold it
 */
export async function importModel(bytes: Uint8Array, options: ImportOptions = {}): Promise<Graph> {
  const model = await orRecognized(bytes, "model", decodeModelProto);
  const obstacles = new Obstacles();
  const opsets = readOpsets(model);
  const protos = await withoutCalls(model.graph.node ?? [], model.functions ?? [], opsets, obstacles);
  const opset = opsets.get("") ?? plainOpset;
  if (!(opset >= 1 && opset <= newestOpset))
    obstacles.add(
      `The model uses opset ${opset}; 1 to ${newestOpset} are supported. Convert it with onnx.version_converter, or export it again with opset 17.`,
    );
  const bodies = protos.some(hasSubgraph) ? (await import("./subgraphs.ts")).separateBodies(model.graph, protos) : undefined;
  const { graph, nodes: nodeProtos } = bodies ?? { graph: model.graph, nodes: protos };
  if ((graph.sparseInitializer ?? []).length > 0) obstacles.add("Sparse initializers are not supported. Re-export with dense weights.");
  const external = await readFiles([...tensorsOf(graph, nodeProtos)], options);
  const initializers = readInitializers(graph, external, obstacles);
  const inputs = readInputs(graph, initializers, obstacles);
  const nodes = readNodes(nodeProtos, external, obstacles);
  obstacles.throwIfAny();

  const given = new Set([...initializers.keys(), ...inputs.map((input) => input.name)]);
  // Only files in disorder, and broken ones, need what sorts and explains.
  const sorted = bodies?.attach(nodes, given) ?? (isInOrder(nodes, given) ? nodes : (await import("./sort.ts")).sortNodes(nodes, given));
  const read: Graph = {
    name: graph.name || "graph",
    opsets,
    metadata: readMetadata(model),
    inputs,
    outputs: readOutputs(graph, sorted, given),
    initializers,
    nodes: sorted,
  };
  return opset < plainOpset ? (await import("./upgrade.ts")).upgradeGraph(read) : read;
}

function hasSubgraph({ attribute }: NodeProto): boolean | undefined {
  return attribute?.some(({ g }) => g);
}

/** Whether every value is made once and before it is read. */
function isInOrder(nodes: readonly Node[], given: ReadonlySet<string>): boolean {
  const known = new Set(given).add("");
  return nodes.every(
    ({ inputs, outputs }) =>
      inputs.every((input) => known.has(input)) && outputs.every((output) => output === "" || (!known.has(output) && known.add(output))),
  );
}

/** Decodes bytes. Where they are refused, and their first ones tell what they are instead, the error says that. */
export async function orRecognized<T>(bytes: Uint8Array, what: "model" | "tensor", decode: (bytes: Uint8Array) => T): Promise<T> {
  try {
    return decode(bytes);
  } catch (error) {
    const found = error instanceof ModelError && (await import("./foreign-file.ts").catch(() => undefined))?.recognize(bytes);
    throw found ? new ModelError(`This is not an ONNX ${what} but ${found}.`) : error;
  }
}

/** Collects what is unsupported, so that all reasons are reported at once. */
class Obstacles {
  readonly #reasons: string[] = [];

  add(...reasons: readonly string[]): void {
    this.#reasons.push(...reasons);
  }

  /** The result of `read`, or `fallback` and a reason more. */
  collect<T>(fallback: T, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
      this.add(...error.reasons);
      return fallback;
    }
  }

  throwIfAny(): void {
    if (this.#reasons.length > 0) throw new UnsupportedError(this.#reasons);
  }
}

/** The nodes once a model's own functions are inlined. Few models have any, so what does it is loaded for those. */
async function withoutCalls(
  nodes: readonly NodeProto[],
  functions: readonly FunctionProto[],
  opsets: Map<string, number>,
  obstacles: Obstacles,
): Promise<readonly NodeProto[]> {
  if (functions.length === 0) return nodes;
  const { addOpsets, inlineFunctions } = await import("./functions.ts");
  obstacles.add(...addOpsets(opsets, functions));
  return inlineFunctions(nodes, functions);
}

/** The files beside the model that its tensors refer to. Few models have any, or numbers of 4 bits, so what reads them is loaded for those. */
async function readFiles(tensors: readonly TensorProto[], options: ImportOptions): Promise<ExternalBytes | undefined> {
  const outside = tensors.filter(isExternal);
  const external =
    outside.length === 0
      ? undefined
      : await (await import("./external-data.ts")).readExternalFiles(outside, options.readExternal, options.externalAdvice);
  // uint4 and int4
  const packed = tensors.filter(({ dataType }) => dataType === 21 || dataType === 22);
  if (packed.length > 0) (await import("./four-bits.ts")).unpack(packed, external);
  return external;
}

function readOpsets(model: ModelProto): Map<string, number> {
  const opsets = new Map<string, number>();
  for (const { domain, version } of model.opsetImport ?? []) opsets.set(normalizeDomain(domain), Number(version ?? 0));
  if (opsets.size === 0) throw new ModelError("The model imports no opset, so its operators have no meaning. Export it again.");
  return opsets;
}

/** Producer and the like under their protobuf names, then the file's own metadata_props. */
function readMetadata(model: ModelProto): Map<string, string> {
  const metadata = new Map<string, string>();
  for (const { key, value } of model.metadataProps ?? []) metadata.set(key ?? "", value ?? "");
  const version = Number(model.modelVersion ?? 0);
  const fields = {
    producer_name: model.producerName,
    producer_version: model.producerVersion,
    domain: model.domain,
    model_version: version === 0 ? "" : String(version),
    doc_string: model.docString,
  };
  for (const [key, value] of Object.entries(fields)) if (value) metadata.set(key, value);
  return metadata;
}

function* tensorsOf(graph: GraphProto, nodes: readonly NodeProto[]): Iterable<TensorProto> {
  yield* graph.initializer ?? [];
  for (const node of nodes) for (const attribute of node.attribute ?? []) if (attribute.t) yield attribute.t;
}

function readInitializers(graph: GraphProto, external: ExternalBytes | undefined, obstacles: Obstacles): Map<string, Tensor> {
  const initializers = new Map<string, Tensor>();
  const placeholder = new Tensor("uint8", [0], new Uint8Array(0));
  for (const proto of graph.initializer ?? []) {
    const name = proto.name ?? "";
    if (name === "") throw new ModelError("The graph has an initializer without a name.");
    if (initializers.has(name)) throw new ModelError(`initializer '${name}' is there twice.`);
    initializers.set(
      name,
      obstacles.collect(placeholder, () => tensorFromProto(proto, `initializer '${name}'`, external)),
    );
  }
  return initializers;
}

/** Before IR version 4 every initializer is also listed as an input; those are left out. */
function readInputs(graph: GraphProto, initializers: ReadonlyMap<string, Tensor>, obstacles: Obstacles): GraphInput[] {
  const inputs = new Map<string, GraphInput>();
  for (const info of graph.input ?? []) {
    const name = info.name ?? "";
    if (name === "") throw new ModelError("The graph has an input without a name.");
    if (inputs.has(name)) throw new ModelError(`input '${name}' is there twice.`);
    if (initializers.has(name)) continue;
    const placeholder: GraphInput = { name, dtype: "float32", shape: [] };
    inputs.set(
      name,
      obstacles.collect(placeholder, () => readInput(info, name)),
    );
  }
  return [...inputs.values()];
}

function readInput(info: ValueInfoProto, name: string): GraphInput {
  const where = `input '${name}'`;
  const tensor = info.type?.tensorType;
  if (!tensor) throw new UnsupportedError(`${where}: only tensors are supported, not sequences, maps, optionals or sparse tensors.`);
  const dtype = dataTypeOf(tensor.elemType ?? 0, where);
  if (!tensor.shape)
    throw new UnsupportedError(`${where}: its number of axes is not given. Re-export with a shape; sizes in it may be symbolic.`);
  const shape = (tensor.shape.dim ?? []).map(({ dimValue, dimParam }, axis) => {
    // Some exporters write -1, or a question mark, for what they do not know.
    if (dimParam && !dimParam.startsWith("?")) return dimParam;
    const extent = dimParam || dimValue === undefined ? -1 : Number(dimValue);
    return extent >= 0 ? extent : unknownExtent(name, axis);
  });
  return { name, dtype, shape };
}

/** Stands for an extent that the file leaves open. Unique, as names of inputs are. */
function unknownExtent(input: string, axis: number): string {
  return `?${input}.${axis}`;
}

function readNodes(protos: readonly NodeProto[], external: ExternalBytes | undefined, obstacles: Obstacles): Node[] {
  const taken = new Set(protos.map((proto) => proto.name ?? ""));
  const used = new Set<string>();
  /** Where counting goes on for a name that many nodes have. */
  const next = new Map<string, number>();
  return protos.map((proto, index): Node => {
    const operator = proto.opType ?? "";
    if (operator === "") throw new ModelError(`node ${index} '${proto.name ?? ""}' names no operator.`);
    if (proto.domain === fusedDomain)
      throw new ModelError(`node ${index} '${proto.name ?? ""}': the domain '${fusedDomain}' is Convcam's own and may not be in a file.`);
    const name = nodeName(proto.name || `${operator}_${index}`, { taken, used, next }, Boolean(proto.name));
    const attributes = new Map<string, AttributeValue>();
    for (const attribute of proto.attribute ?? []) {
      const key = attribute.name ?? "";
      const where = `${operator} '${name}': attribute '${key}'`;
      if (key === "" || attributes.has(key)) throw new ModelError(`${where} ${key === "" ? "has no name" : "is there twice"}.`);
      attributes.set(
        key,
        obstacles.collect<AttributeValue>(0, () => attributeFromProto(attribute, where, external)),
      );
    }
    return { name, operator, domain: normalizeDomain(proto.domain), inputs: proto.input ?? [], outputs: proto.output ?? [], attributes };
  });
}

/** The first node of a name keeps it; later ones, and made-up names that a node of the file has, get a number. */
function nodeName(wanted: string, { taken, used, next }: Names, isOwn: boolean): string {
  let name = wanted;
  let i = next.get(wanted) ?? 2;
  for (; used.has(name) || (taken.has(name) && !(isOwn && name === wanted)); i++) name = `${wanted}_${i}`;
  next.set(wanted, i);
  used.add(name);
  return name;
}

interface Names {
  /** Names that nodes of the file have. */
  readonly taken: ReadonlySet<string>;
  readonly used: Set<string>;
  readonly next: Map<string, number>;
}

function readOutputs(graph: GraphProto, nodes: readonly Node[], given: ReadonlySet<string>): string[] {
  const outputs = (graph.output ?? []).map((info) => info.name ?? "");
  if (outputs.length === 0) throw new ModelError("The graph has no outputs. Export it again.");
  const known = new Set([...given, ...nodes.flatMap((node) => node.outputs)]);
  const seen = new Set<string>();
  for (const output of outputs) {
    if (output === "" || !known.has(output))
      throw new ModelError(`output '${output}' is made by no node, and is no graph input or initializer.`);
    if (seen.has(output)) throw new ModelError(`output '${output}' is there twice.`);
    seen.add(output);
  }
  return outputs;
}
