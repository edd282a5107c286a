// NumPy's .npy files: a header that is a Python literal, then the elements. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
import { ModelError } from "./errors.ts";
import { sizeOf } from "./shapes.ts";
import { bytesPerElement, type DataType, Tensor } from "./tensor.ts";

/** NumPy's type codes, little-endian. It has none for bfloat16, which is written as float32. */
const codes: Readonly<Partial<Record<DataType, string>>> = {
  float32: "<f4",
  float64: "<f8",
  float16: "<f2",
  int8: "|i1",
  int16: "<i2",
  int32: "<i4",
  int64: "<i8",
  uint8: "|u1",
  uint16: "<u2",
  uint32: "<u4",
  uint64: "<u8",
  bool: "|b1",
};

const magic = "\x93NUMPY";
/** Data begins at a multiple of this many bytes. */
const alignment = 64;

/** @throws ModelError where the bytes are no .npy file or hold what a tensor cannot */
export function decodeNpy(bytes: Uint8Array): Tensor {
  if (latin1(bytes.subarray(0, magic.length)) !== magic || bytes.length < 12) throw new ModelError("this is no .npy file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLong = (bytes[6] as number) >= 2;
  const start = isLong ? 12 : 10;
  const end = start + (isLong ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = latin1(bytes.subarray(start, end));
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const extents = /'shape'\s*:\s*\(([^)]*)\)/.exec(header)?.[1];
  if (descr === undefined || extents === undefined) throw new ModelError(`the .npy header is not understood: ${shortened(header.trim())}`);
  if (/'fortran_order'\s*:\s*True/.test(header))
    throw new ModelError("the array is in Fortran order. Save numpy.ascontiguousarray(array) instead.");
  const found = Object.entries(codes).find(([, code]) => code === descr || code.slice(1) === descr.replace(/^[=|]/, ""));
  if (!found) throw new ModelError(`elements of type '${descr}' are not supported. Use one of ${Object.values(codes).join(" ")}.`);
  const dtype = found[0] as DataType;
  const shape = extents.split(",").filter((extent) => extent.trim() !== "");
  return new Tensor(dtype, shape.map(Number), bytes.subarray(end, end + sizeOf(shape.map(Number)) * bytesPerElement(dtype)));
}

export function encodeNpy(tensor: Tensor): Uint8Array {
  const code = codes[tensor.dtype];
  if (!code) return encodeNpy(Tensor.float32(tensor.shape, tensor.toFloat32()));
  const tuple = tensor.shape.length === 1 ? `(${tensor.shape[0]},)` : `(${tensor.shape.join(", ")})`;
  const header = `{'descr': '${code}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const unpadded = magic.length + 4 + header.length + 1;
  const start = Math.ceil(unpadded / alignment) * alignment;
  const bytes = new Uint8Array(start + tensor.bytes.length);
  const text = `${magic}\x01\x00\x00\x00${header.padEnd(start - magic.length - 5)}\n`;
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  new DataView(bytes.buffer).setUint16(8, start - 10, true);
  bytes.set(tensor.bytes, start);
  return bytes;
}

function latin1(bytes: Uint8Array): string {
  // Not by a TextDecoder: what that calls latin1 is windows-1252, where 0x93 is a quotation mark. Not all at once: an argument for each byte may be too many.
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
