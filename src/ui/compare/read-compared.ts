// Reads what a value is compared with, or what the two differ by. Loaded when somebody asks.
import { ModelError } from "../../engine/errors.ts";
import type { Device } from "../../engine/gpu/device.ts";
import { Tensor } from "../../engine/tensor.ts";
import type { ComparedValue } from "../session/queries.ts";
import type { MapSource } from "../statistics/channel-statistics.ts";
import type { Viewer } from "../viewer.ts";
import { Difference } from "../views/difference.ts";

type Source = Pick<Viewer, "device" | "model" | "compared" | "sourceOf">;

/** @throws ModelError where there is nothing to compare with */
function modelOf({ model, compared }: Pick<Source, "model" | "compared">, { value, compare }: ComparedValue) {
  const other = compared ?? (compare === undefined ? undefined : model);
  if (!other) throw new ModelError(`There is nothing that '${value}' is compared with.`);
  return other;
}

/** Does something with the second value, or with second minus first as both are on the GPU now. */
export async function withCompared<T>(viewer: Source, query: ComparedValue, work: (source: MapSource) => Promise<T>): Promise<T> {
  const { value, compare = value, shows, axes } = query;
  const other = viewer.sourceOf(compare, modelOf(viewer, query), axes);
  if (shows === "second") return work(other);
  const { device } = viewer;
  const own = viewer.sourceOf(value, viewer.model, axes);
  const difference = await device.holding([own.buffer, other.buffer], () => computeDifference(device, value, own, other));
  try {
    return await work(difference.source);
  } finally {
    difference.dispose();
  }
}

async function computeDifference(device: Device, value: string, first: MapSource, second: MapSource): Promise<Difference> {
  const difference = await Difference.create(device, value, first, second);
  const encoder = device.gpu.createCommandEncoder({ label: `${value} difference` });
  const pass = encoder.beginComputePass({ label: `${value} difference` });
  difference.encode(pass);
  pass.end();
  device.gpu.queue.submit([encoder.finish()]);
  return difference;
}

/** All elements of the second value, or of second minus first, by axes as the value has them. */
export async function readCompared(viewer: Source, query: ComparedValue): Promise<Tensor> {
  const { value, compare = value, shows } = query;
  const second = await modelOf(viewer, query).read(compare);
  if (shows === "second") return second;
  const first = await viewer.model.read(value);
  if (first.shape.join() !== second.shape.join())
    throw new ModelError(`'${value}' is ${first.shape.join(" × ")} in the first and ${second.shape.join(" × ")} in the second.`);
  const [own, others] = [first.toFloat32(), second.toFloat32()];
  return Tensor.float32(
    first.shape,
    own.map((x, i) => (others[i] as number) - x),
  );
}
