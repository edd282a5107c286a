// Opens what is no picture: an array in NumPy's format, which a network is given as it is.
import { decodeNpy } from "../../engine/npy.ts";
import type { ArrayImage } from "../picture-size.ts";

/** "\x93NUMPY", as every .npy file begins. */
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** @throws Error that says what can be opened */
export async function openArray(blob: Blob): Promise<ArrayImage> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const name = blob instanceof File ? blob.name : "";
  const isNpy = magic.every((byte, i) => bytes[i] === byte);
  if (!isNpy && !name.endsWith(".npy")) {
    const type = blob.type ? ` (${blob.type})` : "";
    throw new Error(`This file is no picture the browser can decode${type}. Try PNG, JPEG, WebP, an MP4 video or a NumPy array (.npy).`);
  }
  try {
    const { dtype, shape, bytes: data } = decodeNpy(bytes);
    return { width: 1, height: 1, name, dtype, shape, data: new Uint8Array(data) };
  } catch (error) {
    throw new Error(`${name || "This file"}: ${(error as Error).message}`);
  }
}
