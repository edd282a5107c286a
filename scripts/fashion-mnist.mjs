// Makes models/data/fashion-mnist.bin of Fashion-MNIST's four files: node scripts/fashion-mnist.mjs DIR
// The first 300 pictures of each class to train on, and the first 50 of each to test with, in the order of the files, rounded to 32 levels of gray.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { root } from "./steps.mjs";

const [side, classes, levels] = [28, 10, 32];
const [folder] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node scripts/fashion-mnist.mjs DIR, with train-images-idx3-ubyte.gz and the three others in it");
  process.exit(2);
}

/** @param {string} name @param {number} headBytes */
const elements = (name, headBytes) => gunzipSync(readFileSync(join(folder, `${name}.gz`))).subarray(headBytes);

/** @param {readonly number[]} shape @param {Uint8Array} data */
function encodeIdx(shape, data) {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.set([0, 0, 8, shape.length]);
  for (const [axis, extent] of shape.entries()) head.writeUInt32BE(extent, 4 + 4 * axis);
  return Buffer.concat([head, data]);
}

/** Pictures and labels of a part, as two idx arrays. @param {string} prefix @param {number} each */
function part(prefix, each) {
  const images = elements(`${prefix}-images-idx3-ubyte`, 16);
  const labels = elements(`${prefix}-labels-idx1-ubyte`, 8);
  const left = new Array(classes).fill(each);
  const chosen = [...labels.keys()].filter((i) => left[labels[i] ?? 0]-- > 0);
  const pictures = Buffer.concat(chosen.map((i) => images.subarray(i * side ** 2, (i + 1) * side ** 2)));
  const rounded = pictures.map((pixel) => Math.round((Math.round((pixel / 255) * (levels - 1)) / (levels - 1)) * 255));
  const own = Uint8Array.from(chosen, (i) => labels[i] ?? 0);
  return [encodeIdx([chosen.length, side, side], rounded), encodeIdx([chosen.length], own)];
}

const file = gzipSync(Buffer.concat([...part("train", 300), ...part("t10k", 50)]), { level: 9 });
writeFileSync(join(root, "models/data/fashion-mnist.bin"), file);
console.log(`models/data/fashion-mnist.bin: ${file.length} bytes`);
