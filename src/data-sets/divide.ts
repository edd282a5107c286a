// Which examples are held back, where nobody has said: some of each class, by a seed. Pure.
import { ModelError } from "../engine/errors.ts";

/** One of how many is held back. */
const heldBackOf = 5;

/**
 * Holds back one of five of each class, at least one where a class has several: nothing where each has one. The same seed holds back the same.
 *
 * @throws ModelError for a class of which no picture could be read
 */
export function divide<T extends { readonly label: number }>(
  all: readonly T[],
  classes: readonly string[],
  seed: number,
): { readonly train: readonly T[]; readonly test: readonly T[] } {
  const train: T[] = [];
  const test: T[] = [];
  for (const [label, name] of classes.entries()) {
    const own = all.filter((one) => one.label === label);
    if (own.length === 0) throw new ModelError(`no picture of '${name}' could be read.`);
    const count = own.length < 2 ? 0 : Math.max(1, Math.floor(own.length / heldBackOf));
    const first = (((seed % own.length) + own.length) % own.length) | 0;
    const turned = [...own.slice(first), ...own.slice(0, first)];
    // Evenly among them: pictures that follow each other are often alike.
    const every = count === 0 ? 0 : own.length / count;
    const held = new Set(Array.from({ length: count }, (_, i) => Math.floor(i * every)));
    turned.forEach((one, i) => {
      (held.has(i) ? test : train).push(one);
    });
  }
  return { train, test };
}

/**
 * The same of a list, which may say itself what is held back: then that is all that is, even if it is nothing, or everything.
 */
export function divideListed<T extends { readonly label: number; readonly isTest: boolean | undefined }>(
  pictures: readonly T[],
  classes: readonly string[],
  seed: number,
): { readonly train: readonly T[]; readonly test: readonly T[] } {
  if (pictures.some(({ isTest }) => isTest !== undefined))
    return { train: pictures.filter(({ isTest }) => !isTest), test: pictures.filter(({ isTest }) => isTest) };
  // Classes that are numbers may leave some out.
  const present = [...new Set(pictures.map(({ label }) => label))].sort((a, b) => a - b);
  const parts = divide(
    pictures.map((whole) => ({ whole, label: present.indexOf(whole.label) })),
    present.map((label) => classes[label] ?? ""),
    seed,
  );
  return { train: parts.train.map(({ whole }) => whole), test: parts.test.map(({ whole }) => whole) };
}
