// The part of Fashion-MNIST that is stored in models/data: articles of clothing, 28×28 in gray, in ten classes.
import { ModelError } from "../engine/errors.ts";
import { type BytesSet, fromIdx, type Preparation } from "./data-set.ts";
import { decodeIdxSeries } from "./idx.ts";
import { unstopped } from "./unstopped.ts";

export const fashionClasses: readonly string[] = [
  "T-shirt",
  "Trousers",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];

/**
 * 3,000 pictures to train on and 500 to test with, as many of each class.
 *
 * @param bytes of models/data/fashion-mnist.bin: four idx arrays, compressed by gzip. A server may have unpacked them on the way.
 * @throws ModelError for other bytes
 */
export async function readShippedFashion(
  bytes: Uint8Array<ArrayBuffer>,
  preparation: Preparation = { mean: [0], std: [1] },
): Promise<{ readonly train: BytesSet; readonly test: BytesSet }> {
  const isCompressed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const [trainImages, trainLabels, testImages, testLabels] = decodeIdxSeries(isCompressed ? await unpack(bytes) : bytes);
  if (!trainImages || !trainLabels || !testImages || !testLabels)
    throw new ModelError("the pictures: expected four arrays, pictures and labels to train on and to test with.");
  const set = (images: typeof trainImages, labels: typeof trainLabels) => fromIdx(images, labels, preparation, fashionClasses);
  return { train: set(trainImages, trainLabels), test: set(testImages, testLabels) };
}

/** @throws ModelError where they are damaged */
async function unpack(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  try {
    const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(unpacked).arrayBuffer());
  } catch (error) {
    throw new ModelError(`the pictures are damaged: ${unstopped(error)}.`);
  }
}
