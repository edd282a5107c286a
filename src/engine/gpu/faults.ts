// What the GPU refused and no call could reject with, and who is told of it.
import { DeviceError } from "../errors.ts";

/** What one reader is still to be told. */
interface Pending {
  /** Faults of unknown origin that it was told of, or that were there before it began to watch. */
  told: number;
  /** The first fault of its own. */
  own?: DeviceError | undefined;
  /** Resolves when everything that was attempted for it has been checked. */
  checked?: Promise<void> | undefined;
}

export class Faults {
  /** Whoever hears that the GPU refuses a command counts it here, whoever is told of it: what commands before it were to do may not have been done. */
  refusalCount = 0;
  readonly #gpu: GPUDevice;
  readonly #listeners = new Set<(fault: DeviceError) => void>();
  readonly #readers = new WeakMap<object, Pending>();
  /** Of unknown origin, the first ones: what is refused in every frame must not fill the memory. */
  readonly #common: DeviceError[] = [];
  #commonCount = 0;

  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
    gpu.addEventListener("uncapturederror", ({ error }) => {
      const fault = faultOf(error);
      this.refusalCount++;
      this.#commonCount++;
      if (this.#common.length < 64) this.#common.push(fault);
      this.report(fault);
    });
  }

  /** @returns ends the calls */
  listen(listener: (fault: DeviceError) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells the listeners. */
  report(fault: DeviceError): void {
    for (const listener of this.#listeners) listener(fault);
  }

  /** From now on {@link check} tells `reader` of faults. */
  watch(reader: object): Pending {
    const pending = this.#readers.get(reader) ?? { told: this.#commonCount };
    this.#readers.set(reader, pending);
    return pending;
  }

  /** Runs GPU work for `reader` that nobody waits for. What the GPU refuses of it no other reader is told of; the listeners are. */
  attempt<T>(reader: object, work: () => T): T {
    const pending = this.watch(reader);
    this.#gpu.pushErrorScope("validation");
    try {
      return work();
    } finally {
      pending.checked = this.#gpu.popErrorScope().then(
        (error) => {
          if (!error) return;
          this.refusalCount++;
          const fault = faultOf(error);
          pending.own ??= fault;
          this.report(fault);
        },
        // A lost device has no errors to tell.
        () => {},
      );
    }
  }

  /** Resolves when the errors of all that was attempted for `reader` are known. */
  async settle(reader: object): Promise<void> {
    await this.#readers.get(reader)?.checked;
  }

  /** @throws DeviceError if the GPU refused a command since `reader` began to watch, or since it was told last */
  check(reader: object): void {
    const pending = this.watch(reader);
    const { told, own } = pending;
    pending.told = this.#commonCount;
    pending.own = undefined;
    // The first is the cause of those after it.
    const fault = own ?? (told < this.#commonCount ? (this.#common[told] ?? this.#common.at(-1)) : undefined);
    if (fault) throw fault;
  }
}

function faultOf({ message }: GPUError): DeviceError {
  return new DeviceError(`The GPU refused a command, so results may be wrong: ${message}`);
}
