// Says what a file is that is not ONNX, by its bytes and never by its name, and how to get an ONNX file from it. Loaded when one was
// refused.
import { mediaTypeOf } from "../media-type.ts";
import { decodeTensorProto } from "./lone-tensor.ts";
import { zipNames } from "./zip-names.ts";

const unpack = "unpack it, and open the .onnx file in it";
const tf2onnx = "convert it with `python -m tf2onnx.convert";

/** First bytes that nothing else begins with. */
const signatures: readonly (readonly [offset: number, text: string, found: string])[] = [
  [
    0,
    "version https://git-lfs",
    "a Git LFS pointer, which stands for the file itself: run `git lfs pull`, or download the file from its page",
  ],
  [0, "\u001f\u008b", `a gzip archive: ${unpack}`],
  [0, "BZh", `a bzip2 archive: ${unpack}`],
  [0, "\u00fd7zXZ", `an xz archive: ${unpack}`],
  [0, "(\u00b5/\u00fd", `a Zstandard archive: ${unpack}`],
  [0, "7z\u00bc\u00af", `a 7z archive: ${unpack}`],
  [0, "Rar!", `a RAR archive: ${unpack}`],
  [257, "ustar", `a tar archive: ${unpack}`],
  [0, "\u0089HDF", `an HDF5 file, as Keras writes (.h5): load it in Python, then ${kerasExport()}`],
  [4, "TFL3", `a TensorFlow Lite file: ${tf2onnx} --tflite model.tflite --output model.onnx\``],
  [4, "ORTM", "an ONNX Runtime .ort file: use the .onnx file that it was made from"],
  [0, "GGUF", "a GGUF file, as llama.cpp reads: it holds weights of a language model and no graph"],
  [0, "ptrt", "a TensorRT engine, built for one graphics card: use the .onnx file that it was made from"],
  [0, "ftrt", "a TensorRT engine, built for one graphics card: use the .onnx file that it was made from"],
  [0, "\u0093NUMPY", "a NumPy array (.npy): give it as an input, not as the model"],
  [0, "%PDF", "a PDF document"],
  [0, "7767517", "an ncnn file: use the .onnx file that it was made from"],
];

/** What the bytes are, for "This is not an ONNX model but …"; `undefined` where nothing tells. */
export function recognize(bytes: Uint8Array): string | undefined {
  const known = signatures.find(([offset, text]) => startsWith(bytes, offset, text))?.[2];
  return (
    known ??
    recognizeMedia(bytes) ??
    recognizePython(bytes) ??
    recognizeZip(bytes) ??
    recognizeSafetensors(bytes) ??
    recognizeText(bytes) ??
    recognizeProto(bytes)
  );
}

function recognizeMedia(bytes: Uint8Array): string | undefined {
  const type = mediaTypeOf(bytes);
  return type && `a ${type.startsWith("image/") ? "picture" : "video or picture"}: open it as the input`;
}

function kerasExport(): string {
  return "`model.export('model.onnx', format='onnx')`, or `tf2onnx.convert.from_keras(model, output_path='model.onnx')`";
}

const torchExport =
  "load the model in Python, then `torch.onnx.export(model, example_input, 'model.onnx')`. If the file has weights only, the model's code is needed as well";

/** A Python pickle of protocol 2 to 5. PyTorch before 1.6 began its files with one of a large number. */
function recognizePython(bytes: Uint8Array): string | undefined {
  const [first, protocol = 0] = bytes;
  if (first !== 0x80 || protocol < 2 || protocol > 5) return undefined;
  return startsWith(bytes, 2, "\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019")
    ? `an old PyTorch checkpoint: ${torchExport}`
    : `a Python pickle, as PyTorch writes (.pt, .pth): ${torchExport}`;
}

