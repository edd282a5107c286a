// What exporters' names tell of blocks: in /layer1/layer1.0/conv1/Conv, features.4.squeeze or block_3_expand a block is named.
import type { OverviewNode } from "./condense.ts";

const separator = /[/._]/g;

/** Exporters nest a few scopes. A name may be as long as a file. */
const mostScopes = 32;

/** The beginnings of a node's names that end before one of the first separators, and the names. */
export function scopesOf(node: OverviewNode): ReadonlySet<string> {
  const scopes = new Set<string>();
  for (const name of [node.names[0] ?? "", node.id]) {
    let count = 0;
    for (const { index } of name.matchAll(separator)) {
      if (index > 0) scopes.add(name.slice(0, index));
      if (++count === mostScopes) break;
    }
    scopes.add(name);
  }
  return scopes;
}

/** Those that all nodes lie in, the innermost last. */
export function commonScopes(nodes: readonly OverviewNode[]): readonly string[] {
  const [first, ...others] = nodes.map(scopesOf);
  return [...(first ?? [])].filter((scope) => isNumbered(scope) && others.every((scopes) => scopes.has(scope)));
}

/** Blocks are numbered. A number that is part of an operator's name, as in conv2d, numbers nothing. */
function isNumbered(scope: string): boolean {
  return /\d/.test(lastWord(scope).replace(/[123]d$/i, ""));
}

function lastWord(scope: string): string {
  return scope.slice(Math.max(...[..."/._"].map((separator) => scope.lastIndexOf(separator))) + 1);
}

/** Words that say no more than that something is a part. */
const general = /^(|layers?|features?|blocks?|stages?|modules?|units?|groups?|conv|residuals?|res|body|cells?|m|model|net|b|s|node|n)$/i;

/**
 * fire2 → "Fire 2", inception_3a → "Inception 3a"; `undefined` for a scope that says less than the structure, such as layer1.0.
 *
 * @param kind what the block is called by its structure
 */
export function titleOf(scope: string, kind: string): string | undefined {
  const [, word = "", number] = /([A-Za-z]*)[/._]?(\d+[a-z]?)$/.exec(scope) ?? [];
  if (number !== undefined && !general.test(word)) return `${word.charAt(0).toUpperCase()}${word.slice(1)} ${number}`;
  return kind === "block" ? scope : undefined;
}
