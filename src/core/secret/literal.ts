/** Three dot-separated base64url parts of which the first is a JSON object: the form of every token Lotus makes (JWT). */
const everyToken = /eyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]{6,}/g;

/** Names of variables that hold a secret by what they are called. */
export const secretName =
  /(?:TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRET|API_?KEY|(?:ACCESS|PRIVATE|SECRET)_?KEY)$/;

/** The text that replaces a secret. */
export const mask = '********';

/** The places in a text that look like a token rather than a reference to one, as offsets with an exclusive end. */
export function tokensIn(text: string): { readonly start: number; readonly end: number }[] {
  return [...text.matchAll(everyToken)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** The text with everything that looks like a token masked. */
export function maskTokens(text: string): string {
  return text.replaceAll(everyToken, mask);
}
