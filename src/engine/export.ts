// A network as an ONNX file, with what its parameters hold now. Loaded when it is asked for.
import { DeviceError } from "./errors.ts";
import { Staging } from "./gpu/read-back.ts";
import type { Network } from "./network.ts";
import { encodeModel } from "./onnx/encode.ts";
import type { Parameter } from "./parameters.ts";
import { sizeOf } from "./shapes.ts";
import { fromGpuWords, Tensor } from "./tensor.ts";

/** A parameter's elements, also where only the GPU knows them. */
export async function readParameter(network: Network, parameter: Parameter): Promise<Tensor> {
  return (await readParameters(network, [parameter])).get(parameter.name) as Tensor;
}

/** @param parameters those that may differ from the file's constants */
export async function encodeNetwork(network: Network, parameters: readonly Parameter[]): Promise<Uint8Array> {
  if (network.isDisposed) throw new DeviceError(network.refusal);
  const values = await readParameters(network, parameters);
  const { file, graph } = network;
  const initializers = new Map([...file.initializers, ...values]);
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
  const metadata = new Map([...file.metadata].filter(([key]) => key !== "seed" || !hasLearned));
  return encodeModel({ ...file, metadata, initializers, nodes }, { types });
}

/**
 * The elements of parameters, also where only the GPU knows them: all as they are at one time, whatever runs meanwhile, unless together they are more
 * than one buffer holds.
 */
async function readParameters(network: Network, parameters: readonly Parameter[]): Promise<ReadonlyMap<string, Tensor>> {
  const { device } = network;
  const values = new Map<string, Tensor>();
  const learned: Parameter[] = [];
  for (const parameter of parameters) {
    const known = network.constant(parameter.name);
    // What was set as float32 is stored as the file stores it.
    const { dtype, name } = parameter;
    if (known) values.set(name, known.dtype === dtype ? known : Tensor.from(dtype, known.shape, known.toNumbers()));
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
        for (const [i, { name, dtype, shape }] of group.entries())
          values.set(name, fromGpuWords(dtype, shape, (words[i] as Uint32Array<ArrayBuffer>).slice().buffer));
      });
    } finally {
      staging.dispose();
    }
  }
  return values;
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
