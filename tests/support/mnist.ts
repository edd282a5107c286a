// MNIST's test digits, where the data folder has them.
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";

const folder = resolve(process.env.CONVCAM_DATA ?? resolve(import.meta.dirname, "../../../shared/data"), "mnist");

export interface Digits {
  readonly count: number;
  /** [count, 28, 28] in 0..1, white on black. */
  readonly images: Float32Array<ArrayBuffer>;
  readonly labels: Uint8Array;
}

/** The first `limit` test digits; undefined where there is no data. */
export function readTestDigits(limit = 10_000): Digits | undefined {
  const images = readIdx("t10k-images-idx3-ubyte", 16);
  const labels = readIdx("t10k-labels-idx1-ubyte", 8);
  if (!images || !labels) return undefined;
  const count = Math.min(limit, labels.length);
  return { count, images: new Float32Array(images.subarray(0, count * 784)).map((byte) => byte / 255), labels: labels.subarray(0, count) };
}

/** The elements of an idx file, gzipped or not. */
function readIdx(name: string, headerBytes: number): Uint8Array | undefined {
  const path = resolve(folder, name);
  if (existsSync(path)) return readFileSync(path).subarray(headerBytes);
  return existsSync(`${path}.gz`) ? gunzipSync(readFileSync(`${path}.gz`)).subarray(headerBytes) : undefined;
}
