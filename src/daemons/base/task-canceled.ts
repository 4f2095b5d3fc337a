/** The abort reason of a task that is canceled permanently. After any other abort the task may be resumed. */
export class TaskCanceled extends Error {
  override readonly name = 'TaskCanceled';
}
