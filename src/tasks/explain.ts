/** @file How values are written in a tree explanation: dnn_cool's layout, so that its readers find their way. */

/** Four decimals. */
export function decimal(value: number | undefined): string {
  return (value ?? Number.NaN).toFixed(4);
}

/** `True` or `False`, from an encoded 0 or 1. */
export function truth(value: number | undefined): string {
  return value === 1 ? 'True' : 'False';
}
