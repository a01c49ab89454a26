/**
 * @file Synthetic frames of a security camera with their labels: a door that is locked, closed or open, and people with
 * coloured shirts and faces. After dnn_cool's synthetic dataset, except that a door's right and lower edges vary apart.
 */
import { Table, uniforms } from 'headgate';

export const side = 64;
export const shirtTypes = ['blue', 'red', 'yellow', 'cyan', 'magenta', 'green', 'black'] as const;
export const characteristics = ['red', 'green', 'blue'] as const;

type Color = readonly [red: number, green: number, blue: number];
/** One frame's pixels `[64, 64, 3]`. */
type Frame = Uint8Array;
/** An integer from `low` up to, but without, `high`. */
type Draw = (low: number, high: number) => number;
type Labels = Record<string, boolean | number | string | string[] | null>;

const brown: Color = [139, 69, 19];
const blue: Color = [0, 0, 255];
const colors: Record<(typeof shirtTypes)[number], Color> = {
  blue,
  red: [255, 0, 0],
  yellow: [255, 255, 0],
  cyan: [0, 255, 255],
  magenta: [255, 0, 255],
  green: [0, 255, 0],
  black: [0, 0, 0],
};

/** Frames (column `frame`) and labels by task name; what does not apply to a frame, or is not known, is missing. */
export function generate({ rows, seed }: { rows: number; seed: number }): Table {
  const frames = new Uint8Array(rows * side * side * 3);
  const labels = Array.from({ length: rows }, (_, row) => {
    const numbers = uniforms({ seed, stream: 'security-camera', counter: row }, 176);
    let used = 0;
    const draw: Draw = (low, high) => low + Math.floor((numbers[used++] ?? 0) * (high - low));
    const size = frames.length / rows;
    return drawScene(frames.subarray(row * size, (row + 1) * size), draw);
  });
  for (const known of labels.slice(0, 6)) known.cameraBlocked = null;
  return Table.fromRecords(labels).with('frame', { data: frames, shape: [side, side, 3] });
}

/** Draws one of eleven scenes, each as likely: blocked, open, locked, unlocked, or a person in one of seven shirts. */
function drawScene(frame: Frame, draw: Draw): Labels {
  const scene = draw(0, 11);
  if (scene === 0) {
    drawNoise(frame, draw);
    return { cameraBlocked: true };
  }
  frame.fill(255);
  drawNoise(frame, draw);
  if (scene === 1) return { cameraBlocked: false, doorOpen: true, personPresent: false };
  if (scene <= 3) return drawDoor(frame, draw, scene === 2);
  const shirt = shirtTypes[scene - 4] ?? 'black';
  return { cameraBlocked: false, doorOpen: true, personPresent: true, ...drawPerson(frame, draw, shirt) };
}

/** Forty channels of single pixels. */
function drawNoise(frame: Frame, draw: Draw): void {
  for (let i = 0; i < 40; i++) {
    const pixel = draw(0, side) * side + draw(0, side);
    frame[pixel * 3 + draw(0, 3)] = draw(0, 255);
  }
}

function drawDoor(frame: Frame, draw: Draw, locked: boolean): Labels {
  const [x1, y1] = [10 + draw(-10, 10), 10 + draw(-10, 10)];
  const [x2, y2] = [50 + draw(-10, 10), 50 + draw(-10, 10)];
  fillRectangle(frame, x1, y1, x2, y2, brown);
  const middle = Math.floor((y1 + y2) / 2);
  if (locked) fillRectangle(frame, x1, middle, x1 + 10, middle + 10, blue);
  return { cameraBlocked: false, doorOpen: false, personPresent: false, doorLocked: locked };
}

function drawPerson(frame: Frame, draw: Draw, shirtType: (typeof shirtTypes)[number]): Labels {
  const [headX, headY] = [30 + draw(-4, 4), 10 + draw(-4, 4)];
  const face = colors[shirtTypes[draw(0, 7)] ?? 'black'];
  fillCircle(frame, headX, headY, 6, face);
  const [bodyX, bodyY] = [headX - 6 + draw(-2, 2), headY + 6 + draw(-2, 2)];
  const [bodyWidth, bodyHeight] = [12 + draw(-2, 2), 30 + draw(-2, 2)];
  fillRectangle(frame, bodyX, bodyY, bodyX + bodyWidth, bodyY + bodyHeight, colors[shirtType]);
  return {
    faceX1: headX - 6,
    faceY1: headY - 6,
    faceWidth: 12,
    faceHeight: 12,
    facialCharacteristics: characteristics.filter((_, channel) => face[channel] === 255),
    bodyX1: bodyX,
    bodyY1: bodyY,
    bodyWidth,
    bodyHeight,
    shirtType,
  };
}

/** All four edges inclusive. */
function fillRectangle(frame: Frame, x1: number, y1: number, x2: number, y2: number, color: Color): void {
  for (let y = y1; y <= y2; y++) for (let x = x1; x <= x2; x++) frame.set(color, (y * side + x) * 3);
}

function fillCircle(frame: Frame, centerX: number, centerY: number, radius: number, color: Color): void {
  for (let y = -radius; y <= radius; y++) {
    for (let x = -radius; x <= radius; x++) {
      if (x * x + y * y <= radius * radius) frame.set(color, ((centerY + y) * side + centerX + x) * 3);
    }
  }
}
