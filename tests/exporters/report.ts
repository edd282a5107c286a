// The table of docs/compatibility.md: which exported networks run, how far they are from ONNX Runtime and from float64, and what is refused.

/** How two runs of one file differ, as parts of the largest element of each output. */
export interface Differences {
  /** From ONNX Runtime. */
  readonly error: number;
  /** Convcam's and ONNX Runtime's from float64, where that is known. */
  readonly ours?: number;
  readonly theirs?: number;
}

export interface Compared extends Differences {
  readonly nodes: number;
  /** Whether a network of open sizes fits any other size than that with which it was traced; it was then run with one too. */
  readonly otherSize?: boolean;
  /** Why it was refused; empty where it ran. */
  readonly refusals: readonly string[];
}

export interface Row extends Compared {
  readonly name: string;
  readonly kind: "classification" | "segmentation" | "detection" | "int8";
  readonly opset: number;
  readonly isDynamic: boolean;
}

const titles = {
  classification: "Classification",
  segmentation: "Segmentation",
  detection: "Detection",
  int8: "Quantised to int8",
};

export function formatCompatibility(rows: readonly Row[], tolerance: number): string {
  const refused = rows.filter(({ refusals }) => refusals.length > 0).length;
  const parts = Object.entries(titles).map(([kind, title]) => {
    const own = rows.filter((row) => row.kind === kind);
    return `## ${title}\n\n| network | opset | open sizes | nodes | from ONNX Runtime | from float64 | ONNX Runtime's |\n| --- | --- | --- | --- | --- | --- | --- |\n${own.map(formatRow).join("\n")}\n`;
  });
  return `# Compatibility

Networks of torchvision 0.14 with random weights, exported by PyTorch 1.13 at two opsets, with fixed and with open sizes, on small inputs. Each is run here
and by ONNX Runtime: ${rows.length - refused} of ${rows.length} run, ${refused} are refused. The numbers are largest differences, as parts of the largest element of an output.
A difference of up to ${tolerance} is right. Where a network magnifies roundings, or where an int8 number lies halfway between two, ONNX Runtime itself is
further from float64 (PyTorch's; for int8 plain loops over the file's own nodes), and twice its distance is right. Networks whose sizes are open ran
with two pictures of another height as well, unless their pools were counted for one size ("traced size"); the worse is told. \`npm run test:exporters\` writes this page anew; it needs Debian's \`python3-torchvision\` and \`python3-onnx\`.

${parts.join("\n")}`;
}

function formatRow({ name, opset, isDynamic, otherSize, nodes, error, ours, theirs, refusals }: Row): string {
  const head = `| ${name} | ${opset} | ${isDynamic ? (otherSize ? "yes" : "traced size") : ""} | ${nodes} |`;
  if (refusals.length > 0) return `${head} refused: ${refusals.map((reason) => reason.replaceAll("|", "\\|")).join(" ")} | | |`;
  const text = (part: number | undefined) => (part === undefined ? "" : part === 0 ? "0" : part.toExponential(1));
  return `${head} ${text(error)} | ${text(ours)} | ${text(theirs)} |`;
}
