// One GPU device for all elements of a page, or of a worker: opened for the first that needs it, given back with the last.
import { type Device, requestDevice } from "../engine/gpu/device.ts";

/** One user's share of a device. */
export interface DeviceLease {
  readonly device: Device;
  /** Gives the share back; to be called once. The device is destroyed with the last lease. */
  release(): void;
}

interface Shared {
  readonly opening: Promise<Device>;
  userCount: number;
}

export class SharedDevice {
  #current: Shared | undefined;

  /** @throws DeviceError where there is no GPU; a later call tries again */
  async lease(): Promise<DeviceLease> {
    this.#current ??= this.#open();
    const shared = this.#current;
    shared.userCount++;
    const release = () => this.#release(shared);
    try {
      return { device: await shared.opening, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #open(): Shared {
    const shared: Shared = { opening: requestDevice(), userCount: 0 };
    const forget = () => {
      if (this.#current === shared) this.#current = undefined;
    };
    // After a loss the next caller gets another device.
    shared.opening.then(({ lost }) => lost.then(forget), forget);
    return shared;
  }

  #release(shared: Shared): void {
    if (--shared.userCount > 0) return;
    if (this.#current === shared) this.#current = undefined;
    shared.opening.then(
      (device) => device.dispose(),
      () => undefined,
    );
  }
}

/** The page's, or the worker's. */
export const sharedDevice = new SharedDevice();
