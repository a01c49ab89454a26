/** @file A picture of ownership: a strip for each layer with a row for each pathway and a column for each of its units. */
import type { Ownership } from './ownership.js';

/** Colours that people with colour blindness tell apart (Okabe and Ito, 2008), again and again. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#555555'];
const ROW = 14;
const GAP = 26;
const LEFT = 150;
const WIDTH = 640;

/** An SVG document as text; it reads nothing and runs nothing. */
export function ownershipSvg({ layers, density }: Ownership): string {
  const names = [...density.keys()];
  const strip = names.length * ROW + GAP;
  const height = 24 + layers.length * strip;
  const parts = layers.map(({ kernel, seen, units }, layer) => {
    const top = 24 + layer * strip;
    const title = `<text x="0" y="${top - 8}" font-weight="bold">${escaped(kernel)}</text>`;
    const rows = names.map((name, row) => {
      const y = top + row * ROW;
      const colour = COLOURS[row % COLOURS.length] ?? '';
      const own = units.get(name) ?? new Uint8Array();
      const cell = (WIDTH - LEFT) / Math.max(1, own.length);
      const cells = runsOf(own).map(
        ([start, length]) =>
          `<rect x="${round(LEFT + start * cell)}" y="${y}" width="${round(length * cell)}" height="${ROW - 3}" fill="${colour}"/>`,
      );
      const text = `${shortened(name)} ${((seen.get(name) ?? 0) * 100).toFixed(0)} %`;
      return `<text x="0" y="${y + ROW - 5}">${escaped(text)}</text><rect x="${LEFT}" y="${y}" width="${WIDTH - LEFT}" height="${ROW - 3}" fill="#eeeeee"/>${cells.join('')}`;
    });
    return title + rows.join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="10">`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    ...parts,
    '</svg>\n',
  ].join('\n');
}

/** Units side by side are one rectangle. */
function runsOf(units: Uint8Array): readonly (readonly [start: number, length: number])[] {
  const runs: [number, number][] = [];
  units.forEach((value, i) => {
    if (value === 0) return;
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === i) last[1]++;
    else runs.push([i, 1]);
  });
  return runs;
}

const round = (value: number): string => String(Number(value.toFixed(2)));
const shortened = (name: string): string => (name.length <= 20 ? name : `…${name.slice(-19)}`);

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
