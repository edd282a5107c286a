// Pictures in files as bytes of a data set. Those that cannot be read are named and left out.
import { BytesSet, type Picture, type Preparation } from "../data-sets/data-set.ts";
import { ModelError } from "../engine/errors.ts";
import { readImage } from "./image.ts";

/**
 * @param place where they are said to be
 * @param options `picture`: what the model takes
 * @returns the set, and which of them are in it
 * @throws ModelError where none can be read
 */
export async function readPictures<One extends { readonly path: string; readonly label: number }>(
  place: string,
  all: readonly One[],
  classes: readonly string[],
  options: Preparation & { readonly picture: Picture },
): Promise<{ readonly set: BytesSet; readonly read: readonly One[] }> {
  const { picture } = options;
  const read: One[] = [];
  const pictures: Uint8Array[] = [];
  for (const one of all)
    try {
      pictures.push(await readPicture(one.path, picture));
      read.push(one);
    } catch (error) {
      // The message begins with the path, which is said already.
      console.error(`convcam: '${one.path}' is left out: ${(error as Error).message.replace(`picture '${one.path}': `, "")}`);
    }
  if (read.length === 0) throw new ModelError(`data '${place}': no picture in it could be read.`);
  const size = picture.channels * picture.height * picture.width;
  const pixels = new Uint8Array(pictures.length * size);
  pictures.forEach((one, i) => {
    pixels.set(one, i * size);
  });
  const labels = Int32Array.from(read, ({ label }) => label);
  return { set: new BytesSet(pixels, labels, { picture, classes, preparation: options }), read };
}

/** Rows of bytes, channel by channel. */
async function readPicture(path: string, { channels, height, width }: Picture): Promise<Uint8Array> {
  const input = { name: "picture", dtype: "float32" as const, shape: [1, channels, height, width] };
  const tensor = await readImage(path, input, {
    mean: [0],
    std: [1],
    scale: 1,
    channels: channels === 1 ? "gray" : "rgb",
    fit: "cover",
    resize: "area",
  });
  return Uint8Array.from(tensor.toFloat32(), Math.round);
}
