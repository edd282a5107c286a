// How many channels of each of many values are silent: 0 everywhere, for the picture that is shown. Loaded when someone asks.
import type { Device } from "../../engine/gpu/device.ts";
import { type NamedSource, readAllStatistics } from "./read-statistics.ts";

export interface Silence {
  /** Channels that are 0 everywhere. */
  readonly silent: number;
  /** Channels with elements that are NaN or infinite. */
  readonly nonFinite: number;
  /** All channels. */
  readonly channels: number;
}

/** Values whose statistics are gathered in one submit: memory for more is asked for in turn. */
const mostAtOnce = 128;

export async function countSilence(device: Device, values: readonly NamedSource[]): Promise<readonly Silence[]> {
  const counts: Silence[] = [];
  for (let start = 0; start < values.length; start += mostAtOnce) {
    const all = await readAllStatistics(device, values.slice(start, start + mostAtOnce));
    for (const channels of all) {
      const areFinite = channels.map(({ nanCount, infinityCount }) => nanCount + infinityCount === 0);
      counts.push({
        silent: channels.filter(({ zeroShare }, i) => areFinite[i] && zeroShare === 1).length,
        nonFinite: areFinite.filter((finite) => !finite).length,
        channels: channels.length,
      });
    }
  }
  return counts;
}
