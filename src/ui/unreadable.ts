// Why an address cannot be read, as far as a browser lets a page tell, and what to do. Pure.

interface Wanted {
  /** The page's own address, which others are told apart from. */
  readonly base: string;
  /** What is at the address, such as "pictures". */
  readonly what: string;
  /** What to do where another site refuses: a sentence. */
  readonly remedy: string;
}

/** Of a request that has failed without an answer. */
export function whyUnreadable(url: URL, { base, what, remedy }: Wanted): string {
  const own = new URL(base);
  if (own.protocol === "https:" && url.protocol === "http:") return "This page came over https and may not read from http: try https.";
  if (url.origin === own.origin) return "Check the connection and the address.";
  return `${url.host} does not answer, or does not let other pages read its ${what} (CORS); browsers do not say which. ${remedy}`;
}
