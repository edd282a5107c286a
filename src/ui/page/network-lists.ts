// The list of networks, and which of them have the same layers.
import { isStored, type ManifestEntry } from "../../../models/manifest.ts";
import { find } from "./listen.ts";
import { networks } from "./networks.ts";

/** The title, with the size where building takes a while. */
function optionText(entry: ManifestEntry): string {
  const megabytes = (entry.parameterCount * 4) / 1e6;
  return isStored(entry) || megabytes < 10 ? entry.title : `${entry.title} · ${Math.round(megabytes)} MB`;
}

function addOptions(select: HTMLSelectElement, title: string, entries: readonly ManifestEntry[]): void {
  if (entries.length === 0) return;
  const group = Object.assign(document.createElement("optgroup"), { label: title });
  for (const entry of entries) group.append(new Option(optionText(entry), entry.name));
  select.append(group);
}

export function fillNetworks(): void {
  const select = find<HTMLSelectElement>("network");
  addOptions(select, "Trained by us, and how it learned", networks.filter(isStored));
  const isBuilt = (entry: ManifestEntry) => !isStored(entry);
  addOptions(select, "Blank: random weights, built in your browser", networks.filter(isBuilt));
}

/** Chooses a network of one's own, by what it is called. @param value of its entry in the list, of which there is one */
export function showOwnNetwork(name: string, value: string): void {
  const select = find<HTMLSelectElement>("network");
  const option = select.querySelector<HTMLOptionElement>(`option[value="${value}"]`) ?? new Option("", value);
  option.textContent = name;
  select.prepend(option);
  select.value = value;
}

/** Networks of the same architecture, whose layers can share tiles. */
export function comparableWith(entry: ManifestEntry | undefined): readonly ManifestEntry[] {
  const family = (one: ManifestEntry) => (isStored(one) ? one.network : one.builder);
  return entry ? networks.filter((one) => one !== entry && family(one) === family(entry)) : [];
}

/** How good a stored network is, by its architecture: the share with one decimal. */
const tested: Readonly<Record<string, (share: string) => string>> = {
  mnist: (share) => `Reads ${share} of MNIST's 10,000 test digits correctly.`,
  driver: (share) => `On roads that it has never seen it is in its lane for ${share} of the time.`,
  shapes: (share) => `Names ${share} of 600 shapes correctly that it has never seen.`,
};

export function aboutText(entry: ManifestEntry): string {
  const count = entry.parameterCount.toLocaleString("en");
  if (!isStored(entry)) return `${count} parameters, random: what the layers show is the architecture, not knowledge.`;
  return `${count} parameters. ${tested[entry.network]?.(`${(entry.testAccuracy * 100).toFixed(1)}%`) ?? ""}`;
}
