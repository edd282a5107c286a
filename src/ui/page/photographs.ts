// Photographs that their authors have given to everyone; photographs/README.md has their sources. Each is fetched when it is chosen.

import astronaut from "./photographs/astronaut.jpg?url&no-inline";
import astronautSmall from "./photographs/astronaut-small.jpg?url&no-inline";
import cat from "./photographs/cat.jpg?url&no-inline";
import catSmall from "./photographs/cat-small.jpg?url&no-inline";
import coffee from "./photographs/coffee.jpg?url&no-inline";
import coffeeSmall from "./photographs/coffee-small.jpg?url&no-inline";

export interface Photograph {
  readonly title: string;
  /** Addresses. */
  readonly small: string;
  readonly large: string;
  readonly author: string;
  readonly rights: "CC0" | "public domain";
}

export const photographs: readonly Photograph[] = [
  { title: "Cat", small: catSmall, large: cat, author: "Stefan van der Walt", rights: "CC0" },
  { title: "Coffee", small: coffeeSmall, large: coffee, author: "Rachel Michetti", rights: "CC0" },
  { title: "Astronaut", small: astronautSmall, large: astronaut, author: "NASA", rights: "public domain" },
];

/** Who has made them, in one line. */
export function creditLine(): string {
  const credits = photographs.map(({ title, author, rights }) => `${title} by ${author} (${rights})`);
  return `Photographs: ${credits.join(", ")}.`;
}

/** @throws Error that says what to do where the connection is gone */
export async function loadPhotograph({ title, large }: Photograph): Promise<Blob> {
  const response = await fetch(large).catch(() => undefined);
  if (!response?.ok) throw new Error(`The photograph “${title}” could not be loaded. Check the connection and choose it again.`);
  return response.blob();
}
