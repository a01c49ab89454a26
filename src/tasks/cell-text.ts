/**
 * @file What a text stands for. CSV columns and labels share this one reading, so that a cell means the same whatever
 * the rest of its column made of it: `7` is the same label as the text `'7'`.
 */

const NUMBER = /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const INFINITY = /^[+-]?Infinity$/;
const DATE = /^(?:\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/**
 * The number that a text writes; undefined where it is none, has leading zeros (`007` names something), lies outside
 * float64, or is a whole number whose digits float64 would lose (long identifiers).
 */
export function numberIn(text: string): number | undefined {
  const trimmed = text.trim();
  if (INFINITY.test(trimmed)) return Number(trimmed);
  if (!NUMBER.test(trimmed)) return undefined;
  const number = Number(trimmed);
  if (!Number.isFinite(number)) return undefined;
  return losesDigits(trimmed, number) && isWhole(trimmed) ? undefined : number;
}

/** Whether a text writes a fraction in more digits than float64 keeps. */
export function isRounded(text: string): boolean {
  const trimmed = text.trim();
  return NUMBER.test(trimmed) && losesDigits(trimmed, Number(trimmed));
}

export function booleanIn(text: string): boolean | undefined {
  const lower = text.trim().toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : undefined;
}

/** The instant that a text writes in full, as `toISOString` does. */
export function dateIn(text: string): Date | undefined {
  const trimmed = text.trim();
  if (!DATE.test(trimmed)) return undefined;
  const date = new Date(trimmed);
  return !Number.isNaN(date.getTime()) && date.toISOString() === trimmed ? date : undefined;
}

/** The list or record that a text writes as JSON. */
export function listIn(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  const value = parsed(text);
  return typeof value === 'object' && value !== null ? value : undefined;
}

/** A text that would be read as a list is written as a JSON string; this undoes that, and leaves all others alone. */
export function plainText(text: string): string {
  if (!text.startsWith('"')) return text;
  const value = parsed(text);
  return typeof value === 'string' && isMistakenForList(value) ? value : text;
}

/** Whether a text must be escaped, so that it is not read as a list or as the escape of another text. */
export function isMistakenForList(text: string): boolean {
  return listIn(text) !== undefined || plainText(text) !== text;
}

/** What a label says, its texts read: a number, a boolean, a list, or the text itself where it stands for nothing else. */
export function meaningOf(label: unknown): unknown {
  if (label instanceof Date) return Number.isNaN(label.getTime()) ? label : label.toISOString();
  if (typeof label !== 'string') return label;
  return numberIn(label) ?? booleanIn(label) ?? listIn(label) ?? label;
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** Float64 keeps a text's digits when its shortest form has the same ones. */
function losesDigits(text: string, number: number): boolean {
  if (text.length <= 15 && !/e/i.test(text)) return false; // float64 keeps every 15 digits
  return significant(text) !== significant(String(number));
}

function significant(text: string): string {
  const digits = text.replace(/e.*$/i, '').replace(/[^\d]/g, '');
  return digits.replace(/^0+/, '').replace(/0+$/, '');
}

function isWhole(text: string): boolean {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const fraction = (mantissa.split('.')[1] ?? '').replace(/0+$/, '');
  return Number(exponent) >= fraction.length;
}
