// A WebGPU device with a byte counter and a pipeline cache. Everything Convcam makes on the GPU is made through it.
import type { Shader } from "../../shaders/shader.ts";
import { DeviceError } from "../errors.ts";
import type { Target } from "../ops/operator.ts";
import { Faults } from "./faults.ts";

export interface DeviceOptions {
  /** Entry point to WebGPU; `navigator.gpu` by default, Dawn's in Node. */
  readonly gpu?: GPU;
  readonly powerPreference?: "low-power" | "high-performance";
}

export interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
}

const wantedFeatures = ["shader-f16", "timestamp-query", "subgroups", "bgra8unorm-storage"] as const satisfies readonly GPUFeatureName[];

const wantedLimits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupStorageSize",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/**
 * Asks for a GPU with every optional feature and the largest limits it offers.
 *
 * @throws DeviceError where WebGPU is absent or has no adapter, saying what to do
 */
export async function requestDevice(options: DeviceOptions = {}): Promise<Device> {
  const gpu = options.gpu ?? (typeof navigator === "undefined" ? undefined : navigator.gpu);
  if (!gpu)
    throw new DeviceError(
      "Convcam needs WebGPU: navigator.gpu is undefined. Try Chrome 113 or later, Edge, Safari 26 or Firefox 141, over https or localhost.",
    );
  const adapter = await gpu.requestAdapter(options.powerPreference ? { powerPreference: options.powerPreference } : {});
  if (!adapter)
    throw new DeviceError("WebGPU is here, but found no GPU it may use. Check that hardware acceleration is on and the driver is current.");
  const requiredLimits: Record<string, number> = {};
  for (const limit of wantedLimits) requiredLimits[limit] = adapter.limits[limit] as number;
  const device = await adapter.requestDevice({
    label: "convcam",
    requiredFeatures: wantedFeatures.filter((feature) => adapter.features.has(feature)),
    requiredLimits,
  });
  // Dawn, in Node, crashes if the entry point is collected before its devices. So the device keeps it.
  Object.assign(device, { convcamEntryPoint: gpu });
  const { vendor, architecture, device: name, description } = adapter.info;
  return new Device(device, { vendor, architecture, device: name, description }, targetOf(adapter, device));
}

/**
 * Lanes of a wide subgroup read one address at no cost. Lanes of a narrow one, such as SwiftShader's four, gain by sharing what they load.
 * No graphics card has subgroups as narrow, so they also show that the GPU is made of software.
 */
const widestSharingSubgroup = 8;

function targetOf({ features, info }: GPUAdapter, { limits }: GPUDevice): Target {
  const size = info.subgroupMinSize;
  const isFixed = features.has("subgroups") && size === info.subgroupMaxSize && size > 1;
  return {
    maxBindingBytes: limits.maxStorageBufferBindingSize,
    maxBufferBytes: limits.maxBufferSize,
    maxStorageBuffers: limits.maxStorageBuffersPerShaderStage,
    maxWorkgroups: limits.maxComputeWorkgroupsPerDimension,
    ...(isFixed && size <= widestSharingSubgroup && { profile: "software", sharingLanes: size }),
  };
}

export class Device {
  readonly gpu: GPUDevice;
  readonly info: AdapterInfo;
  /** What kernels are chosen by. */
  readonly target: Target;
  readonly faults: Faults;
  readonly #buffers = new Map<GPUBuffer, number>();
  /** What each piece of work holds, and what of it is to be destroyed. */
  readonly #held = new Set<ReadonlySet<GPUBuffer>>();
  readonly #doomed = new Set<GPUBuffer>();
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  #allocatedBytes = 0;
  #isDisposed = false;
  #isLost = false;

  constructor(gpu: GPUDevice, info: AdapterInfo, target: Target = {}) {
    this.gpu = gpu;
    this.info = info;
    this.target = target;
    this.faults = new Faults(gpu);
    void gpu.lost.then(() => {
      this.#isLost = true;
    });
  }

