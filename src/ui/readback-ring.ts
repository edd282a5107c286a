// Brings a few small pieces of GPU memory to the CPU now and then. Nobody waits for it: a frame that finds all three
// buffers under way goes without.
import type { Device } from "../engine/gpu/device.ts";

export interface ReadbackPiece {
  readonly buffer: GPUBuffer;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

interface Slot<Tag> {
  readonly buffer: GPUBuffer;
  tag?: Tag;
  state: "free" | "copied" | "mapping";
}

const slotCount = 3;

/** @typeParam Tag what {@link ReadbackRing.encode} is told, and whoever gets the pieces hears */
export class ReadbackRing<Tag> {
  readonly #device: Device;
  readonly #pieces: readonly ReadbackPiece[];
  readonly #slots: readonly Slot<Tag>[];
  readonly #onData: (pieces: readonly ArrayBuffer[], tag: Tag) => void;
  #isDisposed = false;

  /** @param onData called with a copy of every piece, in order; the pieces are of the same frame */
  constructor(device: Device, pieces: readonly ReadbackPiece[], onData: (pieces: readonly ArrayBuffer[], tag: Tag) => void) {
    this.#device = device;
    this.#pieces = pieces;
    this.#onData = onData;
    const sizeBytes = pieces.reduce((sum, piece) => sum + piece.sizeBytes, 0);
    this.#slots = Array.from({ length: sizeBytes > 0 ? slotCount : 0 }, (_, i) => ({
      buffer: device.createBuffer(`read-back ring ${i}`, sizeBytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST),
      state: "free",
    }));
  }

  /** Copies the pieces if a buffer is free, and says whether it did. Outside of any pass. */
  encode(encoder: GPUCommandEncoder, tag: Tag): boolean {
    const slot = this.#slots.find(({ state }) => state === "free");
    if (!slot) return this.#slots.length === 0;
    let at = 0;
    for (const { buffer, offsetBytes, sizeBytes } of this.#pieces) {
      encoder.copyBufferToBuffer(buffer, offsetBytes, slot.buffer, at, sizeBytes);
      at += sizeBytes;
    }
    slot.state = "copied";
    slot.tag = tag;
    return true;
  }

  /**
   * Asks for what {@link encode} copied; after the submit.
   *
   * @param submitted rejects where the GPU refused the submit: nothing was copied then, and nothing is delivered
   */
  collect(submitted: Promise<void>): void {
    for (const slot of this.#slots)
      if (slot.state === "copied") {
        slot.state = "mapping";
        const delivers = submitted.then(
          () => true,
          () => false,
        );
        slot.buffer.mapAsync(GPUMapMode.READ).then(
          async () => this.#deliver(slot, await delivers),
          // A lost device or a disposed ring; whoever is responsible for either knows.
          () => undefined,
        );
      }
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const { buffer } of this.#slots) this.#device.destroyBuffer(buffer);
  }

  #deliver(slot: Slot<Tag>, isCopied: boolean): void {
    if (this.#isDisposed) return;
    const bytes = slot.buffer.getMappedRange().slice(0);
    slot.buffer.unmap();
    slot.state = "free";
    if (!isCopied) return;
    let at = 0;
    this.#onData(
      this.#pieces.map(({ sizeBytes }) => {
        at += sizeBytes;
        return bytes.slice(at - sizeBytes, at);
      }),
      slot.tag as Tag,
    );
  }
}
