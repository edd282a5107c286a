// From a file to a network on a device.
import { DeviceError, loadPart } from "./errors.ts";
import type { Device } from "./gpu/device.ts";
import type { Graph } from "./graph/graph.ts";
import { loadStaged, Network, type NetworkOptions } from "./network.ts";
import { loadCatalog } from "./ops/catalog.ts";
import { prepareGraph } from "./passes/index.ts";
import { checkPrecision } from "./precision.ts";
import { type ModelSource, readModel } from "./source.ts";
import { prepareKernels } from "./startup.ts";
import type { Tuning } from "./tune/tuning.ts";

/**
 * Reads and checks a model.
 *
 * @throws ModelError if the file is wrong, UnsupportedError with all reasons if it cannot run, DeviceError if the GPU was lost
 */
export async function loadNetwork(device: Device, source: ModelSource | Graph, options: NetworkOptions = {}): Promise<Network> {
  if (device.isLost) throw new DeviceError("the GPU was lost. Request another device.");
  const tuning = beginTuning(device, options);
  if (typeof source === "string" || source instanceof URL) void prepareKernels(device);
  const isComplete = options.chooseKernel !== undefined;
  const parts = loadCatalog(undefined, { target: device.target, isComplete });
  const [file] = await Promise.all([isGraph(source) ? source : readModel(source, options), parts]);
  const inference = await prepareGraph(file, device.target, { ...options, isComplete });
  const halves =
    checkPrecision(options.precision ?? "float32") === "float16"
      ? await loadPart("for float16", () => import("./plan/halves.ts"))
      : undefined;
  const { chooseKernel, dequantize, onMove, onChange, signal } = options;
  // Of what was read nothing is made for somebody who wants it no more.
  signal?.throwIfAborted();
  const rules = { chooseKernel, dequantize, isComplete, onMove, onChange, tuning: await tuning, halfStorage: halves?.halfStorage };
  if (inference.obstacles.length > 0) return (await loadStaged()).stageNetwork(device, file, inference, rules, options);
  return new Network(device, file, inference, rules);
}

/** If the code that tunes cannot be loaded, the model runs without tuning. */
async function beginTuning(device: Device, { tune, ...options }: NetworkOptions): Promise<Tuning | undefined> {
  if (!tune) return undefined;
  try {
    const { Tuning } = await import("./tune/tuning.ts");
    return await Tuning.begin(device, tune === true ? {} : tune, options);
  } catch {
    return undefined;
  }
}

/** Tensors by name, one of which may be called "nodes", are no graph. */
export function isGraph(source: string | object): source is Graph {
  return typeof source === "object" && "nodes" in source && Array.isArray(source.nodes);
}
