// The keys of the instrument: Escape leads one level out, brackets and free arrow keys lead to what stands before or after, and the space bar and a
// full stop do what they do in a player.
import type { ConvCam } from "../element.ts";

type PlayerCommand = "pause" | "frame" | "keys";
type Command = "out" | "before" | "next" | PlayerCommand;

const commands: Readonly<Record<string, Command>> = {
  Escape: "out",
  "[": "before",
  "]": "next",
  ArrowLeft: "before",
  ArrowRight: "next",
  " ": "pause",
  ".": "frame",
  "?": "keys",
};

/** What a key means; undefined where somebody types, or where it means something else. */
export function commandOf({ key, target, defaultPrevented, ctrlKey, metaKey, altKey }: KeyboardEvent): Command | undefined {
  const within = (selector: string) => target instanceof Element && target.closest(selector) !== null;
  if (ctrlKey || metaKey || altKey || within("input, select, textarea")) return undefined;
  // On a map arrow keys read values, and in the overview they go from node to node.
  const isTaken = key.startsWith("Arrow") && (defaultPrevented || within("canvas, .band"));
  // The space bar presses what has the focus.
  const isPressed = key === " " && within("button, a, summary, [role=option]");
  return isTaken || isPressed ? undefined : commands[key];
}

/** Does with the element what keys do in a player, and lists the keys. */
export async function playByKey(event: Event, command: PlayerCommand, element: ConvCam, parent: HTMLElement): Promise<void> {
  // The space bar would scroll the page.
  event.preventDefault();
  if (command === "pause") element.paused = !element.paused;
  else if (command === "keys") (await import("../keys/keys-dialog.ts")).showKeys(parent);
  else if (element.paused) await element.step();
}
