// Which of a network's scores are those of classes that were found, as folders or in a list. Pure.

/** What is known of the classes that a network answers with. */
export interface NetworkClasses {
  /** What it calls them. */
  readonly names?: readonly string[] | undefined;
  /** How many scores it has. */
  readonly scores?: number | undefined;
  /** Whether it is only tried: what is of no class of its own is left out then. Else it can learn others. */
  readonly isTried?: boolean;
}

export interface NumberedClasses {
  /** In the order of the scores. */
  readonly classes: readonly string[];
  /** Whether they are the network's own: some of those that were found may be none of them. */
  readonly areOwn: boolean;
  /** What is to be told of the order; empty where it can hardly be another. */
  readonly told: string;
}

/**
 * By name, where the network calls them so; by number, where they are numbers of its scores; else in the order in which they were found.
 *
 * @param found their names, sorted
 */
export function numberClasses(found: readonly string[], network: NetworkClasses = {}): NumberedClasses {
  const { names, scores = 0, isTried = false } = network;
  // Exporters sort folders as text: as many numbers as there are scores may be in that order.
  const numbers = found.length < scores && found.every(isNumber) ? numbersTo(scores) : undefined;
  const classes = [names, numbers].find((own) => own && found[isTried ? "some" : "every"]((name) => own.includes(name)));
  if (classes && found.length > 0) return { classes, areOwn: true, told: "" };
  return { classes: found, areOwn: false, told: isTried ? toldOfOrder(found, network) : "" };
}

const isNumber = (name: string) => /^(0|[1-9]\d*)$/.test(name);

/** "0", "1", … */
export function numbersTo(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => String(i));
}

/** How many examples are told of many. */
const mostTold = 3;

function toldOfOrder(found: readonly string[], { names, scores = found.length }: NetworkClasses): string {
  if (found.length < 2 || (!names && scores <= found.length)) return "";
  const some = found.slice(0, mostTold).map((name, i) => `'${name}' as ${names?.[i] === undefined ? `class ${i}` : `'${names[i]}'`}`);
  const why = names ? "the network calls none of its classes so" : "the network's file has no names of classes";
  return `${why}: they are counted in the order of their names, ${some.join(", ")}${found.length > mostTold ? " …" : ""}. Call them as the network does, or by the numbers of its scores.`;
}
