// A network as an ONNX file, with what its parameters hold now. Loaded when it is asked for.
import { DeviceError } from "./errors.ts";
import { Staging } from "./gpu/read-back.ts";
import { withClassNames } from "./graph/class-names.ts";
import type { Network } from "./network.ts";
import { encodeModel } from "./onnx/encode.ts";
import type { Parameter } from "./parameters.ts";
import { sizeOf } from "./shapes.ts";
import { fromGpuWords, Tensor } from "./tensor.ts";

/** A parameter's elements, also where only the GPU knows them. */
export async function readParameter(network: Network, parameter: Parameter): Promise<Tensor> {
  return (await readParameters(network, [parameter]))[0] as Tensor;
}

export interface FileOptions {
  /** What the classes are called, in the order of their scores: it goes into the file's metadata, as `names`. */
  readonly classes?: readonly string[] | undefined;
}

/** What a file holds that no node of it reads. */
export interface Beside extends FileOptions {
  /** What the GPU holds, by the names in the file. */
  readonly values?: ReadonlyMap<string, Parameter>;
  readonly metadata?: ReadonlyMap<string, string>;
}

/** @param parameters those that may differ from the file's constants */
export async function encodeNetwork(network: Network, parameters: readonly Parameter[], beside: Beside = {}): Promise<Uint8Array> {
  if (network.isDisposed) throw new DeviceError(network.refusal);
  const others = [...(beside.values ?? [])];
  const read = await readParameters(network, [...parameters, ...others.map(([, value]) => value)]);
  const values = new Map(parameters.map(({ name }, i) => [name, read[i] as Tensor]));
  const { file, graph } = network;
  const unread = others.map(([name], i) => [name, read[parameters.length + i] as Tensor] as const);
  const initializers = new Map([...file.initializers, ...values, ...unread]);
  const nodes = file.nodes.filter(({ outputs: [output = ""] }) => !values.has(output));
  // What is free in the file stays free: the types of the network are those of one size.
  const isFree = file.inputs.some(({ shape }) => shape.some((extent) => typeof extent === "string"));
  const types = new Map(
    file.outputs.flatMap((name) => {
      const type = graph.types.get(name);
      return type ? [[name, { dtype: type.dtype, shape: isFree ? type.shape.map(() => "?") : type.shape }] as const] : [];
    }),
  );
  // Weights that were learned are no longer those of a seed.
  const hasLearned = parameters.some(({ name }) => network.parameters.isComputed(name));
  const metadata = new Map([...[...file.metadata].filter(([key]) => key !== "seed" || !hasLearned), ...(beside.metadata ?? [])]);
  return encodeModel({ ...file, metadata: withClassNames(metadata, beside.classes), initializers, nodes }, { types });
}

/**
 * The elements of parameters in their order, also where only the GPU knows them: all as they are at one time, whatever runs meanwhile, unless together they are more
 * than one buffer holds.
 */
async function readParameters(network: Network, parameters: readonly Parameter[]): Promise<readonly Tensor[]> {
  const { device } = network;
  const values = new Map<Parameter, Tensor>();
  const learned: Parameter[] = [];
  for (const parameter of parameters) {
    const known = network.constant(parameter.name);
    // What was set as float32 is stored as the file stores it.
    const { dtype } = parameter;
    if (known) values.set(parameter, known.dtype === dtype ? known : Tensor.from(dtype, known.shape, known.toNumbers()));
    else learned.push(parameter);
  }
  for (const group of groupsOf(learned, device.gpu.limits.maxBufferSize)) {
    const parts = group.map(({ name, shape }) => ({
      buffer: network.parameters.bufferOf(name) as GPUBuffer,
      offsetBytes: 0,
      sizeBytes: 4 * sizeOf(shape),
    }));
    const staging = new Staging(
      device,
      parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    );
    try {
      const encoder = device.gpu.createCommandEncoder({ label: "parameters" });
      await staging.read(encoder, parts, (words) => {
        for (const [i, parameter] of group.entries()) {
          const { dtype, shape } = parameter;
          values.set(parameter, fromGpuWords(dtype, shape, (words[i] as Uint32Array<ArrayBuffer>).slice().buffer));
        }
      });
    } finally {
      staging.dispose();
    }
  }
  return parameters.map((parameter) => values.get(parameter) as Tensor);
}

/** Neighbours together, as many as fit into so many bytes. */
function groupsOf(parameters: readonly Parameter[], most: number): readonly (readonly Parameter[])[] {
  const groups: Parameter[][] = [];
  let left = 0;
  for (const parameter of parameters) {
    const bytes = 4 * sizeOf(parameter.shape);
    if (groups.length === 0 || bytes > left) {
      groups.push([]);
      left = most;
    }
    groups.at(-1)?.push(parameter);
    left -= bytes;
  }
  return groups;
}