function recognizeZip(bytes: Uint8Array): string | undefined {
  if (!startsWith(bytes, 0, "PK\u0003\u0004")) return undefined;
  const names = zipNames(bytes);
  const has = (end: string) => names.find((name) => name.endsWith(end));
  const model = has(".onnx");
  if (model) return `a zip archive: unpack it, and open '${model}' in it`;
  if (has("data.pkl") || has("constants.pkl")) return `a PyTorch file (.pt, .pth): ${torchExport}`;
  if (has("model.weights.h5") || (has("config.json") && has("metadata.json")))
    return `a Keras model (.keras): load it in Python, then ${kerasExport()}`;
  if (has("saved_model.pb")) return `a zipped TensorFlow SavedModel: unpack it, and ${tf2onnx} --saved-model FOLDER --output model.onnx\``;
  if (has(".npy")) return "a NumPy archive (.npz), which holds arrays and no graph";
  return names.length > 0
    ? `a zip archive, of ${list(names)}: unpack it, or export the model to ONNX`
    : "a zip archive that is not complete: download it again";
}

/** A length of eight bytes, then JSON. */
function recognizeSafetensors(bytes: Uint8Array): string | undefined {
  const isHeader = bytes.byteLength > 10 && startsWith(bytes, 5, '\0\0\0{"') && bytes[8] === 0x7b;
  if (!isHeader) return undefined;
  return "a safetensors file, which holds weights and no graph: load the model in Python with its own code, and export it to ONNX, such as with `torch.onnx.export`";
}

