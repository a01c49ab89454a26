/** @file CSV text out of rows (RFC 4180). */

/** Missing values are empty fields; lists and records are JSON. Every line ends with a line feed. */
export function csvText(columnNames: readonly string[], rows: readonly (readonly unknown[])[]): string {
  return [columnNames, ...rows].map((row) => `${row.map(field).join(',')}\n`).join('');
}

function field(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
