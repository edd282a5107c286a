// What is told where the GPU does not give what was computed: what it refused, at once; a loss, only where there is one.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DeviceError } from "../../src/engine/errors.ts";
import { Device } from "../../src/engine/gpu/device.ts";
import { readBack } from "../../src/engine/gpu/read-buffer.ts";

const unmapped = new DOMException("Buffer was unmapped before mapping was resolved.", "AbortError");

interface Trouble {
  /** What the scopes of errors hold: of memory, of commands. */
  readonly outOfMemory?: boolean;
  readonly invalid?: string;
  /** What ends the scopes of a GPU that is gone. */
  readonly scopes?: Error;
  /** When the loss becomes known. */
  readonly lostAfterMs?: number;
}

/** A GPU whose staging buffers cannot be mapped. */
function troubled({ outOfMemory, invalid, scopes, lostAfterMs }: Trouble): Device {
  const found = [invalid === undefined ? null : { message: invalid }, outOfMemory ? { message: "" } : null];
  const gpu = {
    limits: { maxBufferSize: 1024 },
    lost: new Promise((resolve) => {
      if (lostAfterMs !== undefined) setTimeout(resolve, lostAfterMs);
    }),
    queue: { submit: () => {} },
    addEventListener: () => {},
    createBuffer: () => ({ mapAsync: () => Promise.reject(unmapped), unmap: () => {}, destroy: () => {} }),
    createCommandEncoder: () => ({ copyBufferToBuffer: () => {}, finish: () => ({}) }),
    pushErrorScope: () => {},
    popErrorScope: () => (scopes ? Promise.reject(scopes) : Promise.resolve(found.shift())),
  };
  return new Device(gpu as unknown as GPUDevice, {} as Device["info"]);
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("GPUBufferUsage", {});
  vi.stubGlobal("GPUMapMode", {});
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** What comes of a read, before any time passes and after all of it. */
async function outcomes(trouble: Trouble) {
  let told: unknown;
  readBack(troubled(trouble), { label: "y" } as GPUBuffer, 4).catch((error) => {
    told = error;
  });
  await vi.advanceTimersByTimeAsync(0);
  const atOnce = told;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(vi.getTimerCount()).toBe(0);
  expect(told).toBeInstanceOf(DeviceError);
  return { atOnce: (atOnce as Error | undefined)?.message, message: (told as Error).message };
}

test.each<[what: string, trouble: Trouble, message: string]>([
  ["a staging buffer that is none", { invalid: "[Invalid Buffer]" }, "Computing 'y': [Invalid Buffer]"],
  [
    "memory that has run out",
    { outOfMemory: true, invalid: "[Invalid Buffer]" },
    "Computing 'y': the GPU is out of memory. Close other pages, or use a smaller model or input.",
  ],
  ["a refusal just before a loss", { invalid: "too many workgroups", lostAfterMs: 3000 }, "Computing 'y': too many workgroups"],
])("%s is told at once, and as that", async (_, trouble, message) => {
  expect(await outcomes(trouble)).toEqual({ atOnce: message, message });
});

const lost = "'y' could not be read: the GPU was lost. Request another device.";

test.each<[what: string, trouble: Trouble, message: string]>([
  ["a loss that becomes known later than the read fails", { lostAfterMs: 3000 }, lost],
  ["a loss that ends the scopes of errors", { scopes: new DOMException("Instance dropped.", "OperationError"), lostAfterMs: 3000 }, lost],
  ["a buffer that is destroyed while the GPU lives", {}, `'y' could not be read: ${unmapped.message}`],
])("%s is told as that, once it is known", async (_, trouble, message) => {
  expect(await outcomes(trouble)).toEqual({ atOnce: undefined, message });
});

/** A GPU that finishes one piece of work after another, each after so many milliseconds. */
function working(eachMs: number) {
  const submitted: number[] = [];
  let done = Promise.resolve();
  const gpu = {
    limits: { maxBufferSize: 1024 },
    lost: new Promise(() => {}),
    queue: {
      submit(lists: readonly unknown[]) {
        submitted.push(lists.length);
        if (lists.length > 0) done = done.then(() => (eachMs > 0 ? new Promise((resolve) => setTimeout(resolve, eachMs)) : undefined));
      },
    },
    addEventListener: () => {},
    createBuffer: () => ({ mapAsync: () => done, getMappedRange: () => new ArrayBuffer(4), unmap: () => {}, destroy: () => {} }),
    createCommandEncoder: () => ({ copyBufferToBuffer: () => {}, finish: () => ({}) }),
    pushErrorScope: () => {},
    popErrorScope: () => Promise.resolve(null),
  };
  const device = new Device(gpu as unknown as GPUDevice, {} as Device["info"]);
  return { device, submitted };
}

test.each([
  [64, 0, 0],
  [1, 2, 2],
  [1, 10, 3],
])("%i reads at once, of %i ms each, ask %i times for what is done, and no more once all is read", async (count, eachMs, asked) => {
  const { device, submitted } = working(eachMs);
  let isRead = false;
  const reads = Promise.all(Array.from({ length: count }, () => readBack(device, { label: "y" } as GPUBuffer, 4)));
  void reads.then(() => {
    isRead = true;
  });
  for (let ms = 0; ms < 100 && !isRead; ms++) await vi.advanceTimersByTimeAsync(ms === 0 ? 0 : 1);
  expect(isRead).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
  expect(submitted.filter((lists) => lists > 0).length).toBe(count);
  expect(submitted.filter((lists) => lists === 0).length).toBe(asked);
});
