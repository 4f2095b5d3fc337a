/** The reason of a signal that cancels a task for good. After any other end the task may be resumed. */
export class TaskCanceled extends Error {
  override readonly name = 'TaskCanceled';
}
