// What a file is that is not ONNX. Loaded when one was refused.

/** What people take for an .onnx file, by its first bytes. None of them decodes as a model. */
const signatures: readonly { readonly offset: number; readonly text: string; readonly found: string }[] = [
  { offset: 0, text: "version https://git-lfs", found: "a Git LFS pointer: run `git lfs pull`, or download the file itself" },
  { offset: 0, text: "<", found: "a web page or XML file: check the address it was downloaded from" },
  { offset: 0, text: "{", found: "JSON text" },
  { offset: 0, text: "PK\u0003\u0004", found: "a zip archive (PyTorch .pt and Keras .keras are): unpack it, or export it to ONNX" },
  { offset: 0, text: "\u001f\u008b", found: "a gzip archive: unpack it first" },
  { offset: 0, text: "\u0089HDF", found: "an HDF5 file, as Keras writes: convert it to ONNX with tf2onnx" },
  { offset: 0, text: "\u0080\u0002", found: "a Python pickle, as PyTorch writes: export it with torch.onnx.export" },
  { offset: 4, text: "TFL3", found: "a TensorFlow Lite file: convert it to ONNX with tf2onnx" },
  { offset: 4, text: "ORTM", found: "an ONNX Runtime .ort file: use the .onnx file it was made from" },
];

/** What the bytes are, for "This is not an ONNX model but …"; `undefined` where nothing tells. */
export function recognize(bytes: Uint8Array): string | undefined {
  return signatures.find(({ offset, text }) => startsWith(bytes, offset, text))?.found;
}

function startsWith(bytes: Uint8Array, offset: number, text: string): boolean {
  return [...text].every((character, i) => bytes[offset + i] === character.charCodeAt(0));
}
