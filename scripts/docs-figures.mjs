// What the command draws of the digits' network, put together for the docs: six explanations of one picture, and patterns of a layer and of the classes.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { root } from "./steps.mjs";

const model = "models/mnist-trained.onnx";
/** Between tiles. */
const gap = 4;

/** Runs the command in this repository. @param {readonly string[]} options */
const convcam = (options) => promisify(execFile)(process.execPath, ["bin/convcam.mjs", ...options], { cwd: root });

/** @param {string} docs the folder for the pictures */
export async function drawFigures(docs) {
  const folder = await mkdtemp(join(tmpdir(), "convcam-figures-"));
  try {
    await drawExplanations(folder, join(docs, "explanations.png"));
    await drawPatterns(folder, join(docs, "patterns.png"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @param {string} folder @param {string} out */
async function drawExplanations(folder, out) {
  const methods = [["gradient"], ["integrated-gradients"], ["smoothgrad"], ["occlusion", "--patch", "4"], ["grad-cam"], ["layer-cam"]];
  /** @type {Buffer[]} */
  const tiles = [];
  for (const [name = "", ...options] of methods) {
    const path = join(folder, `${name}.png`);
    await convcam(["explain", model, "models/digit.png", "--method", name, ...options, "--opacity", "0.85", "--out", path]);
    tiles.push(await sharp(path).resize(140).png().toBuffer());
  }
  await sharp(await layOut(tiles, { side: 140, columns: tiles.length, background: "gray" })).toFile(out);
  console.log(out);
}

/** Sixteen channels on the left, the ten classes on the right. @param {string} folder @param {string} out */
async function drawPatterns(folder, out) {
  const side = 70;
  /** @type {Buffer[]} */
  const parts = [];
  for (const [options, count, columns] of /** @type {const} */ ([
    [["--layer", "conv_2", "--channels", "0-15"], 16, 8],
    [[], 10, 5],
  ])) {
    const path = join(folder, `${count}.png`);
    await convcam(["patterns", model, ...options, "--steps", "128", "--out", path]);
    parts.push(await layOut(await tilesOf(path, count, side), { side, columns, background: "white" }));
  }
  const [left, right] = await Promise.all(parts.map(async (part) => ({ part, ...(await sharp(part).metadata()) })));
  if (!left || !right) throw new Error("There are no patterns.");
  const apart = 3 * gap;
  await sharp({ create: { width: left.width + apart + right.width, height: left.height, channels: 3, background: "white" } })
    .composite([
      { input: left.part, left: 0, top: 0 },
      { input: right.part, left: left.width + apart, top: 0 },
    ])
    .grayscale()
    .png({ effort: 10 })
    .toFile(out);
  console.log(out);
}

/** Tiles of 28 pixels in about a square, as the command lays them. @param {string} path @param {number} count @param {number} side of those that come out */
function tilesOf(path, count, side) {
  const step = 28 + gap;
  const columns = Math.ceil(Math.sqrt(count));
  return Promise.all(
    Array.from({ length: count }, (_, i) =>
      sharp(path)
        .extract({ left: (i % columns) * step, top: Math.floor(i / columns) * step, width: 28, height: 28 })
        .resize(side)
        .png()
        .toBuffer(),
    ),
  );
}

/**
 * @param {readonly Buffer[]} tiles
 * @param {{ side: number, columns: number, background: string }} grid
 * @returns {Promise<Buffer>} a PNG
 */
function layOut(tiles, { side, columns, background }) {
  const rows = Math.ceil(tiles.length / columns);
  const extent = (/** @type {number} */ count) => count * side + (count - 1) * gap;
  return sharp({ create: { width: extent(columns), height: extent(rows), channels: 3, background } })
    .composite(tiles.map((input, i) => ({ input, left: (i % columns) * (side + gap), top: Math.floor(i / columns) * (side + gap) })))
    .png({ effort: 10 })
    .toBuffer();
}
