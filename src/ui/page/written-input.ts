// What the network looks at, as addresses have it: `drawing:` with its strokes, a name of the gallery, an address, `camera`, or `file`. Pure.

/** For what no address holds: a file, a pasted picture, the last picture of a camera. */
export const ownPicture = "file";

/** What is said where somebody follows an address to such a picture. */
export const notHeld = "This address is of a picture that it does not hold, such as a file: open it again.";

/** What is said where it is of a drawing that nobody drew. */
export const notDrawn = "The drawing in this link cannot be read, so the digit is shown that the page begins with.";

/** Letters of an address of a picture that another address has room for: a whole picture may be written as one. */
const mostLetters = 1000;

/** Addresses of pictures have a point or a slash, or begin with `data:`. */
export function isGalleryName(written: string): boolean {
  return /^[\w-]+$/.test(written);
}

export function isCamera(written: string): boolean {
  return /^camera(:|$)/.test(written);
}

/** @param address of a picture; undefined where the picture has none */
export function writePicture(address: string | undefined): string {
  const isShort = address !== undefined && address.length <= mostLetters && !address.startsWith("blob:");
  return isShort ? address : ownPicture;
}