/** Text of programs that people take for the model. Tried on the first characters, in this order. */
const texts: readonly (readonly [pattern: RegExp, found: string])[] = [
  [/^\s*<\s*ir_version/, "ONNX in its text form: in Python, `onnx.save(onnx.parser.parse_model(open('file').read()), 'model.onnx')`"],
  [/^\s*<\?xml[^>]*>\s*<net\b/, "an OpenVINO model (.xml): use the .onnx file that it was made from"],
  [/^\s*<(!doctype\s+html|html|head|body)/i, "a web page: check the address that it was downloaded from, and whether it asks to sign in"],
  [/^\s*</, "a web page or XML file: check the address that it was downloaded from"],
  [
    /^\s*\{[\s\S]*"(modelTopology|weightsManifest)"/,
    "a TensorFlow.js model (model.json): convert the Keras model or SavedModel that it was made from, with tf2onnx",
  ],
  [
    /^\s*\{[\s\S]*"(irVersion|opsetImport|ir_version)"/,
    "ONNX written as JSON: in Python, `onnx.save(google.protobuf.json_format.Parse(text, onnx.ModelProto()), 'model.onnx')`",
  ],
  [/^\s*[{[]/, "JSON text, perhaps a server's answer instead of the file: check the address that it was downloaded from"],
  [
    /^\s*(ir_version|opset_import|producer_name|producer_version)\s*[:{]/m,
    "ONNX written as text (.pbtxt): in Python, `onnx.save(onnx.load('model.pbtxt', format='textproto'), 'model.onnx')`",
  ],
  [
    /^\s*node\s*\{[\s\S]*\bop\s*:/,
    `a TensorFlow graph written as text (.pbtxt): convert the SavedModel that it was made from: ${tf2onnx} --saved-model FOLDER --output model.onnx\``,
  ],
  [
    /^\s*(name\s*:\s*"[^"]*"\s*)?(input\s*:|layers?\s*\{)/,
    "a Caffe network (.prototxt), without its weights: convert it with a Caffe to ONNX converter",
  ],
  [
    /^\s*(#[^\n]*\n\s*)*\[(net|network)\]/,
    "a Darknet configuration (.cfg), without its weights: convert both with a Darknet to ONNX converter",
  ],
];

function recognizeText(bytes: Uint8Array): string | undefined {
  const start = bytes.subarray(0, 4096);
  let text: string;
  try {
    // What is cut off may end inside a character.
    text = new TextDecoder("utf-8", { fatal: true }).decode(start, { stream: true });
  } catch {
    return undefined;
  }
  if (/[^\P{Cc}\t\n\r\f]/u.test(text) || text.trim().length < 4) return undefined;
  const [, found] = texts.find(([pattern]) => pattern.test(text)) ?? [];
  const line = text.trim().split(/\s*\n/)[0]?.slice(0, 60) ?? "";
  return found ?? `plain text, which begins "${line}": check the address that it was downloaded from`;
}

/** Other messages of protobuf, which ONNX is written in too. They have no name in the file; their fields tell. */
function recognizeProto(bytes: Uint8Array): string | undefined {
  const fields = topFields(bytes);
  if (!fields) return undefined;
  const at = (number: number) => fields.find((field) => field.number === number);
  const isMessage = (number: number) => at(number)?.content !== undefined;
  const inner = (number: number) => topFields(at(number)?.content ?? new Uint8Array(0)) ?? [];
  const hasText = (list: readonly ProtoField[], number: number) => list.some((field) => field.number === number && isWord(field.content));
  // SavedModel { schema_version = 1; meta_graphs = 2 { meta_info_def = 1; graph_def = 2 } }
  if (
    !isMessage(1) &&
    isMessage(2) &&
    fields.every(({ number }) => number <= 2) &&
    inner(2).some(({ number, content }) => number === 2 && content)
  )
    return `a TensorFlow SavedModel: convert its whole folder: ${tf2onnx} --saved-model FOLDER --output model.onnx\``;
  // GraphDef { node = 1 { name = 1; op = 2 } }
  if (isMessage(1) && hasText(inner(1), 1) && hasText(inner(1), 2))
    return `a frozen TensorFlow graph (.pb): ${tf2onnx} --graphdef model.pb --inputs NAME:0 --outputs NAME:0 --output model.onnx\``;
  if (fields.some(({ number }) => number >= 200 && number < 4000) && !isMessage(1))
    return "a Core ML model (.mlmodel): use the model that it was made from";
  if (fields.some(({ number }) => number === 100) && isMessage(1))
    return "a Caffe model (.caffemodel): convert it with a Caffe to ONNX converter";
  return recognizeTensor(bytes, fields);
}

/** TensorProto { dims = 1; data_type = 2; name = 8; raw_data = 9 } */
function recognizeTensor(bytes: Uint8Array, fields: readonly ProtoField[]): string | undefined {
  const hasData = fields.some(({ number }) => [4, 5, 6, 7, 9, 10, 11].includes(number));
  if (!hasData || fields.some(({ number }) => number > 16)) return undefined;
  try {
    const { name, dims = [], dataType } = decodeTensorProto(bytes);
    if (!dataType || dataType > 26) return undefined;
    return `a single ONNX tensor${name ? ` '${name}'` : ""} of shape [${dims.map(Number).join(", ")}]: open the model that it belongs to, often model.onnx beside it or in the folder above`;
  } catch {
    return undefined;
  }
}

interface ProtoField {
  readonly number: number;
  /** Of strings, bytes and messages. */
  readonly content?: Uint8Array;
}

/** The fields of a message, from the first on; undefined where the bytes are none, or it has more than anybody needs to see. */
function topFields(bytes: Uint8Array, limit = 64): readonly ProtoField[] | undefined {
  const fields: ProtoField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 63; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    return Number.NaN;
  };
  while (at < bytes.byteLength && fields.length < limit) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (wireType === 0) {
      if (Number.isNaN(varint())) return undefined;
    } else if (wireType === 2) {
      const length = varint();
      if (!(at + length <= bytes.byteLength)) return undefined;
      fields.push({ number, content: bytes.subarray(at, at + length) });
      at += length;
      continue;
    } else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else return undefined;
    if (number < 1 || at > bytes.byteLength) return undefined;
    fields.push({ number });
  }
  return fields;
}

function isWord(content: Uint8Array | undefined): boolean {
  return content !== undefined && content.byteLength > 0 && content.every((byte) => byte > 32 && byte < 127);
}

function list(names: readonly string[]): string {
  const some = names.slice(0, 3).map((name) => `'${name}'`);
  return `${some.join(", ")}${names.length > 3 ? " and others" : ""}`;
}

function startsWith(bytes: Uint8Array, offset: number, text: string): boolean {
  return [...text].every((character, i) => bytes[offset + i] === character.charCodeAt(0));
}
