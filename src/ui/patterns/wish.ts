// What an element's attributes say of its patterns. Pure, but for reading them.
import { readAttribute } from "../attributes.ts";
import { readChannels } from "./channels.ts";
import type { PatternPreset, PatternWish } from "./request.ts";

/**
 * @returns undefined where no patterns are asked for
 * @throws Error that says what is accepted where an attribute's text is not
 */
export function readPatternWish(element: Element): PatternWish | undefined {
  const layer = readAttribute(element, "patterns");
  if (layer === undefined) return undefined;
  return {
    layer: layer.trim() || undefined,
    channels: readList(readAttribute(element, "pattern-channels")),
    // The engine says which there are.
    preset: (readAttribute(element, "pattern-preset")?.trim() || undefined) as PatternPreset | undefined,
    seed: readNumber("pattern-seed", readAttribute(element, "pattern-seed")),
    steps: readNumber("pattern-steps", readAttribute(element, "pattern-steps"), 1),
    size: readNumber("pattern-size", readAttribute(element, "pattern-size"), 1),
  };
}

function readList(text: string | undefined): readonly number[] | undefined {
  if (!text?.trim()) return undefined;
  const channels = readChannels(text);
  if (!channels) throw new Error(`pattern-channels '${text}': expected numbers and ranges, such as 0-15 or 3,7,9.`);
  return channels;
}

/** @param least of a whole number; any number is accepted where absent */
function readNumber(name: string, text: string | undefined, least?: number): number | undefined {
  if (!text?.trim()) return undefined;
  const number = Number(text);
  const isAccepted = least === undefined ? Number.isFinite(number) : Number.isInteger(number) && number >= least;
  if (isAccepted) return number;
  throw new Error(`${name} '${text}': expected a ${least === undefined ? "number" : `whole number from ${least} on`}, such as 64.`);
}
