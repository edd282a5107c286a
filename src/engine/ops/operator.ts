// How an operator describes itself: output types, an optional CPU evaluation for constants, and its kernels.
import type { ParamValues, Shader } from "../../shaders/shader.ts";
import type { AttributeReader } from "../graph/attributes.ts";
import type { ValueType } from "../graph/graph.ts";
import type { Pass } from "../graph/pass.ts";
import type { Layout } from "../layout.ts";
import type { Shape } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import type { Families } from "./families.ts";

/** An input as shape inference sees it. */
export interface Operand extends ValueType {
  /** Its elements, where they are known at load. */
  readonly constant?: Tensor;
  /** Whether it depends on parameters and constants alone, so that it changes only when a parameter does. */
  readonly isPrepared?: true;
}

/** An input or output as a kernel sees it once the planner has placed it. */
export interface PlacedOperand extends Operand, Layout {
  /** What the planner binds where a dispatch names this operand; kernels do not look into it. */
  readonly memory: OperandMemory;
  /** Whether it is row-major without gaps. */
  readonly isDense: boolean;
}

/** A value, an input or a parameter lies in a storage. A constant gets a buffer when a dispatch binds it. */
export type OperandMemory = { readonly kind: "storage"; readonly storage: Storage } | { readonly kind: "constant"; readonly name: string };

/** Memory that one value, or several names and slices of it, occupy. */
export interface Storage {
  readonly label: string;
  readonly elements: number;
  /** Zeros around the last two axes of what lies in it. */
  readonly border: Border;
  /** Rows and columns with the border; absent where there is none. */
  readonly plane?: readonly [number, number];
}

