import type { FieldChange } from '../../model/field-change.ts';

/** A value in one line, quoted where it would be unclear otherwise. */
export function formatValue(display: FieldChange['before']): string {
  switch (display.show) {
    case 'secret':
      return '(secret)';
    case 'unknown':
      return `(known after ${display.until})`;
    case 'value': {
      const { value } = display;
      if (value === null) return '(none)';
      if (Array.isArray(value)) return `[${value.join(' ')}]`;
      return JSON.stringify(value);
    }
  }
}

/** `before -> after`. A secret shows only that it changes; a new value has no before. */
export function formatChange(field: FieldChange): string {
  const { before, after } = field;
  if (before.show === 'secret' && after.show === 'secret') return '(secret, changed)';
  if (before.show === 'value' && before.value === null) return formatValue(after);
  return `${formatValue(before)} -> ${formatValue(after)}`;
}

/** `cluster.yaml:41:15`, or the layer for a value from no file. */
export function formatOrigin(origin: FieldChange['origin']): string {
  if (origin === undefined) return '';
  const { range } = origin;
  return range === undefined
    ? `${origin.layer} ${origin.path}`
    : `${range.file}:${range.line}:${range.column}`;
}

/** A resource below its host's name. One that was recorded under a name that the host had before keeps its whole id. */
export function formatResource(host: string, resource: string): string {
  return resource.startsWith(`${host}/`) ? resource.slice(host.length + 1) : resource;
}
