/** Steps on one of the pieces of a sector. */
type PieceStepName = 'AP' | 'AP-update';

/** Steps on a whole sector: tasks of Lotus by their short names, and steps that only move or delete files. */
type WholeStepName =
  | 'PC1'
  | 'PC2'
  | 'C1'
  | 'C2'
  | 'FUS'
  | 'FIN'
  | 'FRU'
  | 'RU'
  | 'PR1'
  | 'PR2'
  | 'UNS'
  | 'GSK'
  | 'store'
  | 'store-update'
  | 'store-unsealed'
  | 'delete-sealed'
  | 'delete-all';

export type StepName = PieceStepName | WholeStepName;

/** One step of a sector; a step on a piece ends with the position of the piece. */
export type Step = WholeStepName | `${PieceStepName}:${number}`;

/** The name of a step and the position of its piece, 0 for a step on the whole sector. */
export function stepParts(step: Step): { readonly name: StepName; readonly piece: number } {
  const [name, piece] = step.split(':') as [StepName, string?];
  return { name, piece: Number(piece ?? 0) };
}
