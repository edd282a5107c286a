// Refuses a preparation whose numbers make no sense.
import { ModelError } from "../engine/errors.ts";
import type { Preparation } from "./preparation.ts";

/**
 * Refuses numbers that make no sense for an input of so many channels.
 *
 * @param prefix of the names that the message gives, "--" on the command line
 */
export function checkPreparation({ mean, std, scale }: Preparation, channelCount: number, prefix = ""): void {
  for (const [name, given] of Object.entries({ mean, std })) {
    if (given === undefined || typeof given === "number") continue;
    // The fourth channel is opacity, for which data sets give no mean and deviation.
    const fits = given.length === 1 || given.length === channelCount || (channelCount === 4 && given.length === 3);
    if (!fits)
      throw new ModelError(
        `${prefix}${name}: ${given.length} numbers, but the input has ${channelCount === 1 ? "1 channel" : `${channelCount} channels`}. Give one number${channelCount === 1 ? "" : `, or ${channelCount}`}.`,
      );
  }
  if ([std].flat().includes(0)) throw new ModelError(`${prefix}std: 0 divides by zero. Give numbers other than 0.`);
  if (scale === 0)
    throw new ModelError(`${prefix}scale: 0 makes every pixel the same. Give a number other than 0, such as 1 or 0.00392157.`);
}