/** Zeros (or room for them) around the last two axes of an NCHW value. */
export interface Border {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** Data made for one kernel while it is planned, such as the offsets of a convolution's taps. */
export interface Table {
  readonly label: string;
  readonly data: Float32Array | Int32Array | Uint32Array;
}

/** A strided part of a source, and where in the packed form it goes. Both have `shape`; a stride may be 0 or negative. */
export interface PackingMove {
  readonly shape: Shape;
  readonly from: Layout;
  readonly to: Layout;
}

/**
 * The order in which a kernel reads the elements of an input, usually weights: zeros, with parts of the source copied into them. A packing is
 * data, so constants are packed on the CPU when they are uploaded, and anything else on the GPU, by the same description.
 */
export interface Packing {
  /** Names the layout in full: two packings of one source with the same label and length hold the same elements. */
  readonly label: string;
  /** In elements. */
  readonly length: number;
  readonly moves: readonly PackingMove[];
  /** Computes what a move writes from the elements that it reads; a plain copy where absent. */
  readonly transform?: PackingTransform;
  /** Whether a constant packed in this way keeps 32 bits where others are stored in halves. */
  readonly isExact?: boolean;
}

/** Computes several numbers from several elements, such as the 36 of a Winograd kernel from its 9 weights. */
export interface PackingTransform {
  /** @param from index of the first element that it reads, `to` of the first that it writes */
  apply(source: Float32Array, from: number, target: Float32Array, to: number): void;
  /** The same for every point of a move, on the GPU. */
  dispatch(move: PackingMove, source: PlacedOperand, target: Scratch): Dispatch;
}

/** An input in a packed form. It is made once for each source and packing, and again only when the source changes. */
export interface Packed {
  /** A dense operand: `readsStrided` must not name this input. */
  readonly source: PlacedOperand;
  readonly packing: Packing;
}

export interface Dispatch {
  readonly shader: Shader;
  readonly constants?: Readonly<Record<string, number>>;
  readonly params: ParamValues;
  /** Binding name to what is bound there. The same {@link Scratch} object binds the same memory. */
  readonly bindings: Readonly<Record<string, Binding>>;
  /** How many. The planner folds them into a grid that the GPU allows; see `foldWorkgroups` for how a shader numbers them. */
  readonly workgroups: number;
}

export type Binding = PlacedOperand | Packed | Table | Scratch;

/** Memory that lives between the dispatches of one kernel. */
export interface Scratch {
  readonly scratchBytes: number;
}

export interface Kernel {
  /** Shown in plans and reports, and used to force it in tests: "direct", "depthwise", … */
  readonly name: string;
  /**
   * Inputs that it reads through the strides and offset it is given. The planner makes any other input dense.
   * Kernels built on the element-wise generator read and write "any".
   */
  readonly readsStrided?: "any" | readonly number[];
  /** Whether outputs are written through the strides and offset they are given. */
  readonly writesStrided?: boolean;
  /** A zero border this kernel needs around an input, by input index. Implies that it reads that input strided. */
  readonly borders?: Readonly<Record<number, Border>>;
  /**
   * An input whose memory output 0 takes over: the kernel changes it where it lies, through the output's offset and strides, and is given
   * `undefined` for this input. Where the input must survive, the planner copies it to the output first.
   */
  readonly inPlace?: number;
  dispatches(inputs: readonly (PlacedOperand | undefined)[], outputs: readonly PlacedOperand[]): readonly Dispatch[];
}

/** What kernels are chosen for: facts about the adapter, as plain data. */
export interface Target {
  /** "software" where the GPU is a program such as SwiftShader: few lanes, slow barriers and slow compiling. "gpu" where absent. */
  readonly profile?: "software" | "gpu" | undefined;
  /** Lanes per subgroup, where sharing loads among them pays. */
  readonly sharingLanes?: number | undefined;
  /** `maxComputeWorkgroupsPerDimension`; 65,535 where absent. */
  readonly maxWorkgroups?: number | undefined;
  /** `maxStorageBufferBindingSize`. This and what follows is not checked where it is absent. */
  readonly maxBindingBytes?: number | undefined;
  /** `maxBufferSize`. */
  readonly maxBufferBytes?: number | undefined;
  /** Buffers that a dispatch may bind: `maxStorageBuffersPerShaderStage`. */
  readonly maxStorageBuffers?: number | undefined;
  /**
   * Set for a plan on quick-start pipelines, which compile soon rather than run fast: the output channels of the block that all convolutions
   * then share. It changes no borders, no scratch memory and no kernel's name.
   */
  readonly quickStartBlock?: 16 | 32 | undefined;
}

/** When a value holds no negative number: always, or where all, or some, of a node's inputs hold none. */
export type Nonnegative<Input = number> = "always" | { readonly whereAll: readonly Input[] } | { readonly whereSome: readonly Input[] };

export interface Operation {
  readonly outputs: readonly ValueType[];
  /** Computes the outputs on the CPU; called only when every input is constant. Must not be slow on small tensors. */
  readonly evaluate?: (inputs: readonly (Tensor | undefined)[]) => readonly Tensor[];
  /** Outputs known at load whatever the inputs hold, as Shape's is; all of them, or those that are. */
  readonly constantOutputs?: readonly (Tensor | undefined)[];
  /** The output is input 0's elements in the same order (as of Reshape): no dispatch when input 0 is dense. */
  readonly isView?: boolean;
  /** The output is the part of input 0 that begins at `start` along the batch or the channels: no dispatch where input 0 is no constant. */
  readonly part?: { readonly axis: number; readonly start: number } | undefined;
  /** When the outputs hold no negative number, by indices of inputs; nothing is known without it. Asked for where values are drawn. */
  readonly nonnegative?: () => Nonnegative | undefined;
  /** Whether views show it as one layer with the node before it, as they do an activation or a normalization. */
  readonly continuesLayer?: boolean;
  /** Outputs, by index, that keep 32 bits where what lies between layers has 16, such as statistics of a batch. */
  readonly exact?: readonly number[];
  /** The output is its inputs side by side along this axis: inputs may be computed in place. */
  readonly concatAxis?: number;
  /**
   * Most special first; each accepts this very case. Called after inference, only for nodes that run. None where the case is
   * rare, and the catalog has no general kernels.
   */
  readonly kernels?: (target: Target) => readonly Kernel[];
  /** Multiply-accumulates. */
  readonly macs?: number;
}

export interface OperatorContext {
  /** The node as messages name it: "Conv 'conv_1'". */
  readonly where: string;
  readonly attributes: AttributeReader;
  readonly inputs: readonly (Operand | undefined)[];
  /** Outputs the node names; trailing optional ones may be missing. */
  readonly outputCount: number;
  /** Version of the node's domain in this file. */
  readonly opset: number;
  /** Kernels from parts of the program that were loaded for this model. */
  readonly families: Families;
  /** Of results that operators hold until they are read, over the whole inference: an operator adds those of its own. */
  readonly heldBytes: { total: number };
  /** The operand at `index`, or a ModelError that names it. */
  input(index: number): Operand;
  /** The elements of an input that must be known at load, or an UnsupportedError; `undefined` if the input is omitted. */
  constant(index: number, what: string): Tensor | undefined;
  /** Refuses the node: the file is right, but this case is not implemented. The message says what to do. */
  unsupported(message: string): never;
  /** Refuses the file: this node breaks the standard. */
  invalid(message: string): never;
}

export interface Operator {
  readonly name: string;
  readonly domain: string;
  /** First opset whose meaning is implemented. */
  readonly since: number;
  readonly describe: (context: OperatorContext) => Operation;
  /** A pass for graphs that have this operator. It runs before what follows a convolution is folded or fused into it, and once more after that. */
  readonly pass?: Pass | undefined;
  /** Of a quantised operator, the inputs that hold numbers as steps: the others are scales and zero points. */
  readonly steps?: readonly number[] | undefined;
}

/** Declares an ONNX operator. The file that default-exports it (or a list) is its whole registration. */
export function defineOperator(
  name: string,
  options: { since: number; domain?: string; pass?: Pass; steps?: readonly number[] | undefined },
  describe: Operator["describe"],
): Operator {
  return { name, domain: "", describe, ...options };
}

/** What modules export by default, by path, as a glob import gives it. */
export type OperatorModules = Readonly<Record<string, Operator | readonly Operator[]>>;

export function operatorsOf(modules: OperatorModules): readonly Operator[] {
  return Object.values(modules).flat();
}
