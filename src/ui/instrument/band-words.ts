// The words of the overview, in one place.
import type { NodeTimes } from "../session/queries.ts";

const count = (number: number, one: string, several: string) => `${number.toLocaleString("en")} ${number === 1 ? one : several}`;

export const bandWords = {
  title: "Overview of the network",
  /** What is seen: every node is an input or a layer. */
  head: (inputs: number, layers: number, isFolded: boolean) =>
    `${count(inputs, "input", "inputs")}, ${count(layers, "layer", "layers")}${isFolded ? ", blocks folded" : ""}`,
  pointAtLayer: "Point at a layer, or choose it, to read here what it does.",
  find: "Find layers",
  findHint: "Find: convs, silent, a name, 64x56x56",
  found: (number: number) => (number === 0 ? "none" : `${number} found`),
  foldAll: "Fold all",
  unfoldAll: "Unfold all",
  tooMany: (nodes: number) =>
    `Unfolded it would be ${nodes.toLocaleString("en")} nodes, too many to draw at once. Unfold blocks one by one, or look at the table.`,
  fold: (title: string) => `Fold ${title}`,
  unfold: (title: string) => `Unfold ${title}`,
  zoomIn: { title: "Larger", sign: "+" },
  zoomOut: { title: "Smaller", sign: "−" },
  left: (nodes: number) =>
    `${count(nodes, "node has", "nodes have")} no thumbnail: with ${nodes === 1 ? "its" : "theirs"} too, thumbnails would keep more than 256 MB on the GPU.`,
  leftNode: "No thumbnail: it would take too much memory. Click to see its maps.",
  leftShort: "too large",
  table: "Table",
  measure: "Measure",
  measuring: "Measuring…",
  measureHint: "How long each layer takes on this GPU",
  noTime: "Not measured: it is computed after the first stage",
  notIncluded: (layers: number) => ` ${count(layers, "layer is", "layers are")} computed later and not included.`,
  notMeasured: (why: string) => `Not measured: ${why}`,
  measured: ({ clock, totalMs }: NodeTimes, sumMs: number) =>
    clock === "gpu"
      ? `Times by the GPU's own clock, layer by layer, with all maps kept that are shown: ${formatMs(sumMs)} together, ${formatMs(totalMs)} in one go.`
      : `This browser does not let pages read the GPU's clock. Each time is from sending one layer's work until it is done, so small layers seem slower than they are: ${formatMs(sumMs)} together, ${formatMs(totalMs)} in one go.`,
  ms: formatMs,
  gflops: (gflops: number) => `${gflops.toPrecision(3)} GFLOP/s`,
  silent: (silent: number, channels: number) => `${silent.toLocaleString("en")} of ${channels.toLocaleString("en")} channels silent`,
  silentShort: (silent: number) => `${silent.toLocaleString("en")} silent`,
  notFinite: (channels: number) => `${channels.toLocaleString("en")} with NaN or ∞`,
  rename: (name: string) => `Rename ${name} for display`,
  renameHint: "A name of your own, for display. Empty for the file's.",
  newName: (name: string) => `What ${name} is called`,
  folded: "Unfold its block to count",
  save: "Save",
  saveHint: "All channels: as a picture, for NumPy, for a spreadsheet. What is not shown is computed for it.",
  saveAs: (name: string, format: string) => `Save ${name} as ${format}`,
  saving: (name: string) => `Saving ${name}…`,
  saved: (name: string) => `Saved ${name}.`,
  notSaved: (name: string, why: string) => `${name} was not saved: ${why}`,
} as const;

/** The same above a layer's maps. */
export const namingWords = {
  beside: (value: string) => `is your name for ${value}.`,
  name: "Name this layer…",
  rename: "Rename…",
} as const;

/** Three digits. */
function formatMs(ms: number): string {
  return `${ms >= 100 ? Math.round(ms) : Number(ms.toPrecision(3))} ms`;
}
