// A network as an ONNX file, with what its parameters hold now. Loaded when it is asked for.
import { readBack } from "./gpu/read-buffer.ts";
import type { Network } from "./network.ts";
import { encodeModel } from "./onnx/encode.ts";
import type { Parameter } from "./parameters.ts";
import { sizeOf } from "./shapes.ts";
import { fromGpuWords, type Tensor } from "./tensor.ts";

/** @param parameters those that may differ from the file's constants */
export async function encodeNetwork(network: Network, parameters: readonly Parameter[]): Promise<Uint8Array> {
  const values = new Map<string, Tensor>();
  for (const parameter of parameters) values.set(parameter.name, await readParameter(network, parameter));
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
  return encodeModel({ ...file, initializers, nodes }, { types });
}

/** A parameter's elements, also where only the GPU knows them. */
export async function readParameter(network: Network, { name, dtype, shape }: Parameter): Promise<Tensor> {
  const known = network.constant(name);
  if (known) return known;
  const buffer = network.parameters.bufferOf(name) as GPUBuffer;
  return fromGpuWords(dtype, shape, await readBack(network.device, buffer, 4 * sizeOf(shape)));
}