  /**
   * Calls `listener` with every error that the GPU reports and that no call could reject with, such as that of a `run()`.
   *
   * @returns ends the calls
   */
  onFault(listener: (fault: DeviceError) => void): () => void {
    // A disposed device has nothing to tell.
    return this.faults.listen((fault) => {
      if (!this.#isDisposed) listener(fault);
    });
  }

  /** Bytes in buffers made by {@link createBuffer} and not destroyed yet. */
  get allocatedBytes(): number {
    return this.#allocatedBytes;
  }

  /** Resolves when the device is gone, by {@link dispose} or by accident. */
  get lost(): Promise<GPUDeviceLostInfo> {
    return this.gpu.lost;
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** The size of a buffer for `sizeBytes`: whole words, and at least one, because WebGPU binds no empty buffers. */
  static bufferSize(sizeBytes: number): number {
    return Math.max(4, Math.ceil(sizeBytes / 4) * 4);
  }

  /** A zeroed buffer; its size is rounded up to whole words. */
  createBuffer(label: string, sizeBytes: number, usage: number): GPUBuffer {
    if (this.#isDisposed) throw new DeviceError("This device was disposed of. Request another device.");
    const size = Device.bufferSize(sizeBytes);
    const { maxBufferSize } = this.gpu.limits;
    if (size > maxBufferSize)
      throw new DeviceError(
        `'${label}' takes ${size} bytes, but this GPU allows ${maxBufferSize} in one buffer. Use smaller inputs or another GPU.`,
      );
    const buffer = this.gpu.createBuffer({ label, size, usage });
    this.#buffers.set(buffer, size);
    this.#allocatedBytes += size;
    return buffer;
  }

  /** At once, or when nobody holds it any more. */
  destroyBuffer(buffer: GPUBuffer): void {
    if ([...this.#held].some((held) => held.has(buffer))) {
      this.#doomed.add(buffer);
      return;
    }
    this.#allocatedBytes -= this.#buffers.get(buffer) ?? 0;
    this.#buffers.delete(buffer);
    buffer.destroy();
  }

  /**
   * Does work that submits commands on buffers later, such as after a pipeline is compiled. Until it is done they are not destroyed, whoever
   * made them.
   */
  async holding<T>(buffers: readonly GPUBuffer[], work: () => Promise<T>): Promise<T> {
    const held = new Set(buffers);
    this.#held.add(held);
    try {
      return await work();
    } finally {
      this.#held.delete(held);
      for (const buffer of held) if (this.#doomed.delete(buffer)) this.destroyBuffer(buffer);
    }
  }

  /**
   * Runs synchronous GPU work and reports what the GPU refused. Scopes are a stack per device, so nothing may be awaited inside.
   *
   * @throws DeviceError when memory ran out or a command was invalid
   */
  async checked<T>(what: string, work: () => T): Promise<T> {
    this.gpu.pushErrorScope("out-of-memory");
    this.gpu.pushErrorScope("validation");
    let result: T;
    let failures: Promise<(GPUError | null)[]>;
    try {
      result = work();
    } finally {
      failures = Promise.all([this.gpu.popErrorScope(), this.gpu.popErrorScope()]);
    }
    const [invalid, outOfMemory] = await failures;
    if (invalid || outOfMemory) this.faults.refusalCount++;
    if (outOfMemory) throw new DeviceError(`${what}: the GPU is out of memory. Close other pages, or use a smaller model or input.`);
    if (invalid) throw new DeviceError(`${what}: ${invalid.message}`);
    return result;
  }

  /** Compiles a shader in the background; the same shader with the same constants is compiled once per device. */
  pipeline(shader: Shader, constants: Readonly<Record<string, number>> = {}): Promise<GPUComputePipeline> {
    const key = `${JSON.stringify(constants)}${shader.code}`;
    const known = this.#pipelines.get(key);
    if (known) return known;
    const compiled = this.#compile(shader, constants);
    this.#pipelines.set(key, compiled);
    compiled.catch(() => this.#pipelines.delete(key));
    return compiled;
  }

  async #compile(shader: Shader, constants: Readonly<Record<string, number>>): Promise<GPUComputePipeline> {
    // A wrong shader makes createComputePipelineAsync reject, so its validation error need not be reported as well.
    this.gpu.pushErrorScope("validation");
    const module = this.gpu.createShaderModule({ label: shader.name, code: shader.code });
    this.gpu.popErrorScope().catch(() => {});
    try {
      return await this.gpu.createComputePipelineAsync({
        label: shader.name,
        layout: "auto",
        compute: { module, entryPoint: "main", constants },
      });
    } catch (error) {
      const { messages } = await module.getCompilationInfo();
      const details = messages.map((m) => `${m.lineNum}:${m.linePos} ${m.message}`).join("\n");
      throw new DeviceError(`Shader '${shader.name}' did not compile: ${(error as Error).message}\n${details}`);
    }
  }

  /** Destroys the GPU device and with it every buffer. */
  dispose(): void {
    this.#isDisposed = true;
    for (const buffer of this.#buffers.keys()) buffer.destroy();
    this.#buffers.clear();
    this.#pipelines.clear();
    this.#allocatedBytes = 0;
    this.gpu.destroy();
  }
}
