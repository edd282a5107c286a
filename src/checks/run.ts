// Checks in a browser: of many files, one after the other, and of the GPU by the layers of a network.
import { type Device, requestDevice } from "../engine/gpu/device.ts";
import { loadModel } from "../engine/model.ts";
import { type ModelSource, readModel } from "../engine/source.ts";
import { type DataType, Tensor } from "../engine/tensor.ts";
import type { VerifiedLayer } from "../engine/verify/verify.ts";
import { adapterText } from "./adapter-text.ts";
import { checkFile, type FileCheck } from "./check-file.ts";

export type { VerifiedLayer };

interface GivenValue {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface GpuCheck {
  readonly source: ModelSource;
  /** By name; seeded noise for inputs that are not given. */
  readonly inputs: Readonly<Record<string, GivenValue>>;
}

/**
 * @param networks the model of each comes first, then what may hold its weights
 * @returns what the GPU calls itself
 */
export async function checkFiles(
  networks: readonly (readonly File[])[],
  onCheck: (index: number, check: FileCheck) => void,
): Promise<string> {
  let device: Device | undefined;
  // A file that loses the GPU must not take those after it along.
  const request = async (): Promise<Device> => {
    if (device?.isLost) device.dispose();
    if (!device || device.isLost) device = await requestDevice();
    return device;
  };
  for (const [index, files] of networks.entries()) {
    const read = () => readModel(files);
    onCheck(index, await checkFile(files[0]?.name ?? "", { read, option: "input-shape", device: request }));
  }
  const adapter = device ? adapterText(device) : "";
  device?.dispose();
  return adapter;
}

/** @returns what the GPU calls itself */
export async function checkGpu(
  { source, inputs }: GpuCheck,
  onLayer: (layer: VerifiedLayer, done: number, total: number) => void,
): Promise<string> {
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, shape, bytes }]) => [name, new Tensor(dtype, shape, bytes)]),
  );
  const graph = await readModel(source);
  const inputShapes = Object.fromEntries(Object.entries(given).map(([name, { shape }]) => [name, shape]));
  const device = await requestDevice();
  try {
    const model = await loadModel(device, graph, { inputShapes });
    await model.verify({ inputs: given, onLayer });
    model.dispose();
    return adapterText(device);
  } finally {
    device.dispose();
  }
}
