/** A text that is not in the form Lotus reads, such as a broken `sectorstore.json`. The message holds no secret. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}
