// What the classes of a network are called, as far as its file says so or lets guess. ImageNet's names are loaded where they are needed.
import { loadPart } from "../../engine/errors.ts";
import type { NetworkHints } from "../hints/answer.ts";

/** How many classes ImageNet's networks tell apart; TensorFlow's have one more, which stands first. */
const imagenetCount = 1000;

const loadImagenet = () => loadPart("with ImageNet's names", () => import("../../../models/labels/imagenet.txt?raw"));

interface GuessedNames {
  readonly names: readonly string[];
  /** Where they are from. */
  readonly source: string;
}

/** @returns undefined where classes can only be told by their numbers */
export async function guessNames({ labels, classCount }: Pick<NetworkHints, "labels" | "classCount">): Promise<GuessedNames | undefined> {
  if (labels) return { names: labels, source: `${labels.length} names of classes from the network's file` };
  const first = classCount === imagenetCount + 1 ? ["background"] : [];
  if (classCount !== imagenetCount && first.length === 0) return undefined;
  const { default: text } = await loadImagenet();
  return { names: [...first, ...text.trim().split("\n")], source: "ImageNet's names, guessed from the number of classes" };
}
