// What a second value differs from a first by, as a value of its own on the GPU, which is drawn, measured and read like any other.
import type { Device } from "../../engine/gpu/device.ts";
import { workgroupCount } from "../../engine/ops/dispatch.ts";
import { gpuTypeOf } from "../../engine/tensor.ts";
import shader from "../../shaders/difference.wgsl";
import { ComputeStep } from "../compute-step.ts";
import type { MapView } from "../mosaic/maps.ts";
import { type MapSource, type Statistics, valueTypes } from "../statistics/channel-statistics.ts";

const workgroupSize = 64;

/** Whether two values have as many channels, rows and columns. */
export function areAlike(first: MapView, second: MapView): boolean {
  return first.channels === second.channels && first.height === second.height && first.width === second.width;
}

export class Difference implements Statistics {
  /** Second minus first. */
  readonly source: MapSource;
  readonly #device: Device;
  readonly #step: ComputeStep;

  /** @throws Error that says why the two have no difference */
  static async create(device: Device, label: string, first: MapSource, second: MapSource): Promise<Difference> {
    const [type, otherType] = [gpuTypeOf(first.dtype), gpuTypeOf(second.dtype)];
    if (!areAlike(first.view, second.view))
      throw new Error(
        `'${label}' is ${sizeText(first.view)} in the first and ${sizeText(second.view)} in the second: they have no difference.`,
      );
    if (type !== otherType)
      throw new Error(`'${label}' is ${first.dtype} in the first and ${second.dtype} in the second: they have no difference.`);
    const pipeline = await device.pipeline(shader, { VALUE_TYPE: valueTypes[type] });
    let made: Difference | undefined;
    const make = () => {
      made = new Difference(device, label, first, second, pipeline);
      return made;
    };
    return device.checked(label, make).catch((error: unknown) => {
      made?.dispose();
      throw error;
    });
  }

  private constructor(device: Device, label: string, first: MapSource, second: MapSource, pipeline: GPUComputePipeline) {
    const { channels, height, width } = first.view;
    const area = height * width;
    const count = channels * area;
    const buffer = device.createBuffer(`${label} difference`, count * 4, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC);
    const [a, b] = [first.view, second.view];
    this.#device = device;
    this.source = {
      buffer,
      dtype: "float32",
      view: { channels, height, width, offset: 0, channelStride: area, rowStride: width, columnStride: 1 },
    };
    this.#step = new ComputeStep(device, label, {
      shader,
      pipeline,
      params: {
        ...{ offset: a.offset, channelStride: a.channelStride, rowStride: a.rowStride, columnStride: a.columnStride },
        ...{ offsetB: b.offset, channelStrideB: b.channelStride, rowStrideB: b.rowStride, columnStrideB: b.columnStride },
        ...{ mapWidth: width, area, count },
      },
      buffers: { values: first.buffer, valuesB: second.buffer, differences: buffer },
      workgroups: workgroupCount(count, workgroupSize),
    });
  }

  /** Computes it from the two values as they are now. */
  encode(pass: GPUComputePassEncoder): void {
    this.#step.encode(pass);
  }

  dispose(): void {
    this.#step.dispose();
    this.#device.destroyBuffer(this.source.buffer);
  }
}

function sizeText({ channels, height, width }: MapView): string {
  return `${channels} × ${height} × ${width}`;
}
