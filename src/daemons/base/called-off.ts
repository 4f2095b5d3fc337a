/** The reason of a signal by which work is called off for good. After any other end it may be gone on with. */
export class CalledOff extends Error {
  override readonly name = 'CalledOff';
}
